//! Counting runs of n items.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each run of `n` items occurs.
pub(crate) fn ngrams<T: Eq + Hash>(items: &[T], n: usize) -> HashMap<&[T], usize> {
    let mut counts = HashMap::new();
    for window in items.windows(n) {
        *counts.entry(window).or_default() += 1;
    }
    counts
}

/// How many of the runs in `a` are also in `b`, each counted at most as often as it occurs there.
pub(crate) fn overlap<K: Eq + Hash>(a: &HashMap<K, usize>, b: &HashMap<K, usize>) -> usize {
    a.iter().map(|(run, &count)| count.min(b.get(run).copied().unwrap_or_default())).sum()
}
