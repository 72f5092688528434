//! Averages of what is measured.

use std::collections::VecDeque;
use std::time::Duration;

/// A weighted mean: Σ value · weight / Σ weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    /// Adds `sum`, which is the total of `weight` single values (37 hits among 50 predictions: `add(37.0, 50.0)`).
    pub fn add(&mut self, sum: f64, weight: f64) {
        self.sum += sum;
        self.weight += weight;
    }

    /// The mean so far; `None` before anything was added.
    pub fn value(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

/// An exponential moving average, corrected for its start: m_t = decay · m_{t−1} + (1 − decay) · x_t, shown as
/// m_t / (1 − decay^t). This is the estimate of Adam's moments (Kingma & Ba, 2015, section 3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MovingAverage {
    decay: f64,
    mean: f64,
    weight: f64,
}

impl MovingAverage {
    /// An average over about 1 / (1 − `decay`) values.
    ///
    /// # Panics
    /// Unless `0 <= decay < 1`.
    #[track_caller]
    pub fn new(decay: f64) -> MovingAverage {
        assert!((0.0..1.0).contains(&decay), "MovingAverage: decay {decay} must lie in 0..1");
        MovingAverage { decay, mean: 0.0, weight: 0.0 }
    }

    /// Takes a value in and gives the average.
    pub fn add(&mut self, value: f64) -> f64 {
        self.mean = self.decay * self.mean + (1.0 - self.decay) * value;
        self.weight = self.decay * self.weight + (1.0 - self.decay);
        self.mean / self.weight
    }

    /// The average; `None` before the first value.
    pub fn value(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.mean / self.weight)
    }
}

/// How much gets done a second, over the last few seconds.
#[derive(Clone, Debug)]
pub struct Rate {
    window: Duration,
    /// (time, amount done in all by then); the first one lies at the window's beginning or before.
    marks: VecDeque<(Duration, f64)>,
    total: f64,
}

impl Rate {
    /// A rate over the last `window`.
    pub fn new(window: Duration) -> Rate {
        Rate { window, marks: VecDeque::from([(Duration::ZERO, 0.0)]), total: 0.0 }
    }

    /// Notes that `amount` more was done by the time `now` since the start; times must not decrease.
    pub fn add(&mut self, now: Duration, amount: f64) {
        self.total += amount;
        self.marks.push_back((now, self.total));
        while self.marks.len() > 2 && now.saturating_sub(self.marks[1].0) >= self.window {
            self.marks.pop_front();
        }
    }

    /// Amount a second; `None` while no time has passed.
    pub fn per_second(&self) -> Option<f64> {
        let (&(start, before), &(end, after)) = (self.marks.front()?, self.marks.back()?);
        let seconds = end.saturating_sub(start).as_secs_f64();
        (seconds > 0.0).then(|| (after - before) / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_weighs_its_parts() {
        let mut mean = Mean::default();
        assert_eq!(mean.value(), None);
        mean.add(37.0, 50.0);
        mean.add(1.0, 50.0);
        assert_eq!(mean.value(), Some(0.38));
    }

    #[test]
    fn a_moving_average_is_unbiased_from_the_first_value_on() {
        let mut average = MovingAverage::new(0.9);
        assert_eq!(average.value(), None);
        assert!((average.add(5.0) - 5.0).abs() < 1e-12);
        // (0.9 · 0.1 · 5 + 0.1 · 1) / (0.9 · 0.1 + 0.1)
        assert!((average.add(1.0) - 0.55 / 0.19).abs() < 1e-12);
        for _ in 0..500 {
            average.add(2.0);
        }
        assert!((average.value().unwrap() - 2.0).abs() < 1e-12);
    }

    #[test]
    #[should_panic(expected = "decay 1 must lie")]
    fn a_decay_of_one_would_never_move() {
        MovingAverage::new(1.0);
    }

    #[test]
    fn a_rate_forgets_what_is_older_than_its_window() {
        let mut rate = Rate::new(Duration::from_secs(10));
        assert_eq!(rate.per_second(), None);
        for second in 1..=20 {
            rate.add(Duration::from_secs(second), 5.0);
        }
        assert_eq!(rate.per_second(), Some(5.0));
        for second in 21..=40 {
            rate.add(Duration::from_secs(second), 50.0);
        }
        assert_eq!(rate.per_second(), Some(50.0));
    }
}
