//! What the examples of this folder share: the language they speak, and numbers on one line.

use jumok_tensor::Tensor;

/// The language of an example.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Lang {
    En,
    Ko,
}

impl Lang {
    /// English, or what `--lang en|ko` asks for.
    #[allow(dead_code, reason = "an example with more arguments uses from_list")]
    pub(crate) fn from_args() -> Result<Self, String> {
        Self::from_list(&std::env::args().skip(1).collect::<Vec<_>>())
    }

    /// As [`Lang::from_args`], of arguments that are already there.
    pub(crate) fn from_list(args: &[String]) -> Result<Self, String> {
        match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] | ["--lang", "en"] => Ok(Self::En),
            ["--lang", "ko"] => Ok(Self::Ko),
            _ => Err(format!("cannot read {:?}: give nothing, --lang en or --lang ko", args.join(" "))),
        }
    }

    /// The text in this language.
    pub(crate) fn pick<'a>(self, en: &'a str, ko: &'a str) -> &'a str {
        if self == Self::En { en } else { ko }
    }
}

/// All numbers of a tensor on one line: `[0.67, 0.24, 0.09]`.
#[allow(dead_code, reason = "not every example prints tensors")]
pub(crate) fn line(x: &Tensor) -> String {
    // Adding 0 turns a rounded −0 into 0.
    let numbers = x.to_vec().into_iter().map(|x| format!("{:.2}", (x * 100.0).round() / 100.0 + 0.0));
    format!("[{}]", numbers.collect::<Vec<_>>().join(", "))
}
