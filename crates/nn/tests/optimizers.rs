//! What holds for every optimiser: the walk over the model, what it refuses, and going on from a saved state.

use jumok_nn::{
    Adagrad, AdagradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Array, Elem, Gradients, Init, Linear, Module,
    Optimizer, OptimizerError, OptimizerState, RmsProp, RmsPropConfig, Sgd, SgdConfig, Tensor,
};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// One optimiser of each kind, with all its buffers in use.
fn optimizers(allow_missing: bool) -> Vec<Box<dyn Optimizer>> {
    let amsgrad = AdamConfig { amsgrad: true, weight_decay: 0.1, allow_missing, ..Default::default() };
    let amsgrad_w = AdamWConfig { amsgrad: true, weight_decay: 0.1, allow_missing, ..Default::default() };
    let rmsprop =
        RmsPropConfig { momentum: 0.9, centered: true, weight_decay: 0.1, allow_missing, ..Default::default() };
    vec![
        Box::new(Sgd::new(SgdConfig { allow_missing, ..Default::default() }).unwrap()),
        Box::new(Sgd::new(SgdConfig { momentum: 0.9, nesterov: true, allow_missing, ..Default::default() }).unwrap()),
        Box::new(Adam::new(AdamConfig { weight_decay: 0.1, allow_missing, ..Default::default() }).unwrap()),
        Box::new(Adam::new(amsgrad).unwrap()),
        Box::new(AdamW::new(AdamWConfig { weight_decay: 0.1, allow_missing, ..Default::default() }).unwrap()),
        Box::new(AdamW::new(amsgrad_w).unwrap()),
        Box::new(RmsProp::new(rmsprop).unwrap()),
        Box::new(Adagrad::new(AdagradConfig { lr_decay: 0.1, allow_missing, ..Default::default() }).unwrap()),
    ]
}

fn model() -> Vec<Linear> {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    vec![Linear::new(3, 5, &mut rng), Linear::new(5, 2, &mut rng)]
}

/// Gradients that differ from step to step, for all parameters whose names `wanted` accepts.
fn gradients(model: &dyn Module, step: u64, wanted: impl Fn(&str) -> bool) -> Gradients {
    let mut rng = ChaCha8Rng::seed_from_u64(step);
    let mut grads = Gradients::new();
    for (name, tensor) in model.named_parameters() {
        if wanted(&name) {
            grads.insert(tensor, Init::Normal { mean: 0.0, std: 1.0 }.array(tensor.shape(), &mut rng));
        }
    }
    grads
}

fn values(model: &dyn Module) -> Vec<Elem> {
    model.named_parameters().iter().flat_map(|(_, tensor)| tensor.to_vec()).collect()
}

fn steps(optimizer: &mut dyn Optimizer, model: &mut Vec<Linear>, range: std::ops::Range<u64>) {
    for step in range {
        let grads = gradients(model, step, |_| true);
        optimizer.step(model, &grads, 0.01).unwrap();
    }
}

#[test]
fn every_parameter_moves() {
    for mut optimizer in optimizers(false) {
        let mut model = model();
        let before = values(&model);
        steps(&mut *optimizer, &mut model, 0..1);
        let unmoved = before.iter().zip(values(&model)).filter(|(a, b)| **a == *b).count();
        assert_eq!(unmoved, 0, "{}", optimizer.state().kind);
    }
}

#[test]
fn parameters_are_written_in_place_and_keep_their_identity() {
    for mut optimizer in optimizers(false) {
        let mut model = model();
        let place = |model: &Vec<Linear>| (model[0].weight.id(), model[0].weight.array().from_first().as_ptr());
        let before = place(&model);
        steps(&mut *optimizer, &mut model, 0..2);
        assert_eq!(place(&model), before);
    }
}

#[test]
fn a_graph_that_is_still_held_keeps_the_old_parameters() {
    let mut model = model();
    let x = Tensor::ones(&[1, 3]);
    let loss = model[1].forward(&model[0].forward(&x)).sum_all();
    let grads = loss.backward();
    let old = loss.item();
    let mut optimizer = Sgd::new(SgdConfig::default()).unwrap();
    optimizer.step(&mut model, &grads, 0.1).unwrap();
    assert_eq!(loss.item(), old);
    assert!(model[1].forward(&model[0].forward(&x)).sum_all().item() < old);
    let grads = model[1].forward(&model[0].forward(&x)).sum_all().backward();
    optimizer.step(&mut model, &grads, 0.1).unwrap();
}

#[test]
fn a_run_taken_up_again_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("optimizer.safetensors");
    for (mut whole, (mut half, mut resumed)) in
        optimizers(false).into_iter().zip(optimizers(false).into_iter().zip(optimizers(false)))
    {
        let (mut expected, mut actual) = (model(), model());
        steps(&mut *whole, &mut expected, 0..6);
        steps(&mut *half, &mut actual, 0..3);
        half.state().save(&path).unwrap();
        resumed.load_state(OptimizerState::load(&path).unwrap()).unwrap();
        assert_eq!(resumed.state(), half.state());
        steps(&mut *resumed, &mut actual, 3..6);
        assert_eq!(values(&actual), values(&expected), "{}", whole.state().kind);
        assert_eq!(resumed.state().step(), 6);
    }
}

#[test]
fn parameters_without_gradient_are_all_named_and_nothing_moves() {
    for mut optimizer in optimizers(false) {
        let mut model = model();
        let before = values(&model);
        let grads = gradients(&model, 0, |name| name.ends_with("bias"));
        let error = optimizer.step(&mut model, &grads, 0.1).unwrap_err();
        let OptimizerError::MissingGradients { names } = &error else { panic!("{error}") };
        assert_eq!(names, &["0.weight", "1.weight"]);
        assert!(error.to_string().starts_with("no gradient for 0.weight, 1.weight: "), "{error}");
        assert_eq!(values(&model), before);
        assert!(optimizer.state().parameters.is_empty());
    }
}

#[test]
fn parameters_without_gradient_are_left_alone_when_allowed() {
    for mut optimizer in optimizers(true) {
        let mut model = model();
        let before = model.clone();
        for step in 0..3 {
            let grads = gradients(&model, step, |name| name != "0.weight" || step == 2);
            optimizer.step(&mut model, &grads, 0.1).unwrap();
            assert_eq!(model[0].weight.to_vec() == before[0].weight.to_vec(), step < 2);
        }
        assert_ne!(model[1].weight.to_vec(), before[1].weight.to_vec());
        let state = optimizer.state();
        assert_eq!((state.parameters["0.weight"].step, state.parameters["1.weight"].step), (1, 3));
    }
}

#[test]
fn constants_are_frozen_parameters() {
    let mut model = model();
    model[0].weight = model[0].weight.detach();
    let before = model[0].weight.to_vec();
    let mut optimizer = AdamW::new(AdamWConfig::default()).unwrap();
    let x = Tensor::ones(&[1, 3]);
    let grads = model[1].forward(&model[0].forward(&x)).sum_all().backward();
    optimizer.step(&mut model, &grads, 0.1).unwrap();
    assert_eq!(model[0].weight.to_vec(), before);
    assert_eq!(model.parameter_count(), 15 + 5 + 10 + 2);
}

#[test]
fn a_tensor_under_two_names_is_refused() {
    let mut model = model();
    model.push(model[0].clone());
    let grads = gradients(&model, 0, |_| true);
    let error = AdamW::new(AdamWConfig::default()).unwrap().step(&mut model, &grads, 0.1).unwrap_err();
    assert!(error.to_string().starts_with("0.weight and 2.weight are the same tensor"), "{error}");
}

#[test]
fn rates_and_states_that_do_not_fit_are_refused() {
    let mut model = model();
    let grads = gradients(&model, 0, |_| true);
    let mut adam = Adam::new(AdamConfig::default()).unwrap();
    for lr in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(adam.step(&mut model, &grads, lr), Err(OptimizerError::LearningRate { .. })));
    }
    adam.step(&mut model, &grads, 0.1).unwrap();

    let mut adamw = AdamW::new(AdamWConfig::default()).unwrap();
    let error = adamw.load_state(adam.state()).unwrap_err().to_string();
    assert_eq!(error, "the saved state belongs to \"adam\", but this optimizer is \"adamw\"");

    let mut amsgrad = Adam::new(AdamConfig { amsgrad: true, ..AdamConfig::default() }).unwrap();
    let error = amsgrad.load_state(adam.state()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the saved state of 0.bias holds [exp_avg, exp_avg_sq], but the settings need [exp_avg, exp_avg_sq, max_exp_avg_sq]"
    );

    let mut other = vec![Linear::new(7, 5, &mut ChaCha8Rng::seed_from_u64(0)), model[1].clone()];
    let grads = gradients(&other, 0, |_| true);
    let error = adam.step(&mut other, &grads, 0.1).unwrap_err().to_string();
    assert_eq!(error, "the saved state of 0.weight has shape [5, 3], but the parameter has [5, 7]");
}

#[test]
fn long_parameters_do_not_depend_on_the_number_of_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut p = Tensor::parameter(Array::ones(&[3, 50_001]));
            let mut all = Vec::new();
            for mut optimizer in optimizers(false) {
                for step in 0..2 {
                    let grads = gradients(&p, step, |_| true);
                    optimizer.step(&mut p, &grads, 0.01).unwrap();
                }
                all.extend(p.to_vec());
            }
            all
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn a_long_parameter_is_updated_as_its_rows_would_be() {
    let whole_len = 100_003;
    let make = |len| Tensor::parameter(Array::ones(&[len, 1]));
    for (mut of_whole, mut of_rows) in optimizers(false).into_iter().zip(optimizers(false)) {
        let mut whole = make(whole_len);
        let mut rows = vec![make(60_000), make(whole_len - 60_000)];
        for step in 0..2 {
            let grads = gradients(&whole, step, |_| true);
            let grad = grads.get(&whole).unwrap().to_vec();
            let mut row_grads = Gradients::new();
            row_grads.insert(&rows[0], Array::from_slice(&grad[..60_000], &[60_000, 1]));
            row_grads.insert(&rows[1], Array::from_slice(&grad[60_000..], &[whole_len - 60_000, 1]));
            of_whole.step(&mut whole, &grads, 0.01).unwrap();
            of_rows.step(&mut rows, &row_grads, 0.01).unwrap();
        }
        let joined: Vec<Elem> = rows.iter().flat_map(Tensor::to_vec).collect();
        jumok_testkit::assert_close(&whole.to_vec(), &joined, 1e-6, 1e-7);
    }
}
