//! The parts of a training step in group `transformer`: optimisers, clipping, learning-rate schedules.

use jumok_nn::{
    Adagrad, AdagradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Gradients, Module, NormType, Optimizer, RmsProp,
    RmsPropConfig, Schedule, Sgd, SgdConfig, clip_grad_norm_of, clip_grad_value,
};
use jumok_tensor::{Array, Elem, Tensor};
use jumok_testkit::{FromAttr, TensorData, attr};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::given::{Given, Outputs, Result, from_array};
use crate::{CaseError, Compute};

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "optimizer" => optimizer_steps,
        "clip_grad" => clip_grad,
        "lr_schedule" => lr_schedule,
        _ => return None,
    };
    Some(compute)
}

/// Tensors by name, for what is trained without being a model.
struct NamedTensors(Vec<(String, Tensor)>);

impl NamedTensors {
    fn new<'a>(values: impl IntoIterator<Item = (&'a str, Array)>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.to_owned(), Tensor::parameter(value))).collect())
    }
}

impl Module for NamedTensors {
    fn visit<'a>(&'a self, _: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        self.0.iter().for_each(|(name, tensor)| f(name, tensor));
    }

    fn visit_mut(&mut self, _: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        self.0.iter_mut().for_each(|(name, tensor)| f(name, tensor));
    }
}

/// An optimiser under PyTorch's name with PyTorch's settings, and its learning rate.
pub(crate) fn optimizer(g: &Given, settings: &Json) -> Result<(Box<dyn Optimizer>, f64)> {
    let mut options = settings.as_object().cloned().unwrap_or_default();
    let lr = attr(settings, "lr").map_err(|error| g.unsuitable(format!("optimizer: {error}")))?;
    options.remove("lr");
    let kind = options.remove("optimizer");
    let kind = kind.as_ref().and_then(Json::as_str).unwrap_or_default();
    let optimizer: Box<dyn Optimizer> = match kind {
        "SGD" => Box::new(g.succeed(Sgd::new(config::<SgdConfig>(kind, options)?))?),
        "Adam" => Box::new(g.succeed(Adam::new(config::<AdamConfig>(kind, options)?))?),
        // PyTorch lets vectors decay too.
        "AdamW" => Box::new(g.succeed(AdamW::new(AdamWConfig { decay_vectors: true, ..config(kind, options)? }))?),
        "RMSprop" => Box::new(g.succeed(RmsProp::new(config::<RmsPropConfig>(kind, options)?))?),
        "Adagrad" => Box::new(g.succeed(Adagrad::new(config::<AdagradConfig>(kind, options)?))?),
        _ => return Err(CaseError::not_built(format!("optimizer {kind}"))),
    };
    Ok((optimizer, lr))
}

/// The settings bear PyTorch's names; the configurations refuse those that they do not know.
fn config<C: DeserializeOwned>(kind: &str, options: Map<String, Json>) -> Result<C> {
    serde_json::from_value(options.into()).map_err(|error| CaseError::not_built(format!("optimizer {kind}: {error}")))
}

/// Steps with given gradients: `in.grads.P[s]` is the gradient of P at step s, `out.P[s]` the value of P after it.
fn optimizer_steps(g: &Given) -> Result<Outputs> {
    let (mut optimizer, lr) = optimizer(g, g.all_attrs())?;
    let mut model = NamedTensors::new(g.all_params().iter().map(|(&name, value)| (name, value.array().clone())));
    let grads: Vec<&Tensor> =
        model.0.iter().map(|(name, _)| g.input(&format!("grads.{name}"))).collect::<Result<_>>()?;
    let steps = grads.first().map_or(0, |grads| grads.shape()[0]);
    let mut history: Vec<Vec<Tensor>> = vec![Vec::new(); grads.len()];
    for step in 0..steps {
        let mut gradients = Gradients::new();
        for ((_, parameter), grads) in model.0.iter().zip(&grads) {
            gradients.insert(parameter, grads.select(0, step as isize).array().clone());
        }
        g.succeed(optimizer.step(&mut model, &gradients, lr))?;
        for ((_, parameter), history) in model.0.iter().zip(&mut history) {
            history.push(parameter.detach());
        }
    }
    let outputs = model.0.iter().zip(&history).fold(Outputs::new(), |outputs, ((name, _), history)| {
        outputs.and(name, Tensor::stack(&history.iter().collect::<Vec<_>>(), 0))
    });
    Ok(outputs)
}

fn clip_grad(g: &Given) -> Result<Outputs> {
    let inputs = g.all_inputs();
    let model = NamedTensors::new(inputs.iter().map(|&(name, grad)| (name, Array::zeros(grad.shape()))));
    let mut gradients = Gradients::new();
    for ((_, parameter), (_, grad)) in model.0.iter().zip(&inputs) {
        gradients.insert(parameter, grad.array().clone());
    }
    let mut outputs = Outputs::new();
    match g.attr::<String>("kind")?.as_str() {
        "norm" => {
            let norm_type = match g.attr_or("norm_type", 2.0)? {
                2.0 => NormType::Two,
                f64::INFINITY => NormType::Inf,
                p => NormType::Power(p),
            };
            let norm = clip_grad_norm_of(&model, &mut gradients, g.attr("max_norm")?, norm_type);
            outputs = outputs.and("total_norm", Tensor::scalar(norm));
        }
        "value" => clip_grad_value(&model, &mut gradients, g.attr("clip_value")?),
        kind => return Err(CaseError::not_built(format!("clip_grad {kind}"))),
    }
    for (name, parameter) in &model.0 {
        let clipped = gradients.remove(parameter).unwrap_or_else(|| Array::zeros(parameter.shape()));
        outputs = outputs.and(name, from_array(&clipped));
    }
    Ok(outputs)
}

/// `out.lr[s]` is the rate of optimiser step s + 1.
fn lr_schedule(g: &Given) -> Result<Outputs> {
    let schedule = schedule(g, g.attr_or("lr", 0.0)?)?;
    Ok(Outputs::new().and("lr", rates(&schedule, g.attr("steps")?)))
}

/// The rates of the first steps, in double precision.
pub(crate) fn rates(schedule: &Schedule, steps: usize) -> TensorData {
    TensorData::f64(&[steps], (0..steps as u64).map(|step| schedule.lr(step)).collect())
}

/// The schedule that the attributes describe, with Hugging Face's names or PyTorch's; a constant rate if they name none.
pub(crate) fn schedule(g: &Given, lr: f64) -> Result<Schedule> {
    let name: Option<String> = g.attr_opt("schedule")?;
    let warmup_steps = g.attr_opt("warmup")?.unwrap_or(0usize) as u64;
    let total_steps: Option<usize> = g.attr_opt("total")?;
    let total_steps = || total_steps.map(|n| n as u64).ok_or_else(|| g.unsuitable("the schedule needs a total"));
    let mut kwargs = Kwargs { g, left: g.attr_json("kwargs").as_object().cloned().unwrap_or_default() };
    let name = name.as_deref().unwrap_or("constant");
    let schedule = match name {
        "constant" => Schedule::Constant { lr },
        "constant_with_warmup" => Schedule::ConstantWithWarmup { lr, warmup_steps },
        "linear" => Schedule::Linear { lr, warmup_steps, total_steps: total_steps()? },
        "cosine" => Schedule::Cosine {
            lr,
            warmup_steps,
            total_steps: total_steps()?,
            num_cycles: kwargs.take_or("num_cycles", 0.5)?,
        },
        "cosine_with_restarts" => Schedule::CosineWithRestarts {
            lr,
            warmup_steps,
            total_steps: total_steps()?,
            num_cycles: kwargs.take_or("num_cycles", 1usize)? as u64,
        },
        "polynomial" => Schedule::Polynomial {
            lr,
            warmup_steps,
            total_steps: total_steps()?,
            power: kwargs.take_or("power", 1.0)?,
            lr_end: kwargs.take_or("lr_end", 1e-7)?,
        },
        "inverse_sqrt" => {
            Schedule::InverseSqrt { lr, warmup_steps, timescale: kwargs.take::<usize>("timescale")?.map(|n| n as u64) }
        }
        "noam" => Schedule::Noam { d_model: g.attr("d_model")?, warmup_steps, factor: g.attr_or("factor", 1.0)? },
        "torch.StepLR" => Schedule::Step {
            lr,
            step_size: kwargs.take_or("step_size", 1usize)? as u64,
            gamma: kwargs.take_or("gamma", 0.1)?,
        },
        "torch.ExponentialLR" => Schedule::Exponential { lr, gamma: kwargs.take_or("gamma", 1.0)? },
        "torch.CosineAnnealingLR" => Schedule::CosineAnnealing {
            lr,
            t_max: kwargs.take_or("T_max", 1usize)? as u64,
            eta_min: kwargs.take_or("eta_min", 0.0)?,
        },
        "torch.OneCycleLR" => {
            // The momentum that may go up and down beside the rate is none of the rate's business.
            kwargs.take::<bool>("cycle_momentum")?;
            Schedule::OneCycle {
                max_lr: kwargs.take_or("max_lr", lr)?,
                total_steps: kwargs.take_or("total_steps", 1usize)? as u64,
                pct_start: kwargs.take_or("pct_start", 0.3)?,
                div_factor: kwargs.take_or("div_factor", 25.0)?,
                final_div_factor: kwargs.take_or("final_div_factor", 1e4)?,
            }
        }
        _ => return Err(CaseError::not_built(format!("lr_schedule {name}"))),
    };
    if let Some(option) = kwargs.left.keys().next() {
        return Err(CaseError::not_built(format!("lr_schedule {name} with {option}")));
    }
    g.succeed(schedule.validate())?;
    Ok(schedule)
}

/// The settings of one kind of schedule; what nobody takes stays.
struct Kwargs<'a> {
    g: &'a Given<'a>,
    left: Map<String, Json>,
}

impl Kwargs<'_> {
    fn take<T: FromAttr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.left.remove(name) else { return Ok(None) };
        let wrong = || self.g.unsuitable(format!("the schedule's {name} should be {}, but is {value}", T::expected()));
        T::from_attr(&value).map(Some).ok_or_else(wrong)
    }

    fn take_or<T: FromAttr>(&mut self, name: &str, default: T) -> Result<T> {
        Ok(self.take(name)?.unwrap_or(default))
    }
}

/// A list of numbers as a tensor of single precision.
pub(crate) fn numbers(values: &[f64]) -> Tensor {
    Tensor::from_vec(values.iter().map(|&x| x as Elem).collect(), &[values.len()])
}
