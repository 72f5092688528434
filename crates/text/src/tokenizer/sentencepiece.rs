//! Reading SentencePiece's `*.model`: a protocol buffer, of which four fields are needed.

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    Normal,
    Unknown,
    /// `[CLS]`: never found in a text.
    Control,
    /// `[MASK]`: found in a text before anything else.
    UserDefined,
    Unused,
    Byte,
}

/// A piece.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SentencePiece {
    pub(super) text: String,
    pub(super) score: f32,
    pub(super) kind: PieceKind,
}

/// A Unigram model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SentencePieceModel {
    pub(super) pieces: Vec<SentencePiece>,
    /// What becomes of which characters, in SentencePiece's own form.
    pub(super) charsmap: Vec<u8>,
    pub(super) add_dummy_prefix: bool,
    pub(super) remove_extra_whitespaces: bool,
}

/// A field's value.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Float(f32),
    Skipped,
}

impl SentencePieceModel {
    /// Parses a model: `pieces` (1), `trainer_spec.model_type` (2.3), `normalizer_spec` (3).
    pub(super) fn parse(bytes: &[u8]) -> Result<SentencePieceModel, String> {
        let mut model =
            SentencePieceModel { add_dummy_prefix: true, remove_extra_whitespaces: true, ..Default::default() };
        let mut kind = 1; // Unigram, unless the file says otherwise
        for_each_field(bytes, &mut |number, field| match (number, field) {
            (1, Field::Bytes(piece)) => {
                model.pieces.push(parse_piece(piece)?);
                Ok(())
            }
            (2, Field::Bytes(spec)) => for_each_field(spec, &mut |number, field| {
                if let (3, Field::Number(value)) = (number, field) {
                    kind = value;
                }
                Ok(())
            }),
            (3, Field::Bytes(spec)) => for_each_field(spec, &mut |number, field| {
                match (number, field) {
                    (2, Field::Bytes(charsmap)) => model.charsmap = charsmap.to_vec(),
                    (3, Field::Number(flag)) => model.add_dummy_prefix = flag != 0,
                    (4, Field::Number(flag)) => model.remove_extra_whitespaces = flag != 0,
                    _ => {}
                }
                Ok(())
            }),
            _ => Ok(()),
        })?;
        match (kind, model.pieces.is_empty()) {
            (_, true) => Err("it holds no pieces: is it a SentencePiece model?".into()),
            (1, false) => Ok(model),
            _ => Err("only Unigram models of SentencePiece can be read; convert this one to a tokenizer.json".into()),
        }
    }
}

fn parse_piece(bytes: &[u8]) -> Result<SentencePiece, String> {
    let mut piece = SentencePiece { text: String::new(), score: 0.0, kind: PieceKind::Normal };
    for_each_field(bytes, &mut |number, field| {
        match (number, field) {
            (1, Field::Bytes(text)) => {
                piece.text = String::from_utf8(text.to_vec()).map_err(|_| "a piece is not UTF-8".to_owned())?;
            }
            (2, Field::Float(score)) => piece.score = score,
            (3, Field::Number(kind)) => {
                piece.kind = match kind {
                    1 => PieceKind::Normal,
                    2 => PieceKind::Unknown,
                    3 => PieceKind::Control,
                    4 => PieceKind::UserDefined,
                    5 => PieceKind::Unused,
                    6 => PieceKind::Byte,
                    other => return Err(format!("a piece is of the unknown kind {other}")),
                };
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(piece)
}

/// Calls `f` with the number and the value of every field of a message.
fn for_each_field(mut bytes: &[u8], f: &mut dyn FnMut(u64, Field) -> Result<(), String>) -> Result<(), String> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)?),
            1 => {
                take(&mut bytes, 8)?;
                Field::Skipped
            }
            2 => {
                let length = varint(&mut bytes)?;
                Field::Bytes(take(&mut bytes, usize::try_from(length).map_err(|_| CUT.to_owned())?)?)
            }
            5 => {
                let four: [u8; 4] = take(&mut bytes, 4)?.try_into().map_err(|_| CUT.to_owned())?;
                Field::Float(f32::from_le_bytes(four))
            }
            other => return Err(format!("it is no SentencePiece model: a field of the unknown type {other}")),
        };
        f(key >> 3, field)?;
    }
    Ok(())
}

const CUT: &str = "it ends in the middle of a field: the file is damaged, or no SentencePiece model";

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or_else(|| CUT.to_owned())?;
    *bytes = rest;
    Ok(taken)
}

/// A number in groups of seven bits, the lowest first.
fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let [byte] = *take(bytes, 1)? else { return Err(CUT.into()) };
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number of it has more than 64 bits: the file is damaged".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pieces { piece: "a" score: -1 type: NORMAL }` twice.
    fn bytes() -> Vec<u8> {
        let piece = [&[0x0a, 1, b'a', 0x15][..], &(-1.0f32).to_le_bytes(), &[0x18, 1]].concat();
        let one = [&[0x0a, piece.len() as u8][..], &piece].concat();
        [one.clone(), one].concat()
    }

    #[test]
    fn pieces_are_read() {
        let model = SentencePieceModel::parse(&bytes()).unwrap();
        let piece = SentencePiece { text: "a".into(), score: -1.0, kind: PieceKind::Normal };
        assert_eq!(model.pieces, [piece.clone(), piece]);
        assert!(model.add_dummy_prefix);
        assert!(
            SentencePieceModel::parse(&[&bytes()[..], &[0x12, 2, 0x18, 2]].concat()).unwrap_err().contains("Unigram")
        );
        assert!(SentencePieceModel::parse(&[]).unwrap_err().contains("no pieces"));
    }

    proptest::proptest! {
        #[test]
        fn no_file_makes_it_panic(garbage in proptest::collection::vec(0u8..=255, 0..60), cut in 0usize..40) {
            let _ = SentencePieceModel::parse(&garbage);
            let whole = bytes();
            let _ = SentencePieceModel::parse(&whole[..cut.min(whole.len())]);
            let _ = SentencePieceModel::parse(&[&whole[..], &garbage].concat());
        }
    }
}
