//! Holding the course to what the source is and the programs print.
//!
//! A chapter is Markdown that reads as it stands. What it quotes is marked by a comment on the line before:
//!
//! | comment | what follows | held to |
//! |---|---|---|
//! | `<!-- source: crates/attention/src/mask.rs causal -->` | a `rust` listing | the lines between `// ANCHOR: causal` and `// ANCHOR_END: causal` |
//! | `<!-- output: lecture s07 -->` | a `text` listing | what `jumok lecture s07` prints in the chapter's language |
//! | `<!-- output: lecture s07 blocks 2..5 -->` | a `text` listing | the blocks 2, 3 and 4 of that run, counted from 0 |
//! | `<!-- picture: lecture s07 -->` | a picture | the SVG that the run saves |
//!
//! `JUMOK_UPDATE=1 cargo test -p jumok-tests --test course` writes what is quoted anew; read the difference before you
//! commit it.

mod markdown;
mod quote;

pub use markdown::{Document, Fence, Link, slug};
pub use quote::{QuoteError, Quotes, UPDATE, anchored, check_quotes};
