//! The learning rate as a function of the step.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// A rule for the learning rate.
///
/// [`Schedule::lr`] is a pure function of the number of steps taken, in f64, with the formulas of
/// `transformers.get_scheduler`, PyTorch's `lr_scheduler` and the papers; so a run that is taken up again needs no state.
/// In a configuration it is a table with a `name`: `{ name = "linear", lr = 1e-4, warmup_steps = 100, total_steps = 1000 }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Always `lr`.
    Constant {
        /// The rate.
        lr: f64,
    },
    /// lr·min(1, s/warmup).
    ConstantWithWarmup {
        /// The rate after the warm-up.
        lr: f64,
        /// Steps in which the rate rises from 0.
        warmup_steps: u64,
    },
    /// Rises from 0 to `lr`, then falls on a straight line to 0 (BERT, appendix A.2).
    Linear {
        /// The highest rate.
        lr: f64,
        /// Steps in which the rate rises from 0.
        #[serde(default)]
        warmup_steps: u64,
        /// The step at which the rate is 0 again.
        total_steps: u64,
    },
    /// Rises from 0 to `lr`, then lr·max(0, (1 + cos(2π·num_cycles·x))/2) for the part x of the rest that is done (Loshchilov and
    /// Hutter 2016, eq. 5).
    Cosine {
        /// The highest rate.
        lr: f64,
        /// Steps in which the rate rises from 0.
        #[serde(default)]
        warmup_steps: u64,
        /// The step at which x is 1.
        total_steps: u64,
        /// Waves of the cosine; 0.5 by default, which ends at 0.
        #[serde(default = "half_a_cycle")]
        num_cycles: f64,
    },
    /// Rises from 0 to `lr`, then falls on half a cosine to `min_lr`, where it stays (GPT-3, appendix B, with a tenth of `lr`).
    CosineWithMinLr {
        /// The highest rate.
        lr: f64,
        /// Steps in which the rate rises from 0.
        #[serde(default)]
        warmup_steps: u64,
        /// The step at which the rate is `min_lr`.
        total_steps: u64,
        /// The rate at the end.
        min_lr: f64,
    },
    /// Rises from 0 to `lr`, then `num_cycles` falls on half a cosine, each from `lr` anew; 0 after the last.
    CosineWithRestarts {
        /// The highest rate.
        lr: f64,
        /// Steps in which the rate rises from 0.
        #[serde(default)]
        warmup_steps: u64,
        /// The step at which the last fall ends.
        total_steps: u64,
        /// The number of falls.
        num_cycles: u64,
    },
    /// Rises from 0 to `lr`, then (lr − lr_end)·(1 − x)^power + lr_end for the part x of the rest that is done; `lr_end` after it.
    Polynomial {
        /// The highest rate.
        lr: f64,
        /// Steps in which the rate rises from 0.
        #[serde(default)]
        warmup_steps: u64,
        /// The step at which x is 1.
        total_steps: u64,
        /// The power.
        power: f64,
        /// The rate at the end.
        lr_end: f64,
    },
    /// Rises from 0 to `lr`, then lr/√((s + timescale − warmup)/timescale) (T5's rule in the form of Zhai et al. 2022).
    InverseSqrt {
        /// The highest rate.
        lr: f64,
        /// Steps in which the rate rises from 0.
        #[serde(default)]
        warmup_steps: u64,
        /// The steps after which the rate has fallen to lr/√2; by default the warm-up, or 10 000 without one.
        #[serde(default)]
        timescale: Option<u64>,
    },
    /// factor·d_model^(−1/2)·min(n^(−1/2), n·warmup^(−3/2)) with n = s + 1 (Vaswani et al. 2017, section 5.3, where n counts from 1).
    Noam {
        /// The hidden size of the model.
        d_model: usize,
        /// The step with the highest rate.
        warmup_steps: u64,
        /// A factor on everything, 1 in the paper.
        #[serde(default = "one")]
        factor: f64,
    },
    /// lr·gamma^⌊s/step_size⌋ (PyTorch's `StepLR`).
    Step {
        /// The first rate.
        lr: f64,
        /// Steps between two changes.
        step_size: u64,
        /// What the rate is multiplied by.
        gamma: f64,
    },
    /// lr·gamma^s (PyTorch's `ExponentialLR`).
    Exponential {
        /// The first rate.
        lr: f64,
        /// What the rate is multiplied by after every step.
        gamma: f64,
    },
    /// eta_min + (lr − eta_min)·(1 + cos(π·s/t_max))/2 (PyTorch's `CosineAnnealingLR`); rises again after `t_max`.
    CosineAnnealing {
        /// The highest rate.
        lr: f64,
        /// Steps from the highest rate to the lowest.
        t_max: u64,
        /// The lowest rate.
        eta_min: f64,
    },
    /// Half a cosine from max_lr/div_factor up to `max_lr`, then one down to max_lr/div_factor/final_div_factor (Smith and Topin
    /// 2017, as PyTorch's `OneCycleLR` in two phases); the last rate after the end.
    OneCycle {
        /// The highest rate.
        max_lr: f64,
        /// All steps.
        total_steps: u64,
        /// The share of them in which the rate rises; 0.3 by default.
        #[serde(default = "three_tenths")]
        pct_start: f64,
        /// The highest rate over the first; 25 by default.
        #[serde(default = "twenty_five")]
        div_factor: f64,
        /// The first rate over the last; 10 000 by default.
        #[serde(default = "ten_thousand")]
        final_div_factor: f64,
    },
}

fn half_a_cycle() -> f64 {
    0.5
}
fn one() -> f64 {
    1.0
}
fn three_tenths() -> f64 {
    0.3
}
fn twenty_five() -> f64 {
    25.0
}
fn ten_thousand() -> f64 {
    1e4
}

/// A schedule whose numbers make no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("schedule: {setting} is {value}, but must be {rule}")]
pub struct ScheduleError {
    /// The field.
    pub setting: &'static str,
    /// Its value.
    pub value: f64,
    /// What would be accepted.
    pub rule: String,
}

impl Schedule {
    /// The learning rate of the next step when `step` steps have been taken (so 0 for the first).
    pub fn lr(&self, step: u64) -> f64 {
        let s = step as f64;
        match *self {
            Self::Constant { lr } => lr,
            Self::ConstantWithWarmup { lr, warmup_steps } => rise(lr, warmup_steps, step).unwrap_or(lr),
            Self::Linear { lr, warmup_steps, total_steps } => {
                let left = total_steps.saturating_sub(step) as f64;
                let falling = || lr * left / span(warmup_steps, total_steps);
                rise(lr, warmup_steps, step).unwrap_or_else(falling)
            }
            Self::Cosine { lr, warmup_steps, total_steps, num_cycles } => {
                let x = progress(warmup_steps, total_steps, step);
                rise(lr, warmup_steps, step).unwrap_or(lr * half_cosine(2.0 * num_cycles * x).max(0.0))
            }
            Self::CosineWithMinLr { lr, warmup_steps, total_steps, min_lr } => {
                let x = progress(warmup_steps, total_steps, step).min(1.0);
                rise(lr, warmup_steps, step).unwrap_or(min_lr + (lr - min_lr) * half_cosine(x))
            }
            Self::CosineWithRestarts { lr, warmup_steps, total_steps, num_cycles } => {
                let x = progress(warmup_steps, total_steps, step);
                let falling = if x >= 1.0 { 0.0 } else { lr * half_cosine((num_cycles as f64 * x).fract()) };
                rise(lr, warmup_steps, step).unwrap_or(falling)
            }
            Self::Polynomial { lr, warmup_steps, total_steps, power, lr_end } => {
                let left = (1.0 - progress(warmup_steps, total_steps, step)).max(0.0);
                rise(lr, warmup_steps, step).unwrap_or((lr - lr_end) * left.powf(power) + lr_end)
            }
            Self::InverseSqrt { lr, warmup_steps, timescale } => {
                let timescale = timescale.unwrap_or(if warmup_steps == 0 { 10_000 } else { warmup_steps }) as f64;
                let shifted = s + timescale - warmup_steps as f64;
                rise(lr, warmup_steps, step).unwrap_or(lr / (shifted / timescale).sqrt())
            }
            Self::Noam { d_model, warmup_steps, factor } => {
                let n = s + 1.0;
                factor * (d_model as f64).powf(-0.5) * n.powf(-0.5).min(n * (warmup_steps as f64).powf(-1.5))
            }
            Self::Step { lr, step_size, gamma } => lr * gamma.powf((step / step_size.max(1)) as f64),
            Self::Exponential { lr, gamma } => lr * gamma.powf(s),
            Self::CosineAnnealing { lr, t_max, eta_min } => {
                eta_min + (lr - eta_min) * half_cosine(s / t_max.max(1) as f64)
            }
            Self::OneCycle { max_lr, total_steps, pct_start, div_factor, final_div_factor } => {
                let initial = max_lr / div_factor;
                let (peak, last) = (pct_start * total_steps as f64 - 1.0, total_steps as f64 - 1.0);
                let between = |from: f64, to: f64, x: f64| to + (from - to) * half_cosine(x);
                if s <= peak && peak > 0.0 {
                    between(initial, max_lr, s / peak)
                } else {
                    between(max_lr, initial / final_div_factor, ((s - peak) / (last - peak)).min(1.0))
                }
            }
        }
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// If a rate is negative or not finite, a length that is divided by is 0, or the warm-up is longer than the whole.
    pub fn validate(&self) -> Result<(), ScheduleError> {
        match *self {
            Self::Constant { lr } | Self::ConstantWithWarmup { lr, .. } => rate("lr", lr),
            Self::Linear { lr, warmup_steps, total_steps } => {
                rate("lr", lr)?;
                warmup(warmup_steps, total_steps)
            }
            Self::Cosine { lr, warmup_steps, total_steps, num_cycles } => {
                rate("lr", lr)?;
                rate("num_cycles", num_cycles)?;
                warmup(warmup_steps, total_steps)
            }
            Self::CosineWithMinLr { lr, warmup_steps, total_steps, min_lr } => {
                rate("lr", lr)?;
                rate("min_lr", min_lr)?;
                ensure("min_lr", min_lr, min_lr <= lr, format!("at most lr ({lr})"))?;
                warmup(warmup_steps, total_steps)
            }
            Self::CosineWithRestarts { lr, warmup_steps, total_steps, num_cycles } => {
                rate("lr", lr)?;
                count("num_cycles", num_cycles)?;
                warmup(warmup_steps, total_steps)
            }
            Self::Polynomial { lr, warmup_steps, total_steps, power, lr_end } => {
                rate("lr", lr)?;
                rate("power", power)?;
                rate("lr_end", lr_end)?;
                ensure("lr_end", lr_end, lr_end <= lr, format!("at most lr ({lr})"))?;
                warmup(warmup_steps, total_steps)
            }
            Self::InverseSqrt { lr, timescale, .. } => {
                rate("lr", lr)?;
                timescale.map_or(Ok(()), |timescale| count("timescale", timescale))
            }
            Self::Noam { d_model, warmup_steps, factor } => {
                count("d_model", d_model as u64)?;
                count("warmup_steps", warmup_steps)?;
                rate("factor", factor)
            }
            Self::Step { lr, step_size, gamma } => {
                rate("lr", lr)?;
                count("step_size", step_size)?;
                rate("gamma", gamma)
            }
            Self::Exponential { lr, gamma } => {
                rate("lr", lr)?;
                rate("gamma", gamma)
            }
            Self::CosineAnnealing { lr, t_max, eta_min } => {
                rate("lr", lr)?;
                count("t_max", t_max)?;
                rate("eta_min", eta_min)
            }
            Self::OneCycle { max_lr, total_steps, pct_start, div_factor, final_div_factor } => {
                rate("max_lr", max_lr)?;
                count("total_steps", total_steps)?;
                ensure("pct_start", pct_start, (0.0..=1.0).contains(&pct_start), "in 0..=1".to_owned())?;
                ensure("div_factor", div_factor, div_factor > 0.0, "above 0".to_owned())?;
                ensure("final_div_factor", final_div_factor, final_div_factor > 0.0, "above 0".to_owned())
            }
        }
    }
}

/// The rate during the warm-up, and `None` after it.
fn rise(lr: f64, warmup_steps: u64, step: u64) -> Option<f64> {
    (step < warmup_steps).then(|| lr * step as f64 / warmup_steps as f64)
}

/// The steps after the warm-up.
fn span(warmup_steps: u64, total_steps: u64) -> f64 {
    total_steps.saturating_sub(warmup_steps).max(1) as f64
}

/// The part of the steps after the warm-up that is done; above 1 after the end.
fn progress(warmup_steps: u64, total_steps: u64, step: u64) -> f64 {
    step.saturating_sub(warmup_steps) as f64 / span(warmup_steps, total_steps)
}

/// (1 + cos πx)/2: from 1 at x = 0 to 0 at x = 1.
fn half_cosine(x: f64) -> f64 {
    (1.0 + (PI * x).cos()) / 2.0
}

fn ensure(setting: &'static str, value: f64, holds: bool, rule: String) -> Result<(), ScheduleError> {
    if holds && value.is_finite() { Ok(()) } else { Err(ScheduleError { setting, value, rule }) }
}

fn rate(setting: &'static str, value: f64) -> Result<(), ScheduleError> {
    ensure(setting, value, value >= 0.0, "finite and not negative".to_owned())
}

fn count(setting: &'static str, value: u64) -> Result<(), ScheduleError> {
    ensure(setting, value as f64, value > 0, "at least 1".to_owned())
}

fn warmup(warmup_steps: u64, total_steps: u64) -> Result<(), ScheduleError> {
    count("total_steps", total_steps)?;
    let rule = format!("at most total_steps ({total_steps})");
    ensure("warmup_steps", warmup_steps as f64, warmup_steps <= total_steps, rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(schedule: Schedule, expected: &[(u64, f64)]) {
        schedule.validate().unwrap();
        for &(step, lr) in expected {
            assert!((schedule.lr(step) - lr).abs() < 1e-12, "step {step}: {} is not {lr}", schedule.lr(step));
        }
    }

    #[test]
    fn corners_by_hand() {
        let (lr, warmup_steps, total_steps) = (0.8, 4, 12);
        close(Schedule::Constant { lr }, &[(0, 0.8), (1_000_000, 0.8)]);
        close(Schedule::ConstantWithWarmup { lr, warmup_steps }, &[(0, 0.0), (1, 0.2), (4, 0.8), (99, 0.8)]);
        close(
            Schedule::Linear { lr, warmup_steps, total_steps },
            &[(0, 0.0), (4, 0.8), (8, 0.4), (12, 0.0), (99, 0.0)],
        );
        close(
            Schedule::Cosine { lr, warmup_steps, total_steps, num_cycles: 0.5 },
            &[(2, 0.4), (4, 0.8), (8, 0.4), (12, 0.0)],
        );
        close(
            Schedule::CosineWithMinLr { lr, warmup_steps, total_steps, min_lr: 0.2 },
            &[(2, 0.4), (4, 0.8), (8, 0.5), (12, 0.2), (99, 0.2)],
        );
        close(
            Schedule::CosineWithRestarts { lr, warmup_steps, total_steps, num_cycles: 2 },
            &[(4, 0.8), (6, 0.4), (8, 0.8), (10, 0.4), (12, 0.0), (99, 0.0)],
        );
        close(
            Schedule::Polynomial { lr, warmup_steps, total_steps, power: 2.0, lr_end: 0.4 },
            &[(4, 0.8), (8, 0.5), (12, 0.4), (99, 0.4)],
        );
        close(Schedule::InverseSqrt { lr, warmup_steps, timescale: None }, &[(2, 0.4), (4, 0.8), (16, 0.4)]);
        close(Schedule::InverseSqrt { lr, warmup_steps: 0, timescale: None }, &[(0, 0.8), (30_000, 0.4)]);
        close(Schedule::Noam { d_model: 4, warmup_steps: 4, factor: 1.0 }, &[(0, 0.0625), (3, 0.25), (15, 0.125)]);
        close(Schedule::Step { lr, step_size: 2, gamma: 0.5 }, &[(0, 0.8), (1, 0.8), (2, 0.4), (4, 0.2)]);
        close(Schedule::Exponential { lr, gamma: 0.5 }, &[(0, 0.8), (1, 0.4), (3, 0.1)]);
        close(
            Schedule::CosineAnnealing { lr, t_max: 4, eta_min: 0.2 },
            &[(0, 0.8), (2, 0.5), (4, 0.2), (6, 0.5), (8, 0.8)],
        );
        let one_cycle =
            Schedule::OneCycle { max_lr: 0.8, total_steps: 10, pct_start: 0.5, div_factor: 4.0, final_div_factor: 2.0 };
        close(one_cycle, &[(0, 0.2), (2, 0.5), (4, 0.8), (9, 0.1), (99, 0.1)]);
    }

    #[test]
    fn a_schedule_reads_from_a_configuration() {
        let text = r#"{"name": "linear", "lr": 0.1, "total_steps": 10}"#;
        let schedule: Schedule = serde_json::from_str(text).unwrap();
        assert_eq!(schedule, Schedule::Linear { lr: 0.1, warmup_steps: 0, total_steps: 10 });
        assert_eq!(serde_json::from_str::<Schedule>(&serde_json::to_string(&schedule).unwrap()).unwrap(), schedule);
        let unknown = serde_json::from_str::<Schedule>(r#"{"name": "linaer", "lr": 0.1}"#).unwrap_err().to_string();
        assert!(unknown.contains("linaer") && unknown.contains("linear"), "{unknown}");
        assert!(serde_json::from_str::<Schedule>(r#"{"name": "constant", "lr": 0.1, "warmup": 3}"#).is_err());
    }

    #[test]
    fn senseless_numbers_are_refused() {
        let wrong = [
            (Schedule::Constant { lr: f64::NAN }, "schedule: lr is NaN, but must be finite and not negative"),
            (
                Schedule::Linear { lr: 1.0, warmup_steps: 11, total_steps: 10 },
                "schedule: warmup_steps is 11, but must be at most total_steps (10)",
            ),
            (
                Schedule::CosineAnnealing { lr: 1.0, t_max: 0, eta_min: 0.0 },
                "schedule: t_max is 0, but must be at least 1",
            ),
            (
                Schedule::Noam { d_model: 8, warmup_steps: 0, factor: 1.0 },
                "schedule: warmup_steps is 0, but must be at least 1",
            ),
        ];
        for (schedule, message) in wrong {
            assert_eq!(schedule.validate().unwrap_err().to_string(), message);
        }
    }
}
