//! The same judgement as the `compare.py` that comes with the reference values, so that a test and that script agree.

use serde_json::Value;

use crate::close::is_close;
use crate::{Case, Computed, TensorData, Tensors, Tolerance};

/// The tolerance of a tensor for which the case gives none.
const DEFAULT_TOLERANCE: Tolerance = Tolerance { rtol: 1e-4, atol: 1e-5 };

/// Top-level fields of a JSON-only case that describe it and are not compared.
const DESCRIPTION: [&str; 11] = [
    "case",
    "op",
    "peer",
    "note",
    "tolerance",
    "entity_note",
    "special",
    "settings",
    "tokenizer",
    "model",
    "vocab_size",
];

/// The result of comparing what was computed with a case.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// All is within tolerance.
    Pass,
    /// Something is missing or off; one sentence for each tensor or field.
    Fail(Vec<String>),
    /// Nothing was computed for this case.
    Missing,
}

/// Which tensors are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Outputs and gradients.
    All,
    /// Outputs only.
    Outputs,
}

/// Compares outputs and gradients with a case; see [`compare_scope`].
pub fn compare(case: &Case, computed: Option<&Computed>) -> Verdict {
    compare_scope(case, computed, Scope::All)
}

/// Compares what was computed with a case.
///
/// Every `out.*` and `grad.*` tensor of the case must be there, have the same shape and satisfy
/// |actual − reference| ≤ atol + rtol·|reference|; nan must meet nan, an infinity the same infinity; integers and booleans
/// must be equal. Upstream gradients and tensors listed in `informative_only` are not compared, and with the tag
/// `compare_only_where_attention_mask` only those rows of outputs that belong to real tokens.
///
/// In a case without tensors every field of the case but its description must be there and equal, numbers with a
/// fraction within its tolerance. Further fields are allowed.
pub fn compare_scope(case: &Case, computed: Option<&Computed>, scope: Scope) -> Verdict {
    let errors = match (&case.tensors, computed) {
        (_, None) => return Verdict::Missing,
        (Some(reference), Some(Computed::Tensors(actual))) => compare_tensors(case, reference, actual, scope),
        (None, Some(Computed::Json(actual))) => compare_json_case(case, actual),
        (Some(_), Some(Computed::Json(_))) => vec!["JSON was computed, expected tensors".to_owned()],
        (None, Some(Computed::Tensors(_))) => vec!["tensors were computed, expected JSON".to_owned()],
    };
    if errors.is_empty() { Verdict::Pass } else { Verdict::Fail(errors) }
}

fn compare_tensors(case: &Case, reference: &Tensors, actual: &Tensors, scope: Scope) -> Vec<String> {
    let mask = reference.get("in.attention_mask").filter(|_| case.has_tag("compare_only_where_attention_mask"));
    let mut errors = Vec::new();
    for (name, expected) in reference {
        let kind = name.split('.').next().unwrap_or_default();
        let is_compared = match kind {
            "out" => true,
            "grad" => scope == Scope::All && !is_upstream(case, name),
            _ => false,
        };
        if !is_compared || case.informative_only.contains(name) {
            continue;
        }
        let Some(computed) = actual.get(name) else {
            errors.push(format!("{name}: missing"));
            continue;
        };
        if computed.shape() != expected.shape() {
            errors.push(format!("{name}: shape {:?}, expected {:?}", computed.shape(), expected.shape()));
            continue;
        }
        let kept = match mask {
            Some(mask) if kind == "out" => positions_of_real_tokens(mask, expected.shape()),
            _ => None,
        };
        let kept = kept.unwrap_or_else(|| (0..expected.len()).collect());
        let tolerance = case.tolerance_by_tensor.get(name).or_else(|| case.tolerance.get(kind));
        let difference = if expected.is_float() {
            difference_of_floats(computed, expected, &kept, *tolerance.unwrap_or(&DEFAULT_TOLERANCE))
        } else {
            difference_of_integers(computed, expected, &kept)
        };
        errors.extend(difference.map(|text| format!("{name}: {text}")));
    }
    errors
}

fn is_upstream(case: &Case, name: &str) -> bool {
    name == "grad.out" || name.starts_with("grad.out.") && case.upstreams.values().any(|tensor| tensor == name)
}

/// The row-major positions of a tensor `[batch, time, ..]` or `[batch, heads, time, keys]` that belong to a token which
/// the mask `[batch, time]` calls real; `None` if the tensor has neither shape.
fn positions_of_real_tokens(mask: &TensorData, shape: &[usize]) -> Option<Vec<usize>> {
    let &[batch, time] = mask.shape() else { return None };
    let real: Vec<bool> = mask.to_f64().iter().map(|&m| m > 0.0).collect();
    // A tensor is seen as [batch, heads, time, inner].
    let (heads, inner) = match *shape {
        [b, t, ref rest @ ..] if (b, t) == (batch, time) => (1, rest.iter().product()),
        [b, heads, t, keys] if (b, t) == (batch, time) => (heads, keys),
        _ => return None,
    };
    let mut positions = Vec::new();
    for b in 0..batch {
        for h in 0..heads {
            for t in (0..time).filter(|t| real[b * time + t]) {
                let start = ((b * heads + h) * time + t) * inner;
                positions.extend(start..start + inner);
            }
        }
    }
    Some(positions)
}

fn difference_of_integers(actual: &TensorData, expected: &TensorData, kept: &[usize]) -> Option<String> {
    let expected = expected.to_i64()?;
    let off = match actual.to_i64() {
        Some(actual) => kept.iter().filter(|&&i| actual[i] != expected[i]).count(),
        // Ids that were computed as floats count by their integer part.
        None => {
            let actual = actual.to_f64();
            kept.iter().filter(|&&i| !actual[i].is_finite() || actual[i] as i64 != expected[i]).count()
        }
    };
    (off > 0).then(|| format!("{off} of {} integers differ", kept.len()))
}

fn difference_of_floats(
    actual: &TensorData,
    expected: &TensorData,
    kept: &[usize],
    tolerance: Tolerance,
) -> Option<String> {
    let (actual, expected) = (actual.to_f64(), expected.to_f64());
    let pairs = || kept.iter().map(|&i| (actual[i], expected[i]));
    if pairs().any(|(a, e)| a.is_nan() != e.is_nan()) {
        let nans = pairs().filter(|(a, _)| a.is_nan()).count();
        let expected_nans = pairs().filter(|(_, e)| e.is_nan()).count();
        return Some(format!("nan pattern differs ({nans} nan, expected {expected_nans})"));
    }
    if pairs().any(|(a, e)| (a.is_infinite() || e.is_infinite()) && a != e) {
        return Some("infinities differ".to_owned());
    }
    let off: Vec<(f64, f64)> = pairs().filter(|&(a, e)| !is_close(a, e, tolerance)).collect();
    let excess = |a: f64, e: f64| (a - e).abs() / tolerance.limit(e).max(1e-300);
    let &(a, e) = off.iter().max_by(|&&(a, e), &&(b, f)| excess(a, e).total_cmp(&excess(b, f)))?;
    Some(format!(
        "{} of {} off, worst {} for {} ({:.1} times the tolerance)",
        off.len(),
        kept.len(),
        significant(a),
        significant(e),
        excess(a, e)
    ))
}

/// Seven significant digits, without zeros at the end.
fn significant(value: f64) -> String {
    let magnitude = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    if !(-5.0..7.0).contains(&magnitude) {
        return format!("{value:.6e}");
    }
    let text = format!("{value:.*}", (6.0 - magnitude) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn compare_json_case(case: &Case, actual: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    let Some(fields) = case.json.as_object() else { return errors };
    if !actual.is_object() {
        errors.push(": not an object".to_owned());
        return errors;
    }
    for (key, expected) in fields.iter().filter(|(key, _)| !DESCRIPTION.contains(&key.as_str())) {
        compare_member(key, expected, actual, case.json_tolerance, "", &mut errors);
    }
    errors
}

fn compare_member(
    key: &str,
    expected: &Value,
    actual: &Value,
    tolerance: Tolerance,
    path: &str,
    errors: &mut Vec<String>,
) {
    let path = format!("{path}.{key}");
    match actual.get(key) {
        Some(actual) => compare_json(expected, actual, tolerance, &path, errors),
        None => errors.push(format!("{path}: missing")),
    }
}

fn compare_json(expected: &Value, actual: &Value, tolerance: Tolerance, path: &str, errors: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(fields), Value::Object(_)) => {
            for (key, expected) in fields {
                compare_member(key, expected, actual, tolerance, path, errors);
            }
        }
        (Value::Object(_), _) => errors.push(format!("{path}: not an object")),
        (Value::Array(expected), Value::Array(items)) if expected.len() == items.len() => {
            for (n, (expected, actual)) in expected.iter().zip(items).enumerate() {
                compare_json(expected, actual, tolerance, &format!("{path}[{n}]"), errors);
            }
        }
        (Value::Array(expected), _) => {
            let len = actual.as_array().map_or_else(|| "-".to_owned(), |items| items.len().to_string());
            errors.push(format!("{path}: length {len}, expected {}", expected.len()));
        }
        (Value::Number(e), Value::Number(a)) if e.is_f64() => {
            let (a, e) = (a.as_f64().unwrap_or(f64::NAN), e.as_f64().unwrap_or(f64::NAN));
            if !is_close(a, e, tolerance) {
                errors.push(format!("{path}: {a}, expected {e}"));
            }
        }
        _ if same_scalar(expected, actual) => {}
        _ => errors.push(format!("{path}: {actual}, expected {expected}").chars().take(200).collect()),
    }
}

/// Equality of Python's `==`, in which `1`, `1.0` and `True` are the same.
fn same_scalar(expected: &Value, actual: &Value) -> bool {
    fn integer(value: &Value) -> Option<i128> {
        match value {
            Value::Bool(b) => Some((*b).into()),
            _ => value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from)),
        }
    }
    fn number(value: &Value) -> Option<f64> {
        if let Value::Bool(b) = value { Some((*b).into()) } else { value.as_f64() }
    }
    match (integer(expected), integer(actual)) {
        (Some(e), Some(a)) => e == a,
        _ => match (number(expected), number(actual)) {
            (Some(e), Some(a)) => e == a,
            _ => expected == actual,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_significant_digits() {
        assert_eq!(significant(0.1f32.into()), "0.1");
        assert_eq!(significant(1234567.0), "1234567");
        assert_eq!(significant(-12.3456789), "-12.34568");
        assert_eq!(significant(1e-9), "1.000000e-9");
        assert_eq!(significant(0.0), "0");
        assert_eq!(significant(1000.0), "1000");
    }

    #[test]
    fn scalars_are_equal_as_in_python() {
        use serde_json::json;
        for (a, b) in
            [(json!(1), json!(1.0)), (json!(true), json!(1)), (json!("a"), json!("a")), (json!(null), json!(null))]
        {
            assert!(same_scalar(&a, &b), "{a} {b}");
        }
        for (a, b) in [
            (json!(1), json!("1")),
            (json!(null), json!(0)),
            (json!(u64::MAX), json!(u64::MAX - 1)),
            (json!(false), json!(null)),
        ] {
            assert!(!same_scalar(&a, &b), "{a} {b}");
        }
    }
}
