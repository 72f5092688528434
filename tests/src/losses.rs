//! The losses of group `ops`.

use jumok_tensor::{CrossEntropy, KlReduction, Reduction};

use crate::Compute;
use crate::given::{Given, Outputs, Result};

/// How to compute a loss.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "cross_entropy" => cross_entropy,
        "cross_entropy_prob" => cross_entropy_with_probabilities,
        "nll_loss" => nll_loss,
        "bce_with_logits" => bce_with_logits,
        "mse_loss" => |g| Ok(Outputs::y(g.input("x")?.mse_loss(g.input("target")?, reduction(g)?))),
        "kl_div" => kl_div,
        "cosine_similarity" => cosine_similarity,
        _ => return None,
    };
    Some(compute)
}

fn reduction(g: &Given) -> Result<Reduction> {
    match g.attr::<String>("reduction")?.as_str() {
        "mean" => Ok(Reduction::Mean),
        "sum" => Ok(Reduction::Sum),
        "none" => Ok(Reduction::None),
        other => Err(g.unsuitable(format!("unknown reduction {other}"))),
    }
}

fn cross_entropy(g: &Given) -> Result<Outputs> {
    let options = CrossEntropy {
        ignore_index: g.attr("ignore_index")?,
        label_smoothing: g.attr("label_smoothing")?,
        reduction: reduction(g)?,
        class_weight: g.input_opt("class_weight").map(|weight| weight.array().clone()),
    };
    Ok(Outputs::y(g.input("logits")?.cross_entropy(&g.ints("target")?, &options)))
}

fn cross_entropy_with_probabilities(g: &Given) -> Result<Outputs> {
    let (logits, target) = (g.input("logits")?, g.input("target")?);
    Ok(Outputs::y(logits.cross_entropy_with_probabilities(target, reduction(g)?, g.attr("label_smoothing")?)))
}

fn nll_loss(g: &Given) -> Result<Outputs> {
    Ok(Outputs::y(g.input("logp")?.nll_loss(&g.ints("target")?, g.attr("ignore_index")?, reduction(g)?)))
}

fn bce_with_logits(g: &Given) -> Result<Outputs> {
    let (weight, pos_weight) = (g.input_opt("weight"), g.input_opt("pos_weight"));
    Ok(Outputs::y(g.input("logits")?.bce_with_logits(g.input("target")?, weight, pos_weight, reduction(g)?)))
}

fn kl_div(g: &Given) -> Result<Outputs> {
    let reduction = match g.attr::<String>("reduction")?.as_str() {
        "batchmean" => KlReduction::BatchMean,
        "mean" => KlReduction::Mean,
        "sum" => KlReduction::Sum,
        "none" => KlReduction::None,
        other => return Err(g.unsuitable(format!("unknown reduction {other}"))),
    };
    Ok(Outputs::y(g.input("logp")?.kl_div(g.input("target")?, reduction, g.attr("log_target")?)))
}

fn cosine_similarity(g: &Given) -> Result<Outputs> {
    Ok(Outputs::y(g.input("a")?.cosine_similarity(g.input("b")?, g.axis("dim")?, g.attr("eps")?)))
}
