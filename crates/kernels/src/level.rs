//! Which instructions the kernels use: found once, forced by `JUMOK_KERNEL`.

use std::cell::Cell;
use std::fmt;
use std::sync::OnceLock;

/// The environment variable that forces a level.
pub const VARIABLE: &str = "JUMOK_KERNEL";

/// A set of instructions that kernels are compiled for, from the most common to the widest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What every processor of the target has (SSE2 on x86-64, NEON on aarch64), no fused multiply-add.
    Portable,
    /// AVX2 and FMA: 8 numbers an instruction.
    Avx2,
    /// AVX-512 (F, BW, DQ, VL): 16 numbers an instruction.
    Avx512,
}

impl Level {
    /// Every level, whether this machine has it or not.
    pub const ALL: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];

    /// The name that `JUMOK_KERNEL` takes.
    pub fn name(self) -> &'static str {
        match self {
            Level::Portable => "portable",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }

    /// Whether this processor (and this build: `f64` has the portable level only) can run it.
    pub fn is_available(self) -> bool {
        match self {
            Level::Portable => true,
            #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
            Level::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
            Level::Avx512 => {
                Level::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(not(all(target_arch = "x86_64", not(feature = "f64"))))]
            Level::Avx2 | Level::Avx512 => false,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why `JUMOK_KERNEL` cannot be obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LevelError {
    /// The value names no level.
    Unknown(String),
    /// The value names a level that this processor or this build does not have.
    Unavailable(Level),
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let here: Vec<_> = available().into_iter().map(Level::name).collect();
        let here = here.join(", ");
        match self {
            LevelError::Unknown(value) => {
                write!(f, "{VARIABLE}={value} names no kernel level; this machine has: {here}")
            }
            LevelError::Unavailable(level) => {
                write!(f, "{VARIABLE}={level}: this machine does not have that kernel level; it has: {here}")
            }
        }
    }
}

impl std::error::Error for LevelError {}

/// The levels that this machine has, from the most common to the widest. The portable one is always among them.
pub fn available() -> Vec<Level> {
    Level::ALL.into_iter().filter(|level| level.is_available()).collect()
}

/// What `JUMOK_KERNEL` asks for, or the widest level of this machine; found at the first call, the same ever after.
///
/// # Errors
/// [`LevelError`] if the variable names an unknown level or one that is not available here. A command line asks this
/// before it starts anything.
pub fn try_level() -> Result<Level, LevelError> {
    static DETECTED: OnceLock<Result<Level, LevelError>> = OnceLock::new();
    DETECTED
        .get_or_init(|| choose(std::env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned())))
        .clone()
}

/// The level for a value of the variable.
fn choose(requested: Option<String>) -> Result<Level, LevelError> {
    let Some(name) = requested.filter(|name| !name.is_empty()) else {
        return Ok(Level::ALL.into_iter().rev().find(|level| level.is_available()).unwrap_or(Level::Portable));
    };
    let level =
        Level::ALL.into_iter().find(|level| level.name() == name).ok_or_else(|| LevelError::Unknown(name.clone()))?;
    if level.is_available() { Ok(level) } else { Err(LevelError::Unavailable(level)) }
}

thread_local! {
    /// The level of the calling thread; `None` until its first kernel.
    static CURRENT: Cell<Option<Level>> = const { Cell::new(None) };
}

/// The level that kernels called from this thread use.
///
/// # Panics
/// If `JUMOK_KERNEL` cannot be obeyed, with the message of [`try_level`].
#[inline]
pub fn current() -> Level {
    CURRENT.get().unwrap_or_else(first_use)
}

#[cold]
fn first_use() -> Level {
    let level = try_level().unwrap_or_else(|error| panic!("{error}"));
    CURRENT.set(Some(level));
    level
}

/// Runs `f` with the kernels of `level` on this thread (not on threads that `f` starts): for tests and comparisons.
///
/// # Panics
/// If this machine does not have that level.
pub fn with_level<R>(level: Level, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Level>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    assert!(level.is_available(), "this machine does not have the kernel level {level}");
    let _restore = Restore(CURRENT.replace(Some(level)));
    f()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_refused_with_the_names_that_exist() {
        let error = choose(Some("sse9".into())).unwrap_err();
        assert_eq!(error, LevelError::Unknown("sse9".into()));
        assert!(error.to_string().contains("JUMOK_KERNEL=sse9") && error.to_string().contains("portable"), "{error}");
    }

    #[test]
    fn a_level_is_taken_by_name_where_the_machine_has_it_and_refused_where_not() {
        for level in Level::ALL {
            let expected = if level.is_available() { Ok(level) } else { Err(LevelError::Unavailable(level)) };
            assert_eq!(choose(Some(level.name().into())), expected);
        }
    }

    #[test]
    fn without_a_name_the_widest_level_is_taken() {
        assert_eq!(choose(None).ok(), available().last().copied());
        assert_eq!(choose(Some(String::new())), choose(None));
    }

    #[test]
    fn a_forced_level_ends_with_the_call_even_after_a_panic() {
        let before = current();
        with_level(Level::Portable, || assert_eq!(current(), Level::Portable));
        let outcome = std::panic::catch_unwind(|| with_level(Level::Portable, || panic!("on purpose")));
        assert!(outcome.is_err());
        assert_eq!(current(), before);
    }
}
