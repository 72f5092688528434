use serde_json::Value;

/// An attribute is missing or is not what was asked for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("attribute {name} should be {expected}, but is {found}")]
pub struct AttrError {
    /// The attribute's name.
    pub name: String,
    /// What was asked for, in words.
    pub expected: String,
    /// What is there, as JSON, or `missing`.
    pub found: String,
}

/// A type that an attribute of a case can be read as.
pub trait FromAttr: Sized {
    /// What is expected, in words, for the error message.
    fn expected() -> String;
    /// The value, if the JSON is of this type.
    fn from_attr(value: &Value) -> Option<Self>;
}

impl FromAttr for f64 {
    fn expected() -> String {
        "a number, \"inf\", \"-inf\" or \"nan\"".to_owned()
    }

    // JSON has no infinite numbers, therefore cases write them as strings.
    fn from_attr(value: &Value) -> Option<f64> {
        match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => match text.as_str() {
                "inf" => Some(f64::INFINITY),
                "-inf" => Some(f64::NEG_INFINITY),
                "nan" => Some(f64::NAN),
                _ => None,
            },
            _ => None,
        }
    }
}

macro_rules! from_attr {
    ($($type:ty: $expected:literal, $value:ident => $read:expr;)*) => {$(
        impl FromAttr for $type {
            fn expected() -> String {
                $expected.to_owned()
            }

            fn from_attr($value: &Value) -> Option<$type> {
                $read
            }
        }
    )*};
}

from_attr! {
    i64: "an integer", value => value.as_i64();
    usize: "an integer, not negative", value => value.as_u64().and_then(|number| number.try_into().ok());
    bool: "true or false", value => value.as_bool();
    String: "a string", value => value.as_str().map(str::to_owned);
}

impl<T: FromAttr> FromAttr for Vec<T> {
    fn expected() -> String {
        format!("a list, each element {}", T::expected())
    }

    fn from_attr(value: &Value) -> Option<Vec<T>> {
        value.as_array()?.iter().map(T::from_attr).collect()
    }
}

/// The attribute `name` of a JSON object.
///
/// # Errors
/// [`AttrError`] if it is missing, `null` or of another type.
pub fn attr<T: FromAttr>(attrs: &Value, name: &str) -> Result<T, AttrError> {
    attr_opt(attrs, name)?.ok_or_else(|| error::<T>(attrs, name))
}

/// The attribute `name` of a JSON object, or `None` if it is missing or `null`.
///
/// # Errors
/// [`AttrError`] if it is of another type.
pub fn attr_opt<T: FromAttr>(attrs: &Value, name: &str) -> Result<Option<T>, AttrError> {
    match attrs.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::from_attr(value).map(Some).ok_or_else(|| error::<T>(attrs, name)),
    }
}

/// The attribute `name` of a JSON object, or `default` if it is missing or `null`.
///
/// # Errors
/// [`AttrError`] if it is of another type.
pub fn attr_or<T: FromAttr>(attrs: &Value, name: &str, default: T) -> Result<T, AttrError> {
    Ok(attr_opt(attrs, name)?.unwrap_or(default))
}

/// The number `name` of a JSON object; the strings `"inf"`, `"-inf"` and `"nan"` are numbers too.
///
/// # Errors
/// [`AttrError`] if it is missing, `null` or neither a number nor one of these strings.
pub fn attr_f64(attrs: &Value, name: &str) -> Result<f64, AttrError> {
    attr(attrs, name)
}

fn error<T: FromAttr>(attrs: &Value, name: &str) -> AttrError {
    let found = attrs.get(name).map_or_else(|| "missing".to_owned(), Value::to_string);
    AttrError { name: name.to_owned(), expected: T::expected(), found }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn infinite_numbers_are_strings() {
        let attrs = json!({"value": "-inf", "max": "inf", "scale": "nan", "eps": 1e-5, "k": 3, "bad": "infinite"});
        assert_eq!(attr_f64(&attrs, "value"), Ok(f64::NEG_INFINITY));
        assert_eq!(attr_f64(&attrs, "max"), Ok(f64::INFINITY));
        assert!(attr_f64(&attrs, "scale").unwrap().is_nan());
        assert_eq!(attr_f64(&attrs, "eps"), Ok(1e-5));
        assert_eq!(attr_f64(&attrs, "k"), Ok(3.0));
        assert!(attr_f64(&attrs, "bad").unwrap_err().to_string().contains("\"infinite\""));
    }

    #[test]
    fn types_are_checked() {
        let attrs = json!({"dims": [0, -1], "keepdim": true, "dim": -1, "end": null, "p": 0.5, "optimizer": {"lr": 1}});
        assert_eq!(attr::<Vec<i64>>(&attrs, "dims"), Ok(vec![0, -1]));
        assert_eq!(attr::<bool>(&attrs, "keepdim"), Ok(true));
        assert_eq!(attr_opt::<i64>(&attrs, "end"), Ok(None));
        assert_eq!(attr_or::<usize>(&attrs, "absent", 7), Ok(7));
        assert_eq!(attr_f64(&attrs["optimizer"], "lr"), Ok(1.0));
        let error = attr::<usize>(&attrs, "dim").unwrap_err();
        assert_eq!(error.to_string(), "attribute dim should be an integer, not negative, but is -1");
        assert!(attr::<Vec<usize>>(&attrs, "dims").is_err());
        assert!(attr::<i64>(&attrs, "p").is_err(), "a fraction is no integer");
        assert_eq!(attr::<i64>(&attrs, "end").unwrap_err().found, "null");
        assert_eq!(attr::<String>(&attrs, "absent").unwrap_err().found, "missing");
    }
}
