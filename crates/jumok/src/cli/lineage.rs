//! What can be typed after `jumok lineage`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jumok_lecture::lineage::Branch;

/// A branch of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BranchName {
    /// What came before the branches parted.
    Root,
    /// Models that read both ways: BERT's branch.
    EncoderOnly,
    /// Models that read, then write: T5's branch.
    EncoderDecoder,
    /// Models that write on: GPT's branch.
    DecoderOnly,
}

impl From<BranchName> for Branch {
    fn from(name: BranchName) -> Branch {
        match name {
            BranchName::Root => Branch::Root,
            BranchName::EncoderOnly => Branch::EncoderOnly,
            BranchName::EncoderDecoder => Branch::EncoderDecoder,
            BranchName::DecoderOnly => Branch::DecoderOnly,
        }
    }
}

/// What `lineage` needs.
#[derive(Args, Debug)]
pub struct LineageArgs {
    /// Only this branch.
    #[arg(long, value_enum, value_name = "BRANCH")]
    pub branch: Option<BranchName>,
    /// Only models whose weights can be had.
    #[arg(long)]
    pub open: bool,
    /// Only models up to the end of this year.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1900..=2100))]
    pub until: Option<u16>,
    /// Only products, with the models behind them.
    #[arg(long)]
    pub products: bool,
    /// Also draw the tree over time into this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}
