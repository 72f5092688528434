//! The training steps W1 and W2 in candle or burn: `candle-burn candle|burn W1|W2 [--blocks N] [--block-seconds S]`.
//!
//! Both libraries take their number of threads from `RAYON_NUM_THREADS`. The line of JSON has the fields of `jumok bench`.

mod data;
mod in_burn;
mod in_candle;

use std::error::Error;
use std::time::Instant;

use data::{BertBatch, GptBatch, Sizes};

/// Batches that take turns.
const BATCHES: u64 = 4;
const LEARNING_RATE: f64 = 1e-3;
const WEIGHT_DECAY: f64 = 0.01;
/// The standard deviation of fresh weights.
const STD: f64 = 0.02;

/// One training step on batch `number` (of [`BATCHES`]); gives the loss.
type Step = Box<dyn FnMut(usize) -> Result<f64, Box<dyn Error>>>;

struct Options {
    library: String,
    workload: String,
    blocks: usize,
    block_seconds: f64,
}

fn options() -> Result<Options, Box<dyn Error>> {
    const USAGE: &str = "usage: candle-burn candle|burn W1|W2 [--blocks N] [--block-seconds S]";
    let mut arguments = std::env::args().skip(1);
    let mut options = Options {
        library: arguments.next().ok_or(USAGE)?,
        workload: arguments.next().ok_or(USAGE)?,
        blocks: 5,
        block_seconds: 1.0,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--blocks" => options.blocks = value.parse()?,
            "--block-seconds" => options.block_seconds = value.parse()?,
            _ => return Err(USAGE.into()),
        }
    }
    if options.blocks == 0 || options.block_seconds <= 0.0 {
        return Err("--blocks and --block-seconds must be above 0".into());
    }
    Ok(options)
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let sizes = Sizes::of(&options.workload).ok_or_else(|| format!("there is no workload {}", options.workload))?;
    let berts = || (0..BATCHES).map(|number| BertBatch::random(number, &sizes)).collect::<Vec<_>>();
    let gpts = || (0..BATCHES).map(|number| GptBatch::random(number, &sizes)).collect::<Vec<_>>();
    let (step, package): (Step, &str) = match (options.library.as_str(), sizes.masked) {
        ("candle", Some(_)) => (in_candle::bert(&sizes, &berts())?, "candle-core"),
        ("candle", None) => (in_candle::gpt(&sizes, &gpts())?, "candle-core"),
        ("burn", Some(_)) => (in_burn::bert(&sizes, &berts()), "burn"),
        ("burn", None) => (in_burn::gpt(&sizes, &gpts()), "burn"),
        (other, _) => return Err(format!("there is no library {other}: candle or burn").into()),
    };
    measure(&options, &sizes, step, package)
}

/// Times blocks of steps and prints the line.
fn measure(options: &Options, sizes: &Sizes, mut step: Step, package: &str) -> Result<(), Box<dyn Error>> {
    let (mut number, mut first, mut last) = (0, None, 0.0);
    let mut run = |steps: usize| -> Result<f64, Box<dyn Error>> {
        let started = Instant::now();
        for _ in 0..steps {
            last = step(number % BATCHES as usize)?;
            first.get_or_insert(last);
            number += 1;
        }
        Ok(started.elapsed().as_secs_f64() / steps as f64)
    };
    run(3)?;
    let steps = (options.block_seconds / run(2)?).ceil().max(1.0) as usize;
    let mut samples =
        (0..options.blocks).map(|_| Ok(run(steps)? * 1e3)).collect::<Result<Vec<f64>, Box<dyn Error>>>()?;
    samples.sort_by(f64::total_cmp);
    let count = samples.len();
    let median = (samples[(count - 1) / 2] + samples[count / 2]) / 2.0;
    let line = serde_json::json!({
        "workload": options.workload,
        "impl": options.library,
        "threads": rayon::current_num_threads(),
        "ms_per_step_median": median,
        "min": samples[0],
        "max": samples[count - 1],
        "tokens_per_s": (sizes.batch_size * sizes.seq_len) as f64 / median * 1e3,
        "peak_rss_mb": peak_rss_mb(),
        "loss_first": first,
        "loss_last": last,
        "load1": load_average(),
        "version": version(package),
    });
    println!("{line}");
    Ok(())
}

/// The version of a package as it was built in.
fn version(package: &str) -> Option<&'static str> {
    let (_, rest) = include_str!("../Cargo.lock").split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split('"').next()
}

fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}
