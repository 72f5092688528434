//! When a run saves, when it stops, and how long it takes.

use std::time::Instant;

/// The clock of a run: it adds up the time of all sittings, and says after each step what is due.
#[derive(Clone, Debug)]
pub struct Pace {
    steps: u64,
    checkpoint_every: u64,
    stop_after: Option<u64>,
    seconds: f64,
    started: Instant,
}

/// What is due after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// A checkpoint is to be saved.
    pub checkpoint: bool,
    /// The run stops before all of its steps are done; a checkpoint is then due as well.
    pub stop: bool,
    /// All steps are done.
    pub finished: bool,
}

impl Pace {
    /// A run of `steps` steps that saves every `checkpoint_every` of them and stops after step `stop_after`, if that is given.
    /// `seconds` were spent on it in earlier sittings; the clock of this one begins to run.
    ///
    /// # Panics
    /// If `checkpoint_every` is 0.
    #[track_caller]
    pub fn new(steps: u64, checkpoint_every: u64, stop_after: Option<u64>, seconds: f64) -> Pace {
        assert!(checkpoint_every > 0, "Pace: steps between two checkpoints must be at least 1");
        Pace { steps, checkpoint_every, stop_after, seconds, started: Instant::now() }
    }

    /// What is due after `step` steps, if somebody has `interrupted` the run or not.
    pub fn after(&self, step: u64, interrupted: bool) -> Due {
        let finished = step >= self.steps;
        let stop = !finished && (interrupted || self.stop_after.is_some_and(|last| step >= last));
        Due { checkpoint: step.is_multiple_of(self.checkpoint_every) || finished || stop, stop, finished }
    }

    /// The time spent on the run so far, all sittings together, in seconds.
    pub fn seconds(&self) -> f64 {
        self.seconds + self.started.elapsed().as_secs_f64()
    }
}

/// Seconds a step, measured over `timed` calls of `step` after a first one that fills buffers and caches. The calls get the
/// numbers 0 to `timed`.
pub fn seconds_a_step(timed: u64, mut step: impl FnMut(u64)) -> f64 {
    step(0);
    let started = Instant::now();
    (1..=timed).for_each(step);
    started.elapsed().as_secs_f64() / timed as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_come_regularly_at_the_end_and_when_it_stops() {
        let pace = Pace::new(10, 4, Some(7), 0.0);
        let due = |step, interrupted| {
            let Due { checkpoint, stop, finished } = pace.after(step, interrupted);
            (checkpoint, stop, finished)
        };
        assert_eq!(due(3, false), (false, false, false));
        assert_eq!(due(4, false), (true, false, false));
        assert_eq!(due(5, true), (true, true, false));
        assert_eq!(due(7, false), (true, true, false));
        assert_eq!(due(10, true), (true, false, true));
    }

    #[test]
    fn earlier_sittings_count() {
        let pace = Pace::new(1, 1, None, 100.0);
        assert!((100.0..200.0).contains(&pace.seconds()));
        let mut calls = vec![];
        assert!(seconds_a_step(3, |number| calls.push(number)) >= 0.0);
        assert_eq!(calls, [0, 1, 2, 3]);
    }
}
