//! How a run is getting on.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle as BarStyle};

use crate::texts::{LEARNING_RATE, LOSS, REMAINING, SPEED, STEP};
use crate::{Language, Rate};

/// What is told about a step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport<'a> {
    /// The number of the step, counted from 1.
    pub step: u64,
    /// The loss, averaged as the caller likes.
    pub loss: f64,
    /// Other figures, already worded (`MLM 43 %`).
    pub metrics: &'a [String],
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// The tokens that the step worked on.
    pub tokens: usize,
}

/// Where and how progress is shown; always on standard error, so that results on standard output stay alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressStyle {
    /// A bar that is redrawn in place.
    Bar,
    /// A line every so often, for log files.
    Lines {
        /// The time between two lines.
        every: Duration,
    },
    /// Nothing.
    Silent,
}

impl ProgressStyle {
    /// A bar if standard error is a terminal, else a line every five seconds.
    pub fn detect() -> ProgressStyle {
        match stderr().is_terminal() {
            true => ProgressStyle::Bar,
            false => ProgressStyle::Lines { every: Duration::from_secs(5) },
        }
    }
}

/// Shows how far a run is, how well it does and how long it will take.
pub struct Progress {
    steps: u64,
    language: Language,
    style: ProgressStyle,
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Option<Duration>,
    step_rate: Rate,
    token_rate: Rate,
}

/// Speed and remaining time follow the last this much of the run.
const WINDOW: Duration = Duration::from_secs(10);

impl Progress {
    /// Begins to show a run of `steps` steps, of which `done` are done already.
    pub fn new(steps: u64, done: u64, language: Language, style: ProgressStyle) -> Progress {
        let bar = (style == ProgressStyle::Bar).then(|| {
            let bar = ProgressBar::new(steps).with_position(done);
            let template =
                BarStyle::with_template("{bar:24.cyan/blue} {wide_msg}").expect("the template is well-formed");
            bar.set_style(template.progress_chars("█▉▊▋▌▍▎▏ "));
            bar
        });
        Progress {
            steps,
            language,
            style,
            bar,
            started: Instant::now(),
            last_line: None,
            step_rate: Rate::new(WINDOW),
            token_rate: Rate::new(WINDOW),
        }
    }

    /// Tells about a step that was just done.
    pub fn update(&mut self, report: &StepReport) {
        let now = self.started.elapsed();
        self.step_rate.add(now, 1.0);
        self.token_rate.add(now, report.tokens as f64);
        if let Some(bar) = &self.bar {
            bar.set_position(report.step);
            bar.set_message(self.line(report));
        } else if let ProgressStyle::Lines { every } = self.style
            && (self.last_line.is_none_or(|last| now - last >= every) || report.step == self.steps)
        {
            self.last_line = Some(now);
            write_line(&self.line(report));
        }
    }

    /// Writes a line of its own, above the bar if there is one.
    pub fn println(&self, line: &str) {
        match (&self.bar, self.style) {
            (Some(bar), _) => bar.println(line),
            (None, ProgressStyle::Silent) => {}
            (None, _) => write_line(line),
        }
    }

    /// Ends it; the bar stays where it is.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.abandon();
        }
    }

    /// Everything about a step in one line.
    fn line(&self, report: &StepReport) -> String {
        let steps = report.step.to_string();
        let width = self.steps.to_string().len();
        let step = format!("{steps:>width$}");
        let mut parts = vec![
            STEP.fill(self.language, &[("step", &step), ("steps", &self.steps)]),
            LOSS.fill(self.language, &[("loss", &format!("{:.3}", report.loss))]),
        ];
        parts.extend_from_slice(report.metrics);
        parts.push(LEARNING_RATE.fill(self.language, &[("rate", &format!("{:.1e}", report.learning_rate))]));
        if let Some(speed) = self.token_rate.per_second() {
            parts.push(SPEED.fill(self.language, &[("tokens", &grouped(speed.round() as u64))]));
        }
        if let Some(speed) = self.step_rate.per_second().filter(|_| report.step < self.steps) {
            let left = (self.steps - report.step) as f64 / speed;
            parts.push(REMAINING.fill(self.language, &[("time", &minutes_and_seconds(left))]));
        }
        parts.join(" · ")
    }
}

/// A number with separated thousands: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time as `m:ss`, or `h:mm:ss`.
pub fn minutes_and_seconds(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A closed standard error must not end a run.
fn write_line(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> StepReport<'static> {
        StepReport { step: 50, loss: 2.34567, metrics: &[], learning_rate: 1e-3, tokens: 2048 }
    }

    fn progress(language: Language) -> Progress {
        let mut progress = Progress::new(1000, 0, language, ProgressStyle::Silent);
        progress.step_rate.add(Duration::from_secs(5), 50.0);
        progress.token_rate.add(Duration::from_secs(5), 61_725.0);
        progress
    }

    #[test]
    fn a_line_says_step_loss_metrics_rate_speed_and_what_is_left() {
        let metrics = ["MLM 43 %".to_owned()];
        let line = progress(Language::English).line(&StepReport { metrics: &metrics, ..report() });
        assert_eq!(line, "step   50/1000 · loss 2.346 · MLM 43 % · lr 1.0e-3 · 12,345 tokens/s · 1:35 left");
        let line = progress(Language::Korean).line(&report());
        assert_eq!(line, "스텝   50/1000 · 손실 2.346 · 학습률 1.0e-3 · 초당 토큰 12,345 · 남은 시간 1:35");
    }

    #[test]
    fn nothing_is_left_after_the_last_step() {
        let line = progress(Language::English).line(&StepReport { step: 1000, ..report() });
        assert!(!line.contains("left"), "{line}");
    }

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.4, 59.6, 3599.0, 3725.0].map(minutes_and_seconds), ["0:00", "1:00", "59:59", "1:02:05"]);
    }
}
