//! Reading cases without tensors, which are JSON only.

use jumok_testkit::{Case, FromAttr, attr};
use serde_json::{Map, Value as Json};

use crate::CaseError;
use crate::given::Result;

/// From a case without tensors to JSON of the same structure.
pub(crate) type ComputeJson = fn(&Case) -> Result<Json>;

/// A case's JSON, or one of its examples.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) case: &'a Case,
    pub(crate) json: &'a Json,
}

impl<'a> Fields<'a> {
    pub(crate) fn get<T: FromAttr>(&self, name: &str) -> Result<T> {
        attr(self.json, name).map_err(|error| self.unsuitable(error.to_string()))
    }

    /// A field that holds a list.
    pub(crate) fn list(&self, name: &str) -> Result<&'a [Json]> {
        let list = self.json.get(name).and_then(Json::as_array);
        list.map(Vec::as_slice).ok_or_else(|| self.unsuitable(format!("{name} should be a list")))
    }

    pub(crate) fn unsuitable(&self, reason: impl Into<String>) -> CaseError {
        CaseError::Unsuitable { case: self.case.name.clone(), reason: reason.into() }
    }
}

/// The named fields as they are. Only what is given to a computation may be taken over, so that no result can be repeated
/// without having been computed.
pub(crate) fn taken_over(json: &Json, names: &[&str]) -> Map<String, Json> {
    names.iter().filter_map(|&name| Some((name.to_owned(), json.get(name)?.clone()))).collect()
}
