//! The line of JSON that a measurement is.

use jumok_kernels::{level, limits};
use serde::Serialize;

use super::clock::Timing;
use crate::cli::{BenchArgs, PrecisionName};

/// One measurement. Times are in milliseconds a step; what a workload does not have is `null` or left out.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// What was measured.
    pub workload: String,
    /// By which program: `jumok`.
    pub r#impl: &'static str,
    /// Threads at work.
    pub threads: usize,
    /// The median of the samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms_per_step_median: Option<f64>,
    /// The lowest sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The highest sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Tokens a step, by the median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_s: Option<f64>,
    /// Milliseconds from the start of the process to the first step, to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<f64>,
    /// The most memory that the process has held so far, in MiB.
    pub peak_rss_mb: Option<f64>,
    /// The loss of the very first step.
    pub loss_first: Option<f64>,
    /// The loss of the last step.
    pub loss_last: Option<f64>,
    /// The load average of the last minute.
    pub load1: Option<f64>,
    /// Of the threads' time, the percentage that other processes took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_pct: Option<f64>,
    /// The kernel level: `portable`, `avx2` or `avx512`.
    pub kernel: &'static str,
    /// The version of this program.
    pub version: &'static str,
    /// Samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<usize>,
    /// Steps of which each sample is the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_per_block: Option<usize>,
    /// Pages of memory that the system handed out for a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_faults_per_step: Option<f64>,
    /// Parts into which a batch was cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<usize>,
    /// Rows that a shard worked on at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<usize>,
    /// In what the products of layers multiplied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionName>,
    /// Whether the last layer was computed only in the rows that the loss reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_selection: Option<bool>,
    /// Numbers that the model learns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<usize>,
    /// 10⁹ operations a second, by the median; a multiply-add is two. Only products are counted, none of them twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gflops: Option<f64>,
    /// The same by the lowest sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gflops_best: Option<f64>,
    /// 10⁹ operations a second that one thread's multiply-add units can do at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fma_peak_gflops: Option<f64>,
    /// `gflops_best` as a share of what all threads' units can do at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fma_peak_share: Option<f64>,
    /// Time to read the prompt of a text that is decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefill_ms: Option<f64>,
    /// Time to decode one token behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decode_ms_per_token: Option<f64>,
    /// 10⁹ bytes of weights a second that decoding read, by the lowest sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights_gb_per_s: Option<f64>,
    /// The same as a share of what memory gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_share: Option<f64>,
    /// 10⁹ bytes a second read from memory by all threads together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_gb_per_s: Option<f64>,
    /// 10⁹ bytes a second read and written while all threads copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_gb_per_s: Option<f64>,
}

impl Measurement {
    /// A measurement without any time yet.
    pub(super) fn new(workload: impl Into<String>) -> Measurement {
        Measurement {
            workload: workload.into(),
            r#impl: "jumok",
            threads: rayon::current_num_threads(),
            ms_per_step_median: None,
            min: None,
            max: None,
            tokens_per_s: None,
            start_ms: None,
            peak_rss_mb: peak_rss_mb(),
            loss_first: None,
            loss_last: None,
            load1: load_average(),
            wait_pct: None,
            kernel: level::current().name(),
            version: env!("CARGO_PKG_VERSION"),
            blocks: None,
            steps_per_block: None,
            page_faults_per_step: None,
            shards: None,
            micro_batch: None,
            precision: None,
            row_selection: None,
            params: None,
            gflops: None,
            gflops_best: None,
            fma_peak_gflops: None,
            fma_peak_share: None,
            prefill_ms: None,
            decode_ms_per_token: None,
            weights_gb_per_s: None,
            read_share: None,
            read_gb_per_s: None,
            copy_gb_per_s: None,
        }
    }

    /// A measurement of steps that process `tokens` tokens each.
    pub(super) fn timed(workload: impl Into<String>, timing: &Timing, tokens: usize) -> Measurement {
        Measurement {
            ms_per_step_median: Some(rounded(timing.median, 4)),
            min: Some(rounded(timing.min, 4)),
            max: Some(rounded(timing.max, 4)),
            tokens_per_s: Some(rounded(tokens as f64 / timing.median * 1e3, 1)),
            wait_pct: timing.waiting_percent.map(|percent| rounded(percent, 2)),
            blocks: Some(timing.blocks),
            steps_per_block: Some(timing.steps_per_block),
            page_faults_per_step: timing.page_faults_per_step.map(|faults| rounded(faults, 1)),
            ..Measurement::new(workload)
        }
    }

    /// Adds the rate at which `multiply_adds` of products a step were done.
    pub(super) fn rate(self, multiply_adds: usize, timing: &Timing) -> Measurement {
        let gflops = |milliseconds: f64| rounded(2.0 * multiply_adds as f64 / milliseconds / 1e6, 2);
        Measurement { gflops: Some(gflops(timing.median)), gflops_best: Some(gflops(timing.min)), ..self }
    }

    /// Adds the share of the peak, which is measured for a moment if the arguments do not give it.
    pub(super) fn share_of_peak(self, args: &BenchArgs) -> Measurement {
        const SECONDS: f64 = 0.2;
        let peak = args.peak.unwrap_or_else(|| limits::fma_gflops(SECONDS));
        let share = self.gflops_best.map(|rate| rounded(rate / (peak * self.threads as f64), 4));
        Measurement { fma_peak_gflops: Some(rounded(peak, 1)), fma_peak_share: share, ..self }
    }

    /// The line, without its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain numbers and strings")
    }
}

/// To `digits` digits behind the point.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10f64.powi(digits);
    (value * unit).round() / unit
}

/// `None` where the system does not tell.
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(rounded(kib / 1024.0, 1))
}

/// `None` where the system does not tell.
fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}
