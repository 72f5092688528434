//! What a case gives, as the types of the project, and what a computation gives back.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use jumok_nn::Module;
use jumok_tensor::{Array, BoolTensor, Elem, Gradients, IntTensor, Tensor};
use jumok_testkit::{Case, FromAttr, TensorData, Tensors, Values};
use serde_json::Value as Json;

use crate::CaseError;

pub(crate) type Result<T> = std::result::Result<T, CaseError>;

/// Inputs, parameters and attributes of a case.
///
/// Float tensors whose gradient the case asks for are parameters (leaves that receive one), the others are constants.
/// It takes note of what is looked at: an input or attribute that nobody looks at means that the result is not what
/// the case asks for (see [`Given::nothing_overlooked`]).
pub(crate) struct Given<'a> {
    case: &'a Case,
    inputs: BTreeMap<&'a str, Tensor>,
    params: BTreeMap<&'a str, Tensor>,
    unread: RefCell<BTreeSet<String>>,
}

impl<'a> Given<'a> {
    pub(crate) fn new(case: &'a Case) -> Result<Self> {
        let mut given = Self { case, inputs: BTreeMap::new(), params: BTreeMap::new(), unread: RefCell::default() };
        for name in &case.params {
            let array = to_array(case.param(name)?);
            let wants_grad = case.grads.contains_key(name);
            given.params.insert(name, if wants_grad { Tensor::parameter(array) } else { Tensor::from_array(array) });
            given.unread.get_mut().insert(format!("param.{name}"));
        }
        for name in &case.inputs {
            let data = case.input(name)?;
            if data.is_float() {
                // A name that an input and a parameter share means the parameter where gradients are concerned.
                let wants_grad = case.grads.contains_key(name) && !given.params.contains_key(name.as_str());
                let array = to_array(data);
                given
                    .inputs
                    .insert(name, if wants_grad { Tensor::parameter(array) } else { Tensor::from_array(array) });
            }
            given.unread.get_mut().insert(format!("in.{name}"));
        }
        if let Some(attrs) = case.attrs.as_object() {
            // An attribute of null asks for nothing.
            let names = attrs.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name);
            given.unread.get_mut().extend(names.map(|name| format!("attribute {name}")));
        }
        Ok(given)
    }

    pub(crate) fn case(&self) -> &'a Case {
        self.case
    }

    fn read(&self, part: &str, name: &str) {
        self.unread.borrow_mut().remove(&format!("{part}{name}"));
    }

    /// Fails unless every input, parameter and attribute has been looked at.
    pub(crate) fn nothing_overlooked(&self) -> Result<()> {
        let parts: Vec<String> = self.unread.borrow().iter().cloned().collect();
        if parts.is_empty() {
            return Ok(());
        }
        Err(CaseError::Overlooked { case: self.case.name.clone(), parts })
    }

    /// Says that an input is there in order not to be used.
    pub(crate) fn leave_out(&self, input: &str) {
        self.read("in.", input);
    }

    /// Says that an attribute repeats what other parts of the case say, or is a text for readers.
    pub(crate) fn leave_out_attr(&self, name: &str) {
        self.read("attribute ", name);
    }

    pub(crate) fn unsuitable(&self, reason: impl Into<String>) -> CaseError {
        CaseError::Unsuitable { case: self.case.name.clone(), reason: reason.into() }
    }

    /// The value, or this case's error with the text of the one that the code under test returned.
    pub(crate) fn succeed<T, E: Display>(&self, result: std::result::Result<T, E>) -> Result<T> {
        result.map_err(|error| self.unsuitable(error.to_string()))
    }

    // ---- inputs

    /// The float input `in.name`.
    pub(crate) fn input(&self, name: &str) -> Result<&Tensor> {
        if let Some(tensor) = self.input_opt(name) {
            return Ok(tensor);
        }
        self.case.input(name)?;
        Err(self.unsuitable(format!("in.{name} should hold floats")))
    }

    /// The float input `in.name`, if there is one.
    pub(crate) fn input_opt(&self, name: &str) -> Option<&Tensor> {
        self.read("in.", name);
        self.inputs.get(name)
    }

    /// All float inputs by name, in the order of their names.
    pub(crate) fn all_inputs(&self) -> Vec<(&'a str, &Tensor)> {
        self.inputs.keys().for_each(|name| self.read("in.", name));
        self.inputs.iter().map(|(&name, tensor)| (name, tensor)).collect()
    }

    /// Whether there is an input `in.name` of floats; does not count as a look at its values.
    pub(crate) fn is_float_input(&self, name: &str) -> bool {
        self.inputs.contains_key(name)
    }

    /// The integer input `in.name`.
    pub(crate) fn ints(&self, name: &str) -> Result<IntTensor> {
        self.read("in.", name);
        let data = self.case.input(name)?;
        let values = data.to_i64().ok_or_else(|| self.unsuitable(format!("in.{name} should hold integers")))?;
        Ok(IntTensor::from_vec(values, data.shape()))
    }

    /// The boolean input `in.name`.
    pub(crate) fn bools(&self, name: &str) -> Result<BoolTensor> {
        self.read("in.", name);
        let data = self.case.input(name)?;
        let Values::Bool(values) = data.values() else {
            return Err(self.unsuitable(format!("in.{name} should hold booleans")));
        };
        Ok(BoolTensor::from_vec(values.clone(), data.shape()))
    }

    /// The boolean input `in.name`, if there is an input of that name.
    pub(crate) fn bools_opt(&self, name: &str) -> Result<Option<BoolTensor>> {
        self.case.input_opt(name).map(|_| self.bools(name)).transpose()
    }

    /// All parameters by name.
    pub(crate) fn all_params(&self) -> &BTreeMap<&'a str, Tensor> {
        self.params.keys().for_each(|name| self.read("param.", name));
        &self.params
    }

    // ---- attributes

    pub(crate) fn attr<T: FromAttr>(&self, name: &str) -> Result<T> {
        self.read("attribute ", name);
        Ok(self.case.attr(name)?)
    }

    /// The attribute, or `None` if it is missing or `null`.
    pub(crate) fn attr_opt<T: FromAttr>(&self, name: &str) -> Result<Option<T>> {
        self.read("attribute ", name);
        Ok(self.case.attr_opt(name)?)
    }

    pub(crate) fn attr_or<T: FromAttr>(&self, name: &str, default: T) -> Result<T> {
        self.read("attribute ", name);
        Ok(self.case.attr_or(name, default)?)
    }

    /// An attribute of any structure; `null` if it is missing.
    pub(crate) fn attr_json(&self, name: &str) -> &'a Json {
        self.read("attribute ", name);
        &self.case.attrs[name]
    }

    /// All attributes: the reader has to look at every one of them.
    pub(crate) fn all_attrs(&self) -> &'a Json {
        self.unread.borrow_mut().retain(|part| !part.starts_with("attribute "));
        &self.case.attrs
    }

    /// An axis; negative ones count from the end.
    pub(crate) fn axis(&self, name: &str) -> Result<isize> {
        Ok(self.attr::<i64>(name)? as isize)
    }

    /// A list of axes or sizes.
    pub(crate) fn axes(&self, name: &str) -> Result<Vec<isize>> {
        Ok(self.attr::<Vec<i64>>(name)?.into_iter().map(|axis| axis as isize).collect())
    }

    /// The axes to reduce: a list, a single axis, or all of `rank` axes for `null` and the empty list.
    pub(crate) fn axes_or_all(&self, name: &str, rank: usize) -> Result<Vec<isize>> {
        if self.attr_json(name).is_i64() {
            return Ok(vec![self.axis(name)?]);
        }
        let axes = self.attr_opt::<Vec<i64>>(name)?.unwrap_or_default();
        let all = (0..rank as i64).collect();
        Ok(if axes.is_empty() { all } else { axes }.into_iter().map(|axis| axis as isize).collect())
    }

    // ---- results

    /// The outputs, and the gradients Σ_Y ⟨out.Y, upstream.Y⟩ of all that the case asks for, under their names.
    pub(crate) fn with_gradients(&self, outputs: Outputs) -> Result<Tensors> {
        let mut gradients = Gradients::new();
        let mut tensors = Tensors::new();
        for (name, value) in outputs.values {
            if let (Value::Float(tensor), Some(upstream)) = (&value, self.case.upstream(&name)?) {
                gradients.add(tensor.backward_from(to_array(upstream)));
            }
            tensors.insert(format!("out.{name}"), value.into_data());
        }
        for (leaf, name) in &self.case.grads {
            let given = self.params.get(leaf.as_str()).or_else(|| self.inputs.get(leaf.as_str()));
            let Some(leaf) = outputs.leaves.get(leaf).or(given) else {
                return Err(self.unsuitable(format!("the gradient of {leaf} is asked for, which is not there")));
            };
            // What an output does not depend on has a gradient of zeros.
            let grad = gradients.remove(leaf).unwrap_or_else(|| Array::zeros(leaf.shape()));
            tensors.insert(name.clone(), from_array(&grad));
        }
        Ok(tensors)
    }
}

/// One output of a computation.
pub(crate) enum Value {
    Float(Tensor),
    Data(TensorData),
}

impl Value {
    fn into_data(self) -> TensorData {
        match self {
            Self::Float(tensor) => from_array(tensor.array()),
            Self::Data(data) => data,
        }
    }
}

impl From<Tensor> for Value {
    fn from(tensor: Tensor) -> Self {
        Self::Float(tensor)
    }
}

impl From<IntTensor> for Value {
    fn from(ints: IntTensor) -> Self {
        Self::Data(TensorData::i64(ints.shape(), ints.to_vec()))
    }
}

impl From<TensorData> for Value {
    fn from(data: TensorData) -> Self {
        Self::Data(data)
    }
}

/// What a case's computation gives: values by the name of the output.
#[derive(Default)]
pub(crate) struct Outputs {
    values: Vec<(String, Value)>,
    leaves: BTreeMap<String, Tensor>,
}

impl Outputs {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The only output, which is named `y`.
    pub(crate) fn y(value: impl Into<Value>) -> Self {
        Self::new().and("y", value)
    }

    pub(crate) fn and(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// Gradients may be asked for of these parameters too, which the case does not hold itself.
    pub(crate) fn with_leaves(mut self, model: &dyn Module) -> Self {
        model.for_each_parameter(&mut |name, tensor| _ = self.leaves.insert(name.to_owned(), tensor.clone()));
        self
    }

    /// Several outputs of the same kind: `y0`, `y1`, ….
    pub(crate) fn numbered(values: Vec<Tensor>) -> Self {
        values.into_iter().enumerate().fold(Self::new(), |all, (n, value)| all.and(format!("y{n}"), value))
    }
}

pub(crate) fn to_array(data: &TensorData) -> Array {
    Array::from_vec(data.to_f64().into_iter().map(|x| x as Elem).collect(), data.shape())
}

#[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
pub(crate) fn from_array(array: &Array) -> TensorData {
    TensorData::f32(array.shape(), array.to_vec().into_iter().map(|x| x as f32).collect())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;

    /// y = x·v with an input v and a parameter v, as additive attention has values v beside its vector v.
    fn case() -> Case {
        let tensors = [("in.x", 2.0), ("in.v", 3.0), ("param.v", 5.0), ("grad.out", 1.0)];
        let tensors = tensors.map(|(name, value)| (name.to_owned(), TensorData::f32(&[], vec![value])));
        Case {
            name: "made/up".to_owned(),
            stem: PathBuf::new(),
            folder: PathBuf::new(),
            op: "product".to_owned(),
            attrs: json!({"power": 1}),
            note: String::new(),
            tags: vec![],
            inputs: vec!["x".to_owned(), "v".to_owned()],
            params: vec!["v".to_owned()],
            outputs: vec!["y".to_owned()],
            upstreams: BTreeMap::from([("y".to_owned(), "grad.out".to_owned())]),
            grads: ["x", "v"].map(|name| (name.to_owned(), format!("grad.{name}"))).into(),
            tolerance: BTreeMap::new(),
            tolerance_by_tensor: BTreeMap::new(),
            json_tolerance: jumok_testkit::Tolerance { rtol: 0.0, atol: 0.0 },
            informative_only: vec![],
            tensors: Some(tensors.into()),
            json: Json::Null,
        }
    }

    #[test]
    fn a_name_that_an_input_shares_with_a_parameter_means_the_parameter_in_gradients() {
        let case = case();
        let given = Given::new(&case).unwrap();
        let y = given.input("x").unwrap() * given.input("v").unwrap() * &given.all_params()["v"];
        let tensors = given.with_gradients(Outputs::y(y)).unwrap();
        assert_eq!(tensors["out.y"], TensorData::f32(&[], vec![30.0]));
        assert_eq!(tensors["grad.x"], TensorData::f32(&[], vec![15.0]));
        assert_eq!(tensors["grad.v"], TensorData::f32(&[], vec![6.0]), "x times the input v");
    }

    #[test]
    fn an_output_that_depends_on_nothing_has_gradients_of_zero() {
        let case = case();
        let tensors = Given::new(&case).unwrap().with_gradients(Outputs::y(Tensor::scalar(1.0))).unwrap();
        assert_eq!(tensors["grad.x"], TensorData::f32(&[], vec![0.0]));
    }

    #[test]
    fn what_was_not_looked_at_is_named() {
        let case = case();
        let given = Given::new(&case).unwrap();
        given.input("x").unwrap();
        let error = given.nothing_overlooked().unwrap_err().to_string();
        assert_eq!(error, "case made/up: nothing looked at attribute power, in.v, param.v");
        given.attr::<i64>("power").unwrap();
        given.leave_out("v");
        given.all_params();
        given.nothing_overlooked().unwrap();
    }
}
