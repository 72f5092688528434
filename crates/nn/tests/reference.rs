//! Optimisers, clipping and schedules against what PyTorch and `transformers` compute.

#![allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]

use std::collections::BTreeMap;
use std::path::Path;

use jumok_nn::{
    Adagrad, AdagradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Array, Elem, Gradients, Module, NormType, Optimizer,
    RmsProp, RmsPropConfig, Schedule, Sgd, SgdConfig, Tensor, clip_grad_norm_of, clip_grad_value,
};
use jumok_testkit::{Case, Computed, Report, TensorData, attr, attr_f64, attr_opt, attr_or, compare, walk};

type Outputs = BTreeMap<String, TensorData>;
type Failure = Box<dyn std::error::Error>;

/// Parameters whose names are only known when the case is read.
struct Named(Vec<(String, Tensor)>);

impl Module for Named {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        self.0.iter().for_each(|(name, tensor)| tensor.visit(&jumok_nn::join(path, name), f));
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        self.0.iter_mut().for_each(|(name, tensor)| tensor.visit_mut(&jumok_nn::join(path, name), f));
    }
}

fn elements(data: &TensorData) -> Vec<Elem> {
    data.to_f64().into_iter().map(|x| x as Elem).collect()
}

fn data(shape: &[usize], values: &[Elem]) -> TensorData {
    TensorData::f32(shape, values.iter().map(|&x| x as f32).collect())
}

/// Walks over the cases of one operation, computes each, and fails if one differs or none is found.
fn check(op: &str, compute: impl Fn(&Case) -> Result<Outputs, Failure>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference");
    if !folder.join("transformer").is_dir() {
        println!("skipped: {} does not exist", folder.display());
        return;
    }
    let mut report = Report::default();
    for case in walk(&folder, &["transformer/"]).unwrap().iter().filter(|case| case.op == op) {
        let computed = compute(case).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        report.add(&case.name, compare(case, Some(&Computed::Tensors(computed))));
    }
    println!("{report}");
    assert!(report.is_success(), "{report}");
}

fn optimizer(case: &Case) -> Result<Box<dyn Optimizer>, Failure> {
    let number = |name, default| attr_or(&case.attrs, name, default);
    let flag = |name| attr_or(&case.attrs, name, false);
    let betas = attr_opt::<Vec<f64>>(&case.attrs, "betas")?.map_or((0.9, 0.999), |betas| (betas[0], betas[1]));
    let weight_decay = |default| number("weight_decay", default);
    let kind: String = case.attr("optimizer")?;
    Ok(match kind.as_str() {
        "SGD" => Box::new(Sgd::new(SgdConfig {
            momentum: number("momentum", 0.0)?,
            dampening: number("dampening", 0.0)?,
            weight_decay: weight_decay(0.0)?,
            nesterov: flag("nesterov")?,
            allow_missing: false,
        })?),
        "Adam" => Box::new(Adam::new(AdamConfig {
            betas,
            eps: number("eps", 1e-8)?,
            weight_decay: weight_decay(0.0)?,
            amsgrad: flag("amsgrad")?,
            allow_missing: false,
        })?),
        "AdamW" => Box::new(AdamW::new(AdamWConfig {
            betas,
            eps: number("eps", 1e-8)?,
            weight_decay: weight_decay(0.01)?,
            decay_vectors: true,
            amsgrad: flag("amsgrad")?,
            allow_missing: false,
        })?),
        "RMSprop" => Box::new(RmsProp::new(RmsPropConfig {
            alpha: number("alpha", 0.99)?,
            eps: number("eps", 1e-8)?,
            weight_decay: weight_decay(0.0)?,
            momentum: number("momentum", 0.0)?,
            centered: flag("centered")?,
            allow_missing: false,
        })?),
        "Adagrad" => Box::new(Adagrad::new(AdagradConfig {
            lr_decay: number("lr_decay", 0.0)?,
            weight_decay: weight_decay(0.0)?,
            initial_accumulator_value: number("initial_accumulator_value", 0.0)?,
            eps: number("eps", 1e-10)?,
            allow_missing: false,
        })?),
        other => return Err(format!("unknown optimizer {other}").into()),
    })
}

#[test]
fn optimizers_follow_torch() {
    check("optimizer", |case| {
        let mut optimizer = optimizer(case)?;
        let lr = attr_f64(&case.attrs, "lr")?;
        let parameter = |name: &String| -> Result<(String, Tensor), Failure> {
            let value = case.param(name)?;
            Ok((name.clone(), Tensor::parameter(Array::from_vec(elements(value), value.shape()))))
        };
        let mut model = Named(case.params.iter().map(parameter).collect::<Result<_, _>>()?);
        let steps = case.output(&case.params[0])?.shape()[0];
        let mut outputs: BTreeMap<String, Vec<Elem>> = BTreeMap::new();
        for step in 0..steps {
            let mut grads = Gradients::new();
            for (name, tensor) in &model.0 {
                let all = elements(case.input(&format!("grads.{name}"))?);
                let grad = &all[step * tensor.len()..][..tensor.len()];
                grads.insert(tensor, Array::from_slice(grad, tensor.shape()));
            }
            optimizer.step(&mut model, &grads, lr)?;
            for (name, tensor) in &model.0 {
                outputs.entry(name.clone()).or_default().extend(tensor.to_vec());
            }
        }
        let shape = |name| Ok::<_, Failure>(case.output(name)?.shape().to_vec());
        outputs.iter().map(|(name, values)| Ok((format!("out.{name}"), data(&shape(name)?, values)))).collect()
    });
}

#[test]
fn clipping_follows_torch() {
    check("clip_grad", |case| {
        let mut grads = Gradients::new();
        let mut model = Named(Vec::new());
        for name in &case.inputs {
            let value = case.input(name)?;
            let tensor = Tensor::parameter(Array::zeros(value.shape()));
            grads.insert(&tensor, Array::from_vec(elements(value), value.shape()));
            model.0.push((name.clone(), tensor));
        }
        let mut outputs = Outputs::new();
        match attr::<String>(&case.attrs, "kind")?.as_str() {
            "norm" => {
                let norm_type = match attr_f64(&case.attrs, "norm_type")? {
                    2.0 => NormType::Two,
                    f64::INFINITY => NormType::Inf,
                    p => NormType::Power(p),
                };
                let norm = clip_grad_norm_of(&model, &mut grads, attr_f64(&case.attrs, "max_norm")?, norm_type);
                outputs.insert("out.total_norm".to_owned(), TensorData::f32(&[], vec![norm as f32]));
            }
            "value" => clip_grad_value(&model, &mut grads, attr_f64(&case.attrs, "clip_value")?),
            other => return Err(format!("unknown kind {other}").into()),
        }
        for (name, tensor) in &model.0 {
            let grad = grads.get(tensor).expect("inserted above");
            outputs.insert(format!("out.{name}"), data(grad.shape(), &grad.to_vec()));
        }
        Ok(outputs)
    });
}

fn schedule(case: &Case) -> Result<Schedule, Failure> {
    let attrs = &case.attrs;
    let none = serde_json::Value::Object(serde_json::Map::new());
    let kwargs = attrs.get("kwargs").unwrap_or(&none);
    let lr = attr_opt::<f64>(attrs, "lr")?.unwrap_or(f64::NAN);
    let warmup_steps = attr_opt::<usize>(attrs, "warmup")?.unwrap_or(0) as u64;
    let total_steps = attr_opt::<usize>(attrs, "total")?.unwrap_or(0) as u64;
    let count = |name| Ok::<_, Failure>(attr::<usize>(kwargs, name)? as u64);
    Ok(match attr::<String>(attrs, "schedule")?.as_str() {
        "constant" => Schedule::Constant { lr },
        "constant_with_warmup" => Schedule::ConstantWithWarmup { lr, warmup_steps },
        "linear" => Schedule::Linear { lr, warmup_steps, total_steps },
        "cosine" => {
            let num_cycles = attr_or(kwargs, "num_cycles", 0.5)?;
            Schedule::Cosine { lr, warmup_steps, total_steps, num_cycles }
        }
        "cosine_with_restarts" => {
            let num_cycles = attr_or(kwargs, "num_cycles", 1_usize)? as u64;
            Schedule::CosineWithRestarts { lr, warmup_steps, total_steps, num_cycles }
        }
        "polynomial" => {
            let (power, lr_end) = (attr_or(kwargs, "power", 1.0)?, attr_or(kwargs, "lr_end", 1e-7)?);
            Schedule::Polynomial { lr, warmup_steps, total_steps, power, lr_end }
        }
        "inverse_sqrt" => {
            let timescale = attr_opt::<usize>(kwargs, "timescale")?.map(|steps| steps as u64);
            Schedule::InverseSqrt { lr, warmup_steps, timescale }
        }
        "noam" => Schedule::Noam { d_model: attr(attrs, "d_model")?, warmup_steps, factor: attr(attrs, "factor")? },
        "torch.StepLR" => Schedule::Step { lr, step_size: count("step_size")?, gamma: attr_or(kwargs, "gamma", 0.1)? },
        "torch.ExponentialLR" => Schedule::Exponential { lr, gamma: attr(kwargs, "gamma")? },
        "torch.CosineAnnealingLR" => {
            Schedule::CosineAnnealing { lr, t_max: count("T_max")?, eta_min: attr_or(kwargs, "eta_min", 0.0)? }
        }
        "torch.OneCycleLR" => Schedule::OneCycle {
            max_lr: attr(kwargs, "max_lr")?,
            total_steps: count("total_steps")?,
            pct_start: attr_or(kwargs, "pct_start", 0.3)?,
            div_factor: attr_or(kwargs, "div_factor", 25.0)?,
            final_div_factor: attr_or(kwargs, "final_div_factor", 1e4)?,
        },
        other => return Err(format!("unknown schedule {other}").into()),
    })
}

#[test]
fn schedules_follow_torch_and_transformers() {
    check("lr_schedule", |case| {
        let schedule = schedule(case)?;
        schedule.validate()?;
        let steps: usize = case.attr("steps")?;
        let rates = (0..steps as u64).map(|step| schedule.lr(step)).collect();
        Ok(Outputs::from([("out.lr".to_owned(), TensorData::f64(&[steps], rates))]))
    });
}
