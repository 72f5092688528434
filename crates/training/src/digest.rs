//! A fingerprint of a model's weights.

use jumok_nn::Module;
use sha2::{Digest, Sha256};

/// SHA-256 of all parameters, as 64 hexadecimal digits: equal for two models exactly if their parameters have equal names,
/// shapes and bits.
///
/// Hashed, for each parameter in the order of the names: the length of the name and the name, the number of axes and
/// their extents (all numbers as 64-bit little-endian), then the elements in row-major order as 32-bit little-endian
/// floats.
#[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
pub fn weights_sha256(model: &dyn Module) -> String {
    let mut parameters = model.named_parameters();
    parameters.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut hash = Sha256::new();
    for (name, parameter) in parameters {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update((parameter.rank() as u64).to_le_bytes());
        for &extent in parameter.shape() {
            hash.update((extent as u64).to_le_bytes());
        }
        let bytes: Vec<u8> = parameter.to_vec().iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
        hash.update(bytes);
    }
    hexadecimal(hash)
}

/// SHA-256 of texts, one after the other, each with its length in bytes (64-bit little-endian) before it: the fingerprint of a
/// corpus.
pub fn texts_sha256<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hexadecimal(hash)
}

pub(crate) fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use jumok_nn::parameters;
    use jumok_tensor::{Array, Tensor};

    use super::*;

    struct Two {
        a: Tensor,
        b: Tensor,
    }

    impl Module for Two {
        parameters!(a, b);
    }

    struct Renamed {
        b: Tensor,
        a: Tensor,
    }

    impl Module for Renamed {
        parameters!(b, a);
    }

    fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
        Tensor::parameter(Array::from_vec(values.iter().map(|&x| x as _).collect(), shape))
    }

    #[test]
    fn the_digest_is_that_of_the_documented_bytes() {
        let model = Two { a: tensor(&[1.0, -2.0], &[2, 1]), b: tensor(&[0.5], &[]) };
        let mut bytes = vec![];
        bytes.extend(1u64.to_le_bytes());
        bytes.extend(b"a");
        for number in [2u64, 2, 1] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(1.0f32.to_le_bytes());
        bytes.extend((-2.0f32).to_le_bytes());
        bytes.extend(1u64.to_le_bytes());
        bytes.extend(b"b");
        bytes.extend(0u64.to_le_bytes());
        bytes.extend(0.5f32.to_le_bytes());
        assert_eq!(weights_sha256(&model), hexadecimal(Sha256::new_with_prefix(&bytes)));
    }

    #[test]
    fn names_shapes_and_single_bits_count_and_the_order_of_fields_does_not() {
        let digest = |a: Tensor, b: Tensor| weights_sha256(&Two { a, b });
        let base = digest(tensor(&[1.0, 2.0], &[2]), tensor(&[3.0], &[1]));
        assert_eq!(base.len(), 64);
        let renamed = Renamed { b: tensor(&[3.0], &[1]), a: tensor(&[1.0, 2.0], &[2]) };
        assert_eq!(base, weights_sha256(&renamed));
        assert_ne!(base, digest(tensor(&[1.0, 2.0], &[1, 2]), tensor(&[3.0], &[1])));
        assert_ne!(base, digest(tensor(&[1.0, f32::from_bits(2.0f32.to_bits() + 1)], &[2]), tensor(&[3.0], &[1])));
        assert_ne!(base, digest(tensor(&[3.0], &[1]), tensor(&[1.0, 2.0], &[2])));
    }

    #[test]
    fn where_one_text_ends_counts() {
        assert_eq!(
            texts_sha256(["ab", "c"]),
            texts_sha256(["ab".to_owned(), "c".to_owned()].iter().map(String::as_str))
        );
        assert_ne!(texts_sha256(["ab", "c"]), texts_sha256(["a", "bc"]));
        // The digest of nothing at all is a published constant.
        assert!(texts_sha256([]).starts_with("e3b0c44298fc1c149afbf4c8996fb924"));
    }
}
