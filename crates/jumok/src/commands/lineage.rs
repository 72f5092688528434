//! `jumok lineage`.

use jumok_lecture::lineage::{Branch, Filter, Lineage};
use jumok_viz::TerminalStyle;

use crate::cli::LineageArgs;
use crate::{CommandError, Console, texts};

/// Prints the family tree of language models, or what a filter leaves of it.
///
/// # Errors
/// [`CommandError`] if nothing is left, or the picture cannot be written.
pub fn lineage(args: &LineageArgs, console: Console) -> Result<(), CommandError> {
    let &LineageArgs { open, until, products, .. } = args;
    let filter = Filter { branch: args.branch.map(Branch::from), open, until, products };
    let lineage = Lineage::built_in().filtered(&filter);
    if lineage.models().is_empty() {
        return Err(CommandError::NoModels);
    }
    let (language, style) = (console.language(), TerminalStyle::detect());
    console.raw(&if products { lineage.products(language, &style) } else { lineage.to_terminal(language, &style) });
    if let Some(path) = &args.svg {
        lineage.picture(language).save_svg(path)?;
        console.say(&texts::SAVED_FILE, &[("path", &path.display())]);
    }
    Ok(())
}
