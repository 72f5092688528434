//! Slide S21 (3 minutes): side by side.
//!
//! A GRU and a layer of a Transformer read texts of growing length. Prints how many steps wait for one another, counted on the graph
//! that was computed: as many as there are tokens for the GRU, one for the layer, however long the text. The whole chain of
//! operations, products and norms included, grows with the text in the one and stays as it is in the other.
//!
//! `jumok transformer experiment parallel` also takes the time.
//!
//! `cargo run --release -p jumok-transformer --example s21_parallel [-- --lang ko]`

use jumok_attention::Mask;
use jumok_nn::Ctx;
use jumok_seq2seq::{CellKind, Recurrent, RecurrentConfig};
use jumok_tensor::Tensor;
use jumok_transformer::probe::{longest_chain, reads_other_tokens};
use jumok_transformer::{Encoder, EncoderLayerConfig};
use jumok_viz::{Align, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

mod common;
use common::korean;

const WIDTH: usize = 16;

fn main() {
    let korean = korean("s21_parallel");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let rng = &mut ChaCha8Rng::seed_from_u64(0);
    let gru = Recurrent::new(&RecurrentConfig::new(CellKind::Gru, WIDTH, WIDTH), rng);
    let encoder = Encoder::new(&EncoderLayerConfig::new(WIDTH, 4, WIDTH), 1, false, rng);

    let columns = [
        say("tokens", "토큰"),
        say("GRU: steps", "GRU: 단계"),
        say("Transformer: steps", "트랜스포머: 단계"),
        say("GRU: all operations", "GRU: 연산 전체"),
        say("Transformer: all operations", "트랜스포머: 연산 전체"),
    ];
    let mut table = Table::new(columns).align([Align::Right; 5]);
    for tokens in [8, 32, 128, 512] {
        let x = Tensor::ones(&[1, tokens, WIDTH]);
        let read = gru.forward(&x, None, None, &mut Ctx::eval()).output; //       [1, T, D]
        let attended = encoder.forward(&x, &Mask::none(), &mut Ctx::eval()); //   [1, T, D]
        let steps = [&read, &attended].map(|y| longest_chain(y, reads_other_tokens));
        let operations = [&read, &attended].map(|y| longest_chain(y, |_| true));
        assert_eq!(steps, [tokens, 1]);
        table.row([tokens, steps[0], steps[1], operations[0], operations[1]].map(|n| n.to_string()));
    }
    print!("{}", table.to_terminal(&TerminalStyle::detect()));
}
