//! Of group `alignment`: what a student learns from its teacher.

use jumok_bert::{DistillationOptions, Spoken, distillation_kl};

use crate::Compute;
use crate::given::{Given, Outputs, Result};

/// How to compute an operation of this kind.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "distillation_kl" => |g| {
            let (student, teacher) = (g.input("student")?, g.input("teacher")?);
            Ok(Outputs::new().and("loss", distillation_kl(student, teacher, g.attr("temperature")?)))
        },
        "distilbert_loss" => distilbert_loss,
        _ => return None,
    };
    Some(compute)
}

fn distilbert_loss(g: &Given) -> Result<Outputs> {
    let options = DistillationOptions {
        temperature: g.attr("temperature")?,
        alpha_ce: g.attr("alpha_ce")?,
        alpha_mlm: g.attr("alpha_mlm")?,
        alpha_cos: g.attr("alpha_cos")?,
    };
    let student = Spoken { logits: g.input("student_logits")?, hidden: g.input("student_hidden")? };
    let teacher = Spoken { logits: g.input("teacher_logits")?, hidden: g.input("teacher_hidden")? };
    let loss = options.loss(student, teacher, &g.ints("attention_mask")?, &g.ints("labels")?);
    Ok(Outputs::new()
        .and("loss", loss.loss)
        .and("loss_ce", loss.ce)
        .and("loss_mlm", loss.mlm)
        .and("loss_cos", loss.cos))
}
