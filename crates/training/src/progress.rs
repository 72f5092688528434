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
            // Two lines, so that all of it fits a terminal of 80 columns.
            let template = BarStyle::with_template("{bar:30.cyan/blue} {prefix}\n{wide_msg}");
            bar.set_style(template.expect("the template is well-formed").progress_chars("█▉▊▋▌▍▎▏ "));
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
            bar.set_prefix(self.place(report));
            bar.set_message(self.figures(report));
        } else if let ProgressStyle::Lines { every } = self.style
            && (self.last_line.is_none_or(|last| now - last >= every) || report.step == self.steps)
        {
            self.last_line = Some(now);
            write_line(&[self.place(report), self.figures(report)].join(SEPARATOR));
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
            // The cursor stands behind the bar's last character.
            write_line("");
        }
    }

    /// How far the run is, and what is left.
    fn place(&self, report: &StepReport) -> String {
        let width = self.steps.to_string().len();
        let step = format!("{:>width$}", report.step);
        let mut parts = vec![STEP.fill(self.language, &[("step", &step), ("steps", &self.steps)])];
        if let Some(speed) = self.step_rate.per_second().filter(|_| report.step < self.steps) {
            let left = (self.steps - report.step) as f64 / speed;
            parts.push(REMAINING.fill(self.language, &[("time", &minutes_and_seconds(left))]));
        }
        parts.join(SEPARATOR)
    }

    /// How well it does.
    fn figures(&self, report: &StepReport) -> String {
        let mut parts = vec![LOSS.fill(self.language, &[("loss", &format!("{:.2}", report.loss))])];
        parts.extend_from_slice(report.metrics);
        parts.push(LEARNING_RATE.fill(self.language, &[("rate", &format!("{:.1e}", report.learning_rate))]));
        if let Some(speed) = self.token_rate.per_second() {
            parts.push(SPEED.fill(self.language, &[("tokens", &thousands(speed))]));
        }
        parts.join(SEPARATOR)
    }
}

const SEPARATOR: &str = " · ";

/// A speed in thousands, with a decimal where it is small: `12.3k`, `123k`.
fn thousands(speed: f64) -> String {
    format!("{:.*}k", if speed < 1e5 { 1 } else { 0 }, speed / 1e3)
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
    fn it_says_step_rest_loss_metrics_rate_and_speed() {
        let metrics = ["MLM 43 %".to_owned()];
        let report = StepReport { metrics: &metrics, ..report() };
        let english = progress(Language::English);
        assert_eq!(english.place(&report), "step   50/1000 · 1:35 left");
        assert_eq!(english.figures(&report), "loss 2.35 · MLM 43 % · lr 1.0e-3 · 12.3k tokens/s");
        let korean = progress(Language::Korean);
        assert_eq!(korean.place(&report), "스텝   50/1000 · 남은 시간 1:35");
        assert_eq!(korean.figures(&report), "손실 2.35 · MLM 43 % · 학습률 1.0e-3 · 초당 토큰 12.3k");
    }

    #[test]
    fn nothing_is_left_after_the_last_step() {
        assert_eq!(progress(Language::English).place(&StepReport { step: 1000, ..report() }), "step 1000/1000");
    }

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.4, 59.6, 3599.0, 3725.0].map(minutes_and_seconds), ["0:00", "1:00", "59:59", "1:02:05"]);
    }
}
