//! In what precision the products of layers multiply.

use std::cell::Cell;

pub use jumok_kernels::Precision;

thread_local! {
    static CURRENT: Cell<Precision> = const { Cell::new(Precision::F32) };
}

/// Runs `f` with the products of [`Tensor::linear`](crate::Tensor::linear) in `precision`, those of its backward pass included,
/// whenever that runs.
///
/// In bf16 both factors are rounded to 8 significant bits and their products summed in `f32`; values, gradients and
/// parameters stay `f32`, and so does everything else: attention, softmax, norms, losses, optimiser (mixed precision,
/// Micikevicius et al. 2018, with the exponent range of `f32`, so no loss has to be scaled). It holds for the calling thread
/// only, and ends with `f`, even if `f` panics.
///
/// # Panics
/// If this processor has no such products; [`Precision::is_available`] tells.
#[track_caller]
pub fn in_precision<R>(precision: Precision, f: impl FnOnce() -> R) -> R {
    struct Restore(Precision);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    assert!(precision.is_available(), "in_precision: this processor has no products in {precision}");
    let _restore = Restore(CURRENT.replace(precision));
    f()
}

/// The precision of products on this thread.
pub(crate) fn current() -> Precision {
    CURRENT.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_ends_with_its_scope() {
        in_precision(Precision::F32, || assert_eq!(current(), Precision::F32));
        if Precision::Bf16.is_available() {
            let outcome = std::panic::catch_unwind(|| in_precision(Precision::Bf16, || panic!("on purpose")));
            assert!(outcome.is_err());
        } else {
            let outcome = std::panic::catch_unwind(|| in_precision(Precision::Bf16, || ()));
            let text = outcome.unwrap_err().downcast_ref::<String>().cloned().unwrap_or_default();
            assert!(text.contains("no products in bf16"), "{text}");
        }
        assert_eq!(current(), Precision::F32);
    }
}
