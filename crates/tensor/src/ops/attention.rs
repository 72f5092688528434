//! Attention of many heads as one operation: softmax(scale·QKᵀ)·V without ever holding the matrix of scores.
//!
//! q `[B, H, Tq, d_k]`, k `[B, H_kv, Tk, d_k]`, v `[B, H_kv, Tk, d_v]`, result `[B, H, Tq, d_v]`; query head h reads
//! key/value head h / (H / H_kv).
//!
//! With S = scale·QKᵀ, P = softmax(S) over the allowed keys, O = PV and upstream g:
//!
//! - O_ij = Σ_k P_ik V_kj, so **dV = Pᵀg** and dP = gVᵀ;
//! - through the softmax, dS_ik = P_ik(dP_ik − Σ_l P_il dP_il), and since Σ_l P_il dP_il = Σ_j g_ij Σ_l P_il V_lj, that sum is
//!   **Σ_j g_ij O_ij**: a number a query, known without P;
//! - S_ik = scale·Σ_j Q_ij K_kj, so **dQ = scale·dS·K** and **dK = scale·dSᵀ·Q**.
//!
//! Kept are Q, K, V, O and one number a query, log Σ_k exp S_ik, from which P_ik = exp(S_ik − that) is computed again tile by
//! tile (Dao et al. 2022, arXiv 2205.14135). Memory grows with Tq + Tk, not with Tq·Tk.
//!
//! The readable composition of products and softmax is `jumok_attention::attend`; a test there holds the two together.

use rayon::prelude::*;

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::parallel::worth_threads;
use crate::pool::{self, Buffer};
use crate::{Array, BoolTensor, Elem, Tensor, TensorError};
use jumok_kernels::attention::{self as kernel, Head, Rows, RowsMut};

/// The formulas on plain `ndarray`, for one head.
pub mod reference {
    use crate::Elem;
    use crate::ops::softmax::reference::{softmax, softmax_backward};
    use ndarray::{Array2, Ix2};

    fn weights(q: &Array2<Elem>, k: &Array2<Elem>, scale: Elem) -> Array2<Elem> {
        let scores = q.dot(&k.t()) * scale;
        softmax(&scores.into_dyn()).into_dimensionality::<Ix2>().expect("a matrix stays one")
    }

    /// O = softmax(scale·QKᵀ)·V
    pub fn attention(q: &Array2<Elem>, k: &Array2<Elem>, v: &Array2<Elem>, scale: Elem) -> Array2<Elem> {
        weights(q, k, scale).dot(v)
    }

    /// dQ = scale·dS·K, dK = scale·dSᵀ·Q, dV = Pᵀg with dS = softmax_backward(P, gVᵀ)
    pub fn attention_backward(
        q: &Array2<Elem>,
        k: &Array2<Elem>,
        v: &Array2<Elem>,
        scale: Elem,
        g: &Array2<Elem>,
    ) -> [Array2<Elem>; 3] {
        let p = weights(q, k, scale);
        let dp = g.dot(&v.t()).into_dyn();
        let ds = softmax_backward(&p.clone().into_dyn(), &dp).into_dimensionality::<Ix2>().expect("a matrix stays one");
        [ds.dot(k) * scale, ds.t().dot(q) * scale, p.t().dot(g)]
    }
}

/// The sizes of the operands, and how the work is cut into tasks that write apart from each other.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    batch: usize,
    heads: usize,
    key_heads: usize,
    queries: usize,
    keys: usize,
    d_k: usize,
    d_v: usize,
}

impl Sizes {
    fn of(q: &Array, k: &Array, v: &Array) -> Result<Self, TensorError> {
        let misfit = || {
            let rule = "q [B, H, Tq, d_k], k [B, H_kv, Tk, d_k], v [B, H_kv, Tk, d_v] with H a multiple of H_kv";
            TensorError::shape("attention", &[q.shape(), k.shape(), v.shape()], rule)
        };
        let (&[batch, heads, queries, d_k], &[key_batch, key_heads, keys, key_width], &[v_batch, v_heads, v_len, d_v]) =
            (q.shape(), k.shape(), v.shape())
        else {
            return Err(misfit());
        };
        let fits = (key_batch, key_width) == (batch, d_k) && (v_batch, v_heads, v_len) == (batch, key_heads, keys);
        if !fits || key_heads == 0 || !heads.is_multiple_of(key_heads) {
            return Err(misfit());
        }
        Ok(Self { batch, heads, key_heads, queries, keys, d_k, d_v })
    }

    /// One task a sequence, whose result lies `[T, H, d]` so that merging the heads moves nothing; of a single sequence one
    /// task a group of heads that share keys, whose result lies `[H, T, d]`.
    fn tasks(&self) -> usize {
        if self.batch == 1 { self.key_heads } else { self.batch }
    }

    /// Key/value heads of one task.
    fn key_heads_of_task(&self) -> usize {
        if self.batch == 1 { 1 } else { self.key_heads }
    }

    /// The sequence and the key/value head of a task's `n`-th.
    fn place(&self, task: usize, n: usize) -> (usize, usize) {
        if self.batch == 1 { (0, task) } else { (task, n) }
    }

    /// Query heads that share a key/value head.
    fn group(&self) -> usize {
        self.heads / self.key_heads
    }

    /// From head to head and from row to row in a task's part of a result of `heads` heads of `len` rows.
    fn strides(&self, heads: usize, len: usize, width: usize) -> [usize; 2] {
        if self.batch == 1 { [len * width, width] } else { [width, heads * width] }
    }

    /// A result that the tasks wrote, as `[B, heads, len, width]`.
    fn result(&self, data: Buffer, heads: usize, len: usize, width: usize) -> Array {
        if self.batch == 1 {
            Array::from_buffer(data, &[1, heads, len, width])
        } else {
            Array::from_buffer(data, &[self.batch, len, heads, width]).transpose(1, 2)
        }
    }

    /// Multiply-adds of the forward pass.
    fn work(&self) -> usize {
        self.batch * self.heads * self.queries * self.keys * (self.d_k + self.d_v)
    }
}

/// An array whose rows are contiguous, and its strides over batch, head and row.
fn with_rows(x: &Array) -> Array {
    if x.strides()[3] == 1 || x.shape()[3] <= 1 { x.clone() } else { x.contiguous() }
}

fn head_of(x: &Array, batch: usize, head: usize) -> Rows<'_> {
    let start = batch * x.strides()[0] + head * x.strides()[1];
    let data = x.from_first();
    Rows { data: &data[start.min(data.len())..], stride: x.strides()[2] }
}

/// Who may attend to what.
#[derive(Debug, Clone)]
struct Allowed {
    causal: Option<isize>,
    /// `[B, Tk]`
    keep: Option<BoolTensor>,
}

impl Allowed {
    fn head(&self, sizes: &Sizes, scale: Elem, batch: usize) -> Head<'_> {
        Head {
            query_len: sizes.queries,
            key_len: sizes.keys,
            d_k: sizes.d_k,
            d_v: sizes.d_v,
            scale,
            causal: self.causal,
            keep: self.keep.as_ref().map(|keep| &keep.as_slice()[batch * sizes.keys..][..sizes.keys]),
        }
    }
}

/// Equal parts of a buffer, one a task.
fn parts(buffer: &mut [Elem], tasks: usize) -> Vec<&mut [Elem]> {
    let len = buffer.len() / tasks.max(1);
    if len == 0 { (0..tasks).map(|_| Default::default()).collect() } else { buffer.chunks_exact_mut(len).collect() }
}

struct AttentionBackward {
    q: Array,
    k: Array,
    v: Array,
    out: Array,
    log_sum_exp: Vec<Elem>,
    sizes: Sizes,
    scale: Elem,
    allowed: Allowed,
}

impl std::fmt::Debug for AttentionBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AttentionBackward {{ {:?}, causal: {:?} }}", self.sizes, self.allowed.causal)
    }
}

/// dV = Pᵀg, dS = P ⊙ (gVᵀ − Σ g·O), dQ = scale·dS·K, dK = scale·dSᵀ·Q
impl Backward for AttentionBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let sizes = &self.sizes;
        let &Sizes { batch, heads, key_heads, queries, keys, d_k, d_v } = sizes;
        let grad = with_rows(&grad);
        let [mut dq, mut dk, mut dv] =
            [heads * queries * d_k, key_heads * keys * d_k, key_heads * keys * d_v].map(|len| pool::take(batch * len));
        let tasks = sizes.tasks();
        let mut work: Vec<_> = parts(&mut dq, tasks)
            .into_iter()
            .zip(parts(&mut dk, tasks))
            .zip(parts(&mut dv, tasks))
            .map(|((dq, dk), dv)| [dq, dk, dv])
            .collect();
        let run = |(task, [dq, dk, dv]): (usize, &mut [&mut [Elem]; 3])| {
            let [q_head, q_row] = sizes.strides(heads, queries, d_k);
            let [k_head, k_row] = sizes.strides(key_heads, keys, d_k);
            let [v_head, v_row] = sizes.strides(key_heads, keys, d_v);
            // Query heads that share keys add to the same dK and dV.
            let (mut shared_dk, mut shared_dv) = (vec![], vec![]);
            for n in 0..sizes.key_heads_of_task() {
                let (b, key_head) = sizes.place(task, n);
                for member in 0..sizes.group() {
                    let h = key_head * sizes.group() + member;
                    let lse = &self.log_sum_exp[(b * heads + h) * queries..][..queries];
                    let local = n * sizes.group() + member;
                    let dq = RowsMut { data: from_mut(dq, local * q_head), stride: q_row };
                    let (dk, dv) = (from_mut(dk, n * k_head), from_mut(dv, n * v_head));
                    let head = self.allowed.head(sizes, self.scale, b);
                    let [q, k, v] =
                        [head_of(&self.q, b, h), head_of(&self.k, b, key_head), head_of(&self.v, b, key_head)];
                    let (out, g) = (head_of(&self.out, b, h), head_of(&grad, b, h));
                    if member == 0 {
                        let (dk, dv) = (RowsMut { data: dk, stride: k_row }, RowsMut { data: dv, stride: v_row });
                        kernel::backward(&head, q, k, v, out, lse, g, dq, dk, dv);
                    } else {
                        shared_dk.resize(keys * d_k, 0.0);
                        shared_dv.resize(keys * d_v, 0.0);
                        let more_dk = RowsMut { data: &mut shared_dk, stride: d_k };
                        let more_dv = RowsMut { data: &mut shared_dv, stride: d_v };
                        kernel::backward(&head, q, k, v, out, lse, g, dq, more_dk, more_dv);
                        add_rows(dk, k_row, &shared_dk, d_k);
                        add_rows(dv, v_row, &shared_dv, d_v);
                    }
                }
            }
        };
        if worth_threads(3 * sizes.work(), tasks) {
            work.par_iter_mut().enumerate().for_each(run);
        } else {
            work.iter_mut().enumerate().for_each(run);
        }
        grads![
            sizes.result(dq, heads, queries, d_k),
            sizes.result(dk, key_heads, keys, d_k),
            sizes.result(dv, key_heads, keys, d_v)
        ]
    }
}

/// The buffer from `start` on; an operand without elements has nothing there.
fn from_mut(buffer: &mut [Elem], start: usize) -> &mut [Elem] {
    buffer.get_mut(start..).unwrap_or_default()
}

/// Row by row, sum += more; the rows of `sum` are `stride` apart.
fn add_rows(sum: &mut [Elem], stride: usize, more: &[Elem], width: usize) {
    for (row, more) in more.chunks_exact(width.max(1)).enumerate() {
        jumok_kernels::elementwise::add_assign(&mut sum[row * stride..][..width], more);
    }
}

impl Tensor {
    /// softmax(scale·QKᵀ)·V over the keys that each query may attend to; self is Q.
    ///
    /// q `[B, H, Tq, d_k]`, k `[B, H_kv, Tk, d_k]`, v `[B, H_kv, Tk, d_v]`, result `[B, H, Tq, d_v]`; query head h reads
    /// key/value head h / (H / H_kv). With `causal` = `Some(offset)` query i sees keys 0..=i+offset; `keep` `[B, Tk]` is true
    /// where a key is no padding. A query that may attend to nothing gets zeros.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn attention(
        &self,
        k: &Tensor,
        v: &Tensor,
        scale: f64,
        causal: Option<isize>,
        keep: Option<&BoolTensor>,
    ) -> Tensor {
        fit(self.try_attention(k, v, scale, causal, keep))
    }

    /// As [`Tensor::attention`], with an error instead of the panic.
    pub fn try_attention(
        &self,
        k: &Tensor,
        v: &Tensor,
        scale: f64,
        causal: Option<isize>,
        keep: Option<&BoolTensor>,
    ) -> Result<Tensor, TensorError> {
        let sizes = Sizes::of(self.array(), k.array(), v.array())?;
        let Sizes { batch, heads, queries, keys, d_v, .. } = sizes;
        if let Some(keep) = keep
            && keep.shape() != [batch, keys]
        {
            return Err(TensorError::shape("attention", &[k.shape(), keep.shape()], "a mask [B, Tk]"));
        }
        let (q, k_rows, v_rows) = (with_rows(self.array()), with_rows(k.array()), with_rows(v.array()));
        let (scale, allowed) = (scale as Elem, Allowed { causal, keep: keep.cloned() });
        let mut out = pool::take(batch * heads * queries * d_v);
        let mut log_sum_exp = vec![0.0; batch * heads * queries];
        let tasks = sizes.tasks();
        let mut work: Vec<_> = parts(&mut out, tasks).into_iter().zip(parts(&mut log_sum_exp, tasks)).collect();
        let run = |(task, (out, lse)): (usize, &mut (&mut [Elem], &mut [Elem]))| {
            let [out_head, out_row] = sizes.strides(heads, queries, d_v);
            for n in 0..sizes.key_heads_of_task() {
                let (b, key_head) = sizes.place(task, n);
                for member in 0..sizes.group() {
                    let (h, local) = (key_head * sizes.group() + member, n * sizes.group() + member);
                    let out = RowsMut { data: from_mut(out, local * out_head), stride: out_row };
                    let lse = lse.get_mut(local * queries..(local + 1) * queries).unwrap_or_default();
                    let [q, k, v] = [head_of(&q, b, h), head_of(&k_rows, b, key_head), head_of(&v_rows, b, key_head)];
                    kernel::forward(&allowed.head(&sizes, scale, b), q, k, v, out, lse);
                }
            }
        };
        if worth_threads(sizes.work(), tasks) {
            work.par_iter_mut().enumerate().for_each(run);
        } else {
            work.iter_mut().enumerate().for_each(run);
        }
        let out = sizes.result(out, heads, queries, d_v);
        let kept = out.clone();
        Ok(Tensor::from_operation(out, &[self, k, v], || AttentionBackward {
            q,
            k: k_rows,
            v: v_rows,
            out: kept,
            log_sum_exp,
            sizes,
            scale,
            allowed,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GradCheck, gradcheck};
    use ndarray::Ix2;

    fn values(shape: &[usize], seed: usize) -> Array {
        let count: usize = shape.iter().product();
        Array::from_vec((0..count).map(|i| ((i * 31 + seed * 7) % 19) as Elem / 8.0 - 1.1).collect(), shape)
    }

    fn close(a: &Array, e: &ndarray::Array2<Elem>) {
        a.to_vec().iter().zip(e).for_each(|(a, e)| assert!((a - e).abs() < 1e-5, "{a} {e}"));
    }

    #[test]
    fn each_head_agrees_with_the_reference() {
        for batch in [1, 2] {
            let leaves = [values(&[batch, 3, 5, 4], 1), values(&[batch, 3, 7, 4], 2), values(&[batch, 3, 7, 6], 3)]
                .map(Tensor::parameter);
            let [q, k, v] = &leaves;
            let out = q.attention(k, v, 0.5, None, None);
            let g = values(&[batch, 3, 5, 6], 4);
            let grads = out.backward_from(g.clone());
            for b in 0..batch {
                for h in 0..3 {
                    let head = |x: &Array| {
                        let x = x.slice_axis(0, b, 1, 1).slice_axis(1, h, 1, 1);
                        x.reshape(&x.shape()[2..]).to_ndarray().into_dimensionality::<Ix2>().unwrap()
                    };
                    let (q1, k1, v1) = (head(q.array()), head(k.array()), head(v.array()));
                    let cut = |x: &Array| x.slice_axis(0, b, 1, 1).slice_axis(1, h, 1, 1);
                    close(&cut(out.array()), &reference::attention(&q1, &k1, &v1, 0.5));
                    let expected = reference::attention_backward(&q1, &k1, &v1, 0.5, &head(&g));
                    for (leaf, expected) in leaves.iter().zip(&expected) {
                        close(&cut(grads.get(leaf).unwrap()), expected);
                    }
                }
            }
        }
    }

    #[test]
    fn is_its_derivative_under_every_mask_and_grouping() {
        let keep = BoolTensor::from_vec(vec![true, true, false, false, false, false], &[2, 3]);
        for (heads, key_heads) in [(2, 2), (4, 2), (2, 1)] {
            let inputs =
                [values(&[2, heads, 2, 4], 1), values(&[2, key_heads, 3, 4], 2), values(&[2, key_heads, 3, 5], 3)];
            for causal in [None, Some(0), Some(1), Some(-1)] {
                for keep in [None, Some(&keep)] {
                    let f = |i: &[Tensor]| i[0].attention(&i[1], &i[2], 0.5, causal, keep);
                    gradcheck(f, &inputs, &GradCheck::default()).unwrap();
                }
            }
        }
        let one = [values(&[1, 4, 2, 3], 1), values(&[1, 2, 3, 3], 2), values(&[1, 2, 3, 2], 3)];
        gradcheck(|i| i[0].attention(&i[1], &i[2], 1.0, Some(1), None), &one, &GradCheck::default()).unwrap();
        // Operands as projections give them: heads between tokens and features.
        let views = [values(&[2, 3, 2, 4], 1), values(&[2, 3, 2, 4], 2), values(&[2, 3, 2, 4], 3)];
        let f = |i: &[Tensor]| {
            i[0].transpose(1, 2).attention(&i[1].transpose(1, 2), &i[2].transpose(1, 2), 0.5, None, None)
        };
        gradcheck(f, &views, &GradCheck::default()).unwrap();
    }

    #[test]
    fn nobody_to_attend_to_and_nothing_at_all() {
        let [q, k] = [values(&[2, 1, 3, 4], 1), values(&[2, 1, 3, 4], 2)].map(Tensor::from_array);
        let keep = BoolTensor::from_vec(vec![false, false, false, true, true, true], &[2, 3]);
        let out = q.attention(&k, &k, 0.5, None, Some(&keep)).to_vec();
        assert_eq!(out[..12], [0.0; 12]);
        assert!(out[12..].iter().any(|&x| x != 0.0));
        for shape in [[0, 2, 3, 4], [2, 2, 0, 4], [1, 2, 0, 4]] {
            let x = Tensor::parameter(Array::zeros(&shape));
            let out = x.attention(&x, &x, 0.5, None, None);
            assert_eq!(out.shape(), shape);
            assert_eq!(out.sum_all().backward().get(&x).unwrap().shape(), shape);
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        for batch in [1, 4] {
            let [q, k, v] = [1, 2, 3].map(|seed| Tensor::parameter(values(&[batch, 4, 130, 16], seed)));
            let run = || {
                let out = q.attention(&k, &v, 0.25, Some(0), None);
                let grads = out.backward_from(values(&[batch, 4, 130, 16], 5));
                [&q, &k, &v].map(|leaf| grads.get(leaf).unwrap().to_vec())
            };
            let spread = run();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            assert_eq!(pool.install(run), spread);
        }
    }

    #[test]
    #[should_panic(expected = "attention: shapes [1, 3, 2, 4], [1, 2, 2, 4] and [1, 2, 2, 4] do not fit")]
    fn heads_must_share_evenly() {
        let k = Tensor::zeros(&[1, 2, 2, 4]);
        Tensor::zeros(&[1, 3, 2, 4]).attention(&k, &k, 1.0, None, None);
    }
}
