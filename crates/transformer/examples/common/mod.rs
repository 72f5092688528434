//! What the examples of this crate share.

/// Whether `--lang ko` was given; anything else than that, `--lang en` or nothing ends the program with how it is used.
pub(crate) fn korean(example: &str) -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["--lang", "en"] => false,
        ["--lang", "ko"] => true,
        _ => {
            eprintln!("usage: {example} [--lang ko|en]");
            std::process::exit(2);
        }
    }
}
