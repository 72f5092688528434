//! What stands around the texts of a sequence: `[CLS] A [SEP] B [SEP]`, or RoBERTa's `<s> A </s></s> B </s>`.

use tokenizers::{Encoding, PostProcessor, PostProcessorWrapper};

use super::SpecialTokens;
use crate::pretraining::PairSequence;

/// A token that is put between texts, and the segment that it belongs to.
type Framing = (i64, i64);

/// The special tokens before, between and behind one or two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Places {
    before: Vec<Framing>,
    between: Vec<Framing>,
    behind: Vec<Framing>,
    /// The segments of the first and the second text.
    segments: [i64; 2],
}

/// How a tokenizer frames a text, and a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    single: Places,
    pair: Places,
}

/// Stand-ins for the two texts; no vocabulary has as many tokens.
const TEXTS: [u32; 2] = [u32::MAX - 1, u32::MAX];

impl Frame {
    /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, the second text with its token in segment 1.
    pub(super) fn bert(special: &SpecialTokens) -> Frame {
        let (cls, sep) = (special.cls, special.sep);
        let single = Places { before: vec![(cls, 0)], between: vec![], behind: vec![(sep, 0)], segments: [0, 0] };
        let pair = Places { between: vec![(sep, 0)], behind: vec![(sep, 1)], segments: [0, 1], ..single.clone() };
        Frame { single, pair }
    }

    /// `<s> A </s>` and `<s> A </s></s> B </s>`, all in one segment (Liu et al. 2019; Hugging Face's `RobertaProcessing`).
    fn roberta(special: &SpecialTokens) -> Frame {
        let (cls, sep) = (special.cls, special.sep);
        let single = Places { before: vec![(cls, 0)], between: vec![], behind: vec![(sep, 0)], segments: [0, 0] };
        Frame { pair: Places { between: vec![(sep, 0); 2], ..single.clone() }, single }
    }

    /// What a loaded tokenizer's own last step does. One that does not put the classification token first (GPT-2's step only moves
    /// offsets) says nothing about it: then RoBERTa's way with the names of its vocabulary, and BERT's otherwise.
    pub(super) fn of(step: Option<&PostProcessorWrapper>, special: &SpecialTokens, like_roberta: bool) -> Frame {
        let frame = step.and_then(|step| {
            let [single, pair] = [1, 2].map(|texts| Places::of(step, texts));
            Some(Frame { single: single?, pair: pair? })
        });
        let begins = |places: &Places| places.before.iter().map(|(id, _)| *id).eq([special.cls]);
        match frame.filter(|frame| begins(&frame.single) && begins(&frame.pair)) {
            Some(frame) => frame,
            None if like_roberta => Frame::roberta(special),
            None => Frame::bert(special),
        }
    }

    /// Checks that what is put around texts are tokens of a vocabulary of `vocab_size`, in the segments 0 and 1.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn check(&self, vocab_size: usize) -> Result<(), String> {
        for Places { before, between, behind, segments } in [&self.single, &self.pair] {
            let tokens = [before, between, behind].into_iter().flatten();
            if let Some((id, _)) = tokens.clone().find(|(id, _)| *id >= vocab_size as i64) {
                return Err(format!(
                    "its post_processor puts token {id} around a text, and the last one is {}",
                    vocab_size - 1
                ));
            }
            if let Some(segment) = tokens.map(|(_, segment)| segment).chain(segments).find(|&&segment| segment > 1) {
                return Err(format!(
                    "its post_processor has segment {segment}, and a pair of texts has the segments 0 and 1"
                ));
            }
        }
        Ok(())
    }

    /// The same with everything in segment 0.
    pub(super) fn in_one_segment(mut self) -> Frame {
        for places in [&mut self.single, &mut self.pair] {
            for list in [&mut places.before, &mut places.between, &mut places.behind] {
                list.iter_mut().for_each(|(_, segment)| *segment = 0);
            }
            places.segments = [0, 0];
        }
        self
    }

    fn places(&self, pair: bool) -> &Places {
        if pair { &self.pair } else { &self.single }
    }

    /// How many special tokens a text or a pair needs.
    pub(super) fn special_tokens(&self, pair: bool) -> usize {
        let Places { before, between, behind, .. } = self.places(pair);
        before.len() + between.len() + behind.len()
    }

    /// The place of the first text's first token.
    pub(super) fn first_start(&self, pair: bool) -> usize {
        self.places(pair).before.len()
    }

    /// The place of the second text's first token behind a first text of `first_len` tokens.
    pub(super) fn second_start(&self, first_len: usize) -> usize {
        self.pair.before.len() + first_len + self.pair.between.len()
    }

    /// The whole sequence.
    pub(super) fn around(&self, a: &[i64], b: Option<&[i64]>) -> PairSequence {
        let Places { before, between, behind, segments } = self.places(b.is_some());
        let text = |ids: &[i64], segment: i64| ids.iter().map(move |&id| (id, segment)).collect::<Vec<_>>();
        let (a, b) = (text(a, segments[0]), text(b.unwrap_or_default(), segments[1]));
        let (input_ids, token_type_ids) = [before, &a, between, &b, behind].into_iter().flatten().copied().unzip();
        PairSequence { input_ids, token_type_ids }
    }
}

impl Places {
    /// What the step puts around one text or two, told from stand-ins; `None` if it does not keep each of them once, in order.
    fn of(step: &PostProcessorWrapper, texts: usize) -> Option<Places> {
        let stand_in = |n: usize| {
            let (id, segment) = (vec![TEXTS[n]], vec![n as u32]);
            Encoding::new(
                id,
                segment,
                vec![String::new()],
                vec![None],
                vec![(0, 0)],
                vec![0],
                vec![1],
                vec![],
                Default::default(),
            )
        };
        let framed = step.process(stand_in(0), (texts == 2).then(|| stand_in(1)), true).ok()?;
        let all: Vec<Framing> = framed
            .get_ids()
            .iter()
            .zip(framed.get_type_ids())
            .map(|(&id, &segment)| (id.into(), segment.into()))
            .collect();
        let is_text = |n: usize| move |&&(id, _): &&Framing| id == i64::from(TEXTS[n]);
        for n in 0..texts {
            if all.iter().filter(is_text(n)).count() != 1 {
                return None;
            }
        }
        let place = |n: usize| all.iter().position(|token| is_text(n)(&token));
        let first = place(0)?;
        let last = if texts == 2 { place(1)? } else { first };
        if last < first {
            return None;
        }
        Some(Places {
            before: all[..first].to_vec(),
            between: all[first..last].iter().skip(1).copied().collect(),
            behind: all[last + 1..].to_vec(),
            segments: [all[first].1, all[last].1],
        })
    }
}
