//! The small graphs of group `ops`: does the gradient accumulate, broadcast and stop where it should?

use crate::Compute;
use crate::given::Outputs;

/// How to compute a graph.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        // y = x·x + x
        "graph.square_plus_self" => |g| {
            let x = g.input("x")?;
            Ok(Outputs::y(x * x + x))
        },
        // s = x·x; y = s·exp(−s) + s·x
        "graph.diamond" => |g| {
            let x = g.input("x")?;
            let s = x * x;
            Ok(Outputs::y(&s * (-&s).exp() + &s * x))
        },
        // y = x·tanh(x), the second factor being a constant
        "graph.detach" => |g| {
            let x = g.input("x")?;
            Ok(Outputs::y(x * x.tanh().detach()))
        },
        // y = softmax((a + b)·c)·D
        "graph.broadcast_chain" => |g| {
            let scores = (g.input("a")? + g.input("b")?) * g.input("c")?;
            Ok(Outputs::y(scores.softmax(-1).matmul(g.input("d")?)))
        },
        // y = tanh(x·W)·Wᵀ
        "graph.shared_weight" => |g| {
            let w = g.input("w")?;
            Ok(Outputs::y(g.input("x")?.matmul(w).tanh().matmul(&w.transpose(0, 1))))
        },
        // h = x·W; y = σ(h), z = Σ h²
        "graph.two_outputs" => |g| {
            let h = g.input("x")?.matmul(g.input("w")?);
            Ok(Outputs::y(h.sigmoid()).and("z", (&h * &h).sum(&[-1], false)))
        },
        // y = 2a, and b takes no part
        "graph.unused_input" => |g| {
            g.leave_out("b");
            Ok(Outputs::y(g.input("a")? * 2.0))
        },
        // x ← sin x + x/2, again and again
        "graph.deep_chain" => |g| {
            let mut x = g.input("x")?.clone();
            for _ in 0..g.attr::<usize>("depth")? {
                x = x.sin() + &x * 0.5;
            }
            Ok(Outputs::y(x))
        },
        _ => return None,
    };
    Some(compute)
}
