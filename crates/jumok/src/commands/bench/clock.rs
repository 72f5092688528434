//! How long a step takes.

use std::time::Instant;

/// How a step is timed: `blocks` blocks of about `block_seconds` each, as many whole steps as fit, after two calls to warm up
/// and two to see how many fit. The mean of a block is one sample. Or, with `steps`, that many steps, each a sample of its own.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct Clock {
    pub(in crate::commands) steps: Option<usize>,
    pub(in crate::commands) blocks: usize,
    pub(in crate::commands) block_seconds: f64,
}

/// The samples, in milliseconds a step, and what happened meanwhile.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct Timing {
    pub(in crate::commands) median: f64,
    pub(in crate::commands) min: f64,
    pub(in crate::commands) max: f64,
    pub(in crate::commands) blocks: usize,
    pub(in crate::commands) steps_per_block: usize,
    /// Of the time of all threads, the percentage in which one could have run and another process did; `None` where the
    /// system does not tell.
    pub(in crate::commands) waiting_percent: Option<f64>,
    /// Pages of memory that the system had to hand out for a step; `None` where the system does not tell.
    pub(in crate::commands) page_faults_per_step: Option<f64>,
}

impl Clock {
    /// Calls `step` as often as it takes.
    ///
    /// # Errors
    /// The first error of `step`.
    pub(in crate::commands) fn time<E>(&self, mut step: impl FnMut() -> Result<(), E>) -> Result<Timing, E> {
        const WARM_UP: usize = 2;
        for _ in 0..WARM_UP {
            step()?;
        }
        let (blocks, steps_per_block) = match self.steps {
            Some(steps) => (steps, 1),
            None => {
                let started = Instant::now();
                for _ in 0..WARM_UP {
                    step()?;
                }
                let one = started.elapsed().as_secs_f64() / WARM_UP as f64;
                (self.blocks, (self.block_seconds / one).ceil().max(1.0) as usize)
            }
        };
        let (waited, faults, started) = (waiting_seconds(), page_faults(), Instant::now());
        let mut samples = Vec::with_capacity(blocks);
        for _ in 0..blocks {
            let started = Instant::now();
            for _ in 0..steps_per_block {
                step()?;
            }
            samples.push(started.elapsed().as_secs_f64() * 1e3 / steps_per_block as f64);
        }
        let threads_seconds = started.elapsed().as_secs_f64() * rayon::current_num_threads() as f64;
        let waited = waiting_seconds().zip(waited).map(|(after, before)| after - before);
        let faults = page_faults().zip(faults).map(|(after, before)| after - before);
        samples.sort_by(f64::total_cmp);
        Ok(Timing {
            median: (samples[(blocks - 1) / 2] + samples[blocks / 2]) / 2.0,
            min: samples[0],
            max: samples[blocks - 1],
            blocks,
            steps_per_block,
            waiting_percent: waited.map(|seconds| 100.0 * seconds / threads_seconds),
            page_faults_per_step: faults.map(|faults| faults / (blocks * steps_per_block) as f64),
        })
    }
}

/// How long this process's threads have been ready to run without running.
fn waiting_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let statistics = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += statistics.split_whitespace().nth(1)?.parse::<f64>().ok()?;
    }
    Some(nanoseconds / 1e9)
}

/// How many pages this process has touched for the first time, or for the first time since they were given back.
fn page_faults() -> Option<f64> {
    const MINOR_FAULTS: usize = 7;
    process_statistic(MINOR_FAULTS)
}

/// How long this process has lived, in milliseconds; the system counts it in hundredths of a second.
pub(super) fn process_age() -> Option<f64> {
    const TICKS_A_SECOND: f64 = 100.0;
    const START_TIME: usize = 19;
    let uptime: f64 = std::fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?.parse().ok()?;
    let started = process_statistic(START_TIME)? / TICKS_A_SECOND;
    Some(1e3 * (uptime - started).max(0.0))
}

/// What the system says of this process in the field `n` behind its name.
fn process_statistic(n: usize) -> Option<f64> {
    let statistics = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold anything.
    let (_, fields) = statistics.rsplit_once(')')?;
    fields.split_whitespace().nth(n)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use super::*;

    #[test]
    fn steps_are_samples_of_their_own_behind_the_warm_up() {
        let mut calls = 0;
        let timing = Clock { steps: Some(4), blocks: 5, block_seconds: 1.0 }.time(|| {
            calls += 1;
            // The third to sixth call take 5, 10, 15, 20 ms: what came before does not count.
            std::thread::sleep(Duration::from_millis(if calls > 2 { 5 * (calls - 2) } else { 50 }));
            Ok::<(), Infallible>(())
        });
        let Ok(timing) = timing;
        assert_eq!((calls, timing.blocks, timing.steps_per_block), (6, 4, 1));
        assert!(timing.min >= 5.0 && timing.max >= 20.0);
        assert!(timing.min < timing.median && timing.median < timing.max);
        assert!(timing.median >= 12.5, "{timing:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_grows_older() {
        let before = process_age().unwrap();
        std::thread::sleep(Duration::from_millis(60));
        let age = process_age().unwrap() - before;
        // Slept at least 60 ms, between two readings that are each good to 10.
        assert!((45.0..60_000.0).contains(&age), "{age} ms");
    }

    #[test]
    fn a_block_is_as_many_steps_as_fit() {
        let mut calls = 0;
        let timing = Clock { steps: None, blocks: 3, block_seconds: 0.05 }.time(|| {
            calls += 1;
            std::thread::sleep(Duration::from_millis(2));
            Ok::<(), Infallible>(())
        });
        let Ok(timing) = timing;
        assert_eq!(timing.blocks, 3);
        assert!((1..=25).contains(&timing.steps_per_block), "{timing:?}");
        assert_eq!(calls, 4 + 3 * timing.steps_per_block as u64);
        assert!(timing.min >= 2.0);
    }

    #[test]
    fn an_error_ends_the_timing() {
        let mut calls = 0;
        let clock = Clock { steps: Some(9), blocks: 1, block_seconds: 1.0 };
        let result = clock.time(|| {
            calls += 1;
            if calls == 4 { Err("no") } else { Ok(()) }
        });
        assert_eq!((result.unwrap_err(), calls), ("no", 4));
    }
}
