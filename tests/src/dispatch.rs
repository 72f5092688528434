use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jumok_testkit::{Case, Computed};

use crate::given::{Given, Outputs, Result};
use crate::{
    CaseError, attention, distillation, graphs, losses, metrics, models, ops, positions, pretraining, seq2seq,
    training, trajectory, transformer,
};

/// From what a case gives to its outputs; their gradients follow from the case.
pub(crate) type Compute = fn(&Given) -> Result<Outputs>;

const GROUPS: [fn(&str) -> Option<Compute>; 12] = [
    ops::find,
    losses::find,
    graphs::find,
    attention::find,
    distillation::find,
    positions::find,
    seq2seq::find,
    transformer::find,
    training::find,
    trajectory::find,
    models::find,
    metrics::find,
];

/// Computes a case: `out.*` and `grad.*`, or JSON for a case without tensors.
///
/// # Errors
/// [`CaseError::NotBuilt`] for a kind that the project does not have yet, which is no failure; the others are: a case that
/// lacks something, a part of the case that the computation did not look at, and a panic of the code under test.
pub fn dispatch(case: &Case) -> Result<Computed> {
    catch_unwind(AssertUnwindSafe(|| compute(case)))
        .unwrap_or_else(|panic| Err(CaseError::Panicked { message: text_of(panic) }))
}

fn compute(case: &Case) -> Result<Computed> {
    let op = case.op.as_str();
    if let Some(compute) = pretraining::find(op).or_else(|| metrics::find_json(op)) {
        return Ok(Computed::Json(compute(case)?));
    }
    let Some(compute) = GROUPS.iter().find_map(|find| find(op)) else {
        return Err(CaseError::not_built(op));
    };
    let given = Given::new(case)?;
    let outputs = compute(&given)?;
    given.nothing_overlooked()?;
    Ok(Computed::Tensors(given.with_gradients(outputs)?))
}

fn text_of(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("without a text").to_owned(),
    }
}
