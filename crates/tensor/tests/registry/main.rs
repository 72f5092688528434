//! Every public operation, on ordinary and on awkward inputs: no gradient is lost, wrong, misshapen or infinite.
//!
//! The table ([`table::registry`]) must name every operation that the sources define; an operation without an entry fails the
//! test, and so does one that can be given misfitting shapes but has no `try_` twin. With `--features f64` every gradient is
//! compared to its central difference to 1e-6.

mod source;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use jumok_tensor::{Array, Elem, GradCheck, ParentGrads, Tensor, gradcheck, no_grad};

use source::defined_operations;
use table::{Case, NUMBERS_OUT_OF_RANGE, WHOLE_NUMBERS, between, case, registry};

fn parameters(inputs: &[Array]) -> Vec<Tensor> {
    inputs.iter().cloned().map(Tensor::parameter).collect()
}

/// An upstream gradient whose elements differ, and not in proportion to any input: a norm would rightly ignore that.
fn upstream(shape: &[usize]) -> Array {
    let value = |i: usize| 0.5 + (i as f64 * 0.618_033_988_75).fract();
    Array::from_vec((0..shape.iter().product()).map(|i| value(i) as Elem).collect(), shape)
}

fn same(what: &str, a: &Array, b: &Array) -> Result<(), String> {
    if a.shape() != b.shape() {
        return Err(format!("{what}: shape {:?} instead of {:?}", a.shape(), b.shape()));
    }
    let near = |(a, b): (&Elem, &Elem)| (a - b).abs() <= 1e-4 * (1.0 + b.abs()) || (a.is_nan() && b.is_nan());
    match a.to_vec().iter().zip(&b.to_vec()).all(near) {
        true => Ok(()),
        false => Err(format!("{what}: {a} instead of {b}")),
    }
}

/// The result and the gradients of all `leaves` when the operation gets `inputs` made from them.
fn run(case: &Case, leaves: &[Tensor], inputs: &[Tensor]) -> (Array, Vec<Option<Array>>) {
    let y = (case.op)(inputs);
    let grads = y.backward_from(upstream(y.shape()));
    (y.array().clone(), leaves.iter().map(|leaf| grads.get(leaf).cloned()).collect())
}

fn finite(what: &str, array: &Array) -> Result<(), String> {
    if array.to_vec().iter().all(|x| x.is_finite()) { Ok(()) } else { Err(format!("{what} is not finite: {array}")) }
}

fn check(case: &Case) -> Result<(), String> {
    let leaves = parameters(&case.inputs);
    let (y, grads) = run(case, &leaves, &leaves);
    finite("the result", &y)?;
    let mut whole = vec![];
    for (n, (leaf, grad)) in leaves.iter().zip(grads).enumerate() {
        let grad = grad.ok_or_else(|| format!("input {n} received no gradient"))?;
        if grad.shape() != leaf.shape() {
            return Err(format!(
                "input {n} of shape {:?} received a gradient of shape {:?}",
                leaf.shape(),
                grad.shape()
            ));
        }
        finite(&format!("the gradient of input {n}"), &grad)?;
        let all_zero = grad.to_vec().iter().all(|&g| g.abs() < 1e-6);
        if all_zero != (case.constant || y.is_empty() || leaf.is_empty()) {
            return Err(format!("the gradient of input {n} is {grad}"));
        }
        whole.push(grad);
    }
    gradcheck(|inputs| (case.op)(inputs), &case.inputs, &GradCheck::default()).map_err(|error| error.to_string())?;

    let name = (case.op)(&leaves).grad_fn_name().ok_or("the result was not recorded")?;
    if !name.ends_with("Backward") {
        return Err(format!("the backward rule is called {name}"));
    }
    let unrecorded = no_grad(|| (case.op)(&leaves));
    if unrecorded.needs_grad() || !unrecorded.parents().is_empty() {
        return Err("no_grad recorded something".into());
    }
    same("under no_grad", unrecorded.array(), &y)?;
    frozen_partners_change_nothing(case, &whole)?;
    turned_inputs_change_nothing(case, &y, &whole)?;
    repeated_rows_change_nothing(case)
}

/// An operation may skip the gradient of a parent that needs none; that must not touch the others.
fn frozen_partners_change_nothing(case: &Case, whole: &[Array]) -> Result<(), String> {
    for n in 0..case.inputs.len() {
        let mut inputs: Vec<Tensor> = case.inputs.iter().cloned().map(Tensor::from_array).collect();
        inputs[n] = Tensor::parameter(case.inputs[n].clone());
        let (_, grads) = run(case, &inputs[n..=n], &inputs);
        let grad = grads[0].as_ref().ok_or_else(|| format!("input {n} alone received no gradient"))?;
        same(&format!("the gradient of input {n} alone"), grad, &whole[n])?;
    }
    Ok(())
}

/// The same numbers in another order in memory: the inputs are transposed views.
fn turned_inputs_change_nothing(case: &Case, y: &Array, whole: &[Array]) -> Result<(), String> {
    let turn = |array: &Array| if array.rank() < 2 { array.clone() } else { array.transpose(0, -1) };
    let leaves: Vec<Tensor> = case.inputs.iter().map(|x| Tensor::parameter(turn(x).contiguous())).collect();
    let views: Vec<Tensor> =
        leaves.iter().map(|leaf| if leaf.rank() < 2 { leaf.clone() } else { leaf.transpose(0, -1) }).collect();
    let (turned_y, grads) = run(case, &leaves, &views);
    same("of transposed inputs", &turned_y, y)?;
    for (grad, whole) in grads.iter().zip(whole) {
        let grad = grad.as_ref().ok_or("a transposed input received no gradient")?;
        same("the gradient of a transposed input", &turn(grad), whole)?;
    }
    Ok(())
}

/// Inputs whose first axis repeats one row (stride 0) behave as the same rows written out.
fn repeated_rows_change_nothing(case: &Case) -> Result<(), String> {
    let first = |x: &Array| match x.shape().split_first() {
        Some((&extent, rest)) if extent > 1 => {
            let row = &x.to_vec()[..rest.iter().product()];
            Array::from_slice(row, &[&[1], rest].concat())
        }
        _ => x.clone(),
    };
    let leaves = parameters(&case.inputs.iter().map(first).collect::<Vec<_>>());
    let views: Vec<Tensor> = leaves.iter().zip(&case.inputs).map(|(leaf, x)| leaf.expand(x.shape())).collect();
    let (y, grads) = run(case, &leaves, &views);
    let written_out = parameters(&views.iter().map(|view| view.array().contiguous()).collect::<Vec<_>>());
    let (expected_y, expected) = run(case, &written_out, &written_out);
    same("of repeated rows", &y, &expected_y)?;
    for ((grad, expected), leaf) in grads.iter().zip(expected).zip(&leaves) {
        let (grad, expected) = grad.as_ref().zip(expected).ok_or("a repeated row received no gradient")?;
        let expected = match leaf.shape() == expected.shape() {
            true => expected,
            false => Tensor::from_array(expected).sum(&[0], true).array().clone(),
        };
        same("the gradient of a repeated row", grad, &expected)?;
    }
    Ok(())
}

#[test]
fn every_operation_is_in_the_table_and_has_its_twin() {
    let defined = defined_operations();
    assert!(defined.len() > 100, "only {} operations found: does the scan still read the sources?", defined.len());
    let listed: BTreeSet<&str> = registry().iter().map(|case| case.name).chain(WHOLE_NUMBERS).collect();
    let operations: BTreeMap<_, _> = defined.iter().filter(|(name, _)| !name.starts_with("try_")).collect();
    let mut wrong = vec![];
    for (name, definition) in &operations {
        if !listed.contains(name.as_str()) {
            wrong.push(format!("{name} is not in the table"));
        }
        if definition.whole_numbers != WHOLE_NUMBERS.contains(&name.as_str()) {
            wrong.push(format!("{name}: does it give whole numbers only, or is there a gradient?"));
        }
        if definition.panics && !definition.track_caller {
            wrong.push(format!("{name} panics, but not at its caller's line"));
        }
        let twin = defined.contains_key(&format!("try_{name}"));
        if definition.panics && !twin && !NUMBERS_OUT_OF_RANGE.contains(&name.as_str()) {
            wrong.push(format!("{name} panics but has no twin try_{name}"));
        }
    }
    wrong.extend(
        listed.iter().filter(|&&name| !defined.contains_key(name)).map(|name| format!("{name} does not exist")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_operation_has_all_its_gradients_on_every_input() {
    let mut failures = vec![];
    for (n, case) in registry().iter().enumerate() {
        let outcome =
            catch_unwind(AssertUnwindSafe(|| check(case))).unwrap_or_else(|_| Err("panicked (see above)".into()));
        if let Err(reason) = outcome {
            let shapes: Vec<&[usize]> = case.inputs.iter().map(Array::shape).collect();
            failures.push(format!("{} (case {n}, inputs {shapes:?}): {reason}", case.name));
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

/// 2x with a rule for the backward pass that is given by the test.
#[derive(Debug)]
struct PlantedBackward(fn(&Array) -> Array);
impl jumok_tensor::Backward for PlantedBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        [Some(self.0(&grad).into())].into_iter().collect()
    }
}

fn planted(rule: fn(&Array) -> Array) -> Case {
    case("planted", [between(-1.0, 1.0, &[2, 3])], move |i| {
        Tensor::from_operation(i[0].array().map(|x| 2.0 * x), &[&i[0]], || PlantedBackward(rule))
    })
}

#[test]
fn planted_mistakes_are_caught() {
    let reason = |case: Case| catch_unwind(AssertUnwindSafe(|| check(&case).unwrap_err())).unwrap_or_default();
    assert_eq!(check(&planted(|g| g.map(|g| 2.0 * g))), Ok(()));
    assert!(reason(planted(|g| g.map(|g| 3.0 * g))).contains("gradient check failed"));
    assert!(reason(planted(|g| g.map(|_| 0.0))).contains("the gradient of input 0 is"));
    assert!(reason(planted(|g| g.map(|_| Elem::NAN))).contains("is not finite"));
    let lost = case("lost", [between(-1.0, 1.0, &[2]), between(-1.0, 1.0, &[2])], |i| &i[0] + &i[1].detach());
    assert!(reason(lost).contains("input 1 received no gradient"));
    let unrecorded = case("unrecorded", [between(-1.0, 1.0, &[2])], |i| i[0].detach());
    assert!(reason(unrecorded).contains("input 0 received no gradient"));
}
