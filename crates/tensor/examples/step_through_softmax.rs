//! Attention scores become weights, and the gradient comes back: to be stepped through with a debugger.
//!
//! ```text
//! cargo build -p jumok-tensor --example step_through_softmax
//! rust-gdb -iex 'set auto-load safe-path /' target/debug/examples/step_through_softmax
//! (gdb) break step_through_softmax::look_here
//! (gdb) run
//! (gdb) print *scores
//! (gdb) print *weights
//! ```

use jumok_tensor::{Array, Tensor};

/// A place for a breakpoint: everything worth looking at is an argument.
#[inline(never)]
fn look_here(scores: &Tensor, weights: &Tensor, loss: &Tensor, gradient: &Array) {
    println!("scores   = {scores:?}");
    println!("weights  = {weights:?}");
    println!("loss     = {loss:?}");
    println!("gradient = {gradient:?}");
}

fn main() {
    println!("To see softmax at work, break at lines of ops/softmax.rs (`break softmax.rs:NN`):");
    println!("  in `try_softmax`       print *self          the scores on their way in");
    println!("  in `SoftmaxBackward`   print (*self).y      the weights that were kept");
    println!("                         print grad           what each weight should change\n");
    // Two queries, three keys. The first query prefers the first key.
    let scores = Tensor::parameter(Array::from_vec(vec![2.0, 1.0, 0.0, 0.5, 0.5, 0.5], &[2, 3]));
    let weights = scores.softmax(-1); // [2, 3], rows sum to 1
    let loss = -weights.select(-1, 0).log().mean_all(); // both should attend to the first key
    let grads = loss.backward();
    let gradient = grads.get(&scores).expect("the loss depends on the scores");
    look_here(&scores, &weights, &loss, gradient);
}
