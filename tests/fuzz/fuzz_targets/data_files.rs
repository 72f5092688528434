//! Labelled examples, corpora and parallel texts: the first byte says which.

#![no_main]

use jumok_fuzz::{Folder, start};
use jumok_text::finetuning::conll::read_conll;
use jumok_text::finetuning::squad::read_squad;
use jumok_text::finetuning::{Columns, Examples, TableTask, read_table};
use jumok_text::{Corpus, ParallelCorpus, Vocabulary};
use libfuzzer_sys::fuzz_target;

thread_local!(static FOLDER: Folder = Folder::default());

fn seeds() -> Vec<&'static [u8]> {
    vec![
        b"\x00{\"data\": [{\"paragraphs\": [{\"context\": \"\xea\xb0\x80 a b\", \"qas\": [{\"id\": \"1\", \"question\": \"q\", \"answers\": [{\"text\": \"a\", \"answer_start\": 2}]}]}]}]}",
        b"\x00{\"data\": [{\"paragraphs\": [{\"context\": \"a\", \"qas\": [{\"id\": \"1\", \"question\": \"q\", \"is_impossible\": true}]}]}]}",
        b"\x01-DOCSTART- -X- O O\n\nU.N. NNP I-NP B-ORG\nof NN I-NP I-ORG\n\nNew York\tO\n",
        b"\x02document\tlabel\nb\t1\nc\t0\n",
        b"\x03sentence1\tsentence2\tlabel\na\tb\tx\nc\td\ty\n",
        b"\x04sentence1\tsentence2\tscore\na\tb\t4.25\nc\td\t1e3\n",
        b"\x05context\tending0\tending1\tlabel\nwe go\thome\tblue\t0\n",
        b"\x06One.\tUn.\tby somebody\r\n\nTwo.\tDeux.\n",
        b"\x07a b\n\n\xef\xbb\xbfc d\r\ne\n",
        b"\x08{\"unit\": \"words\", \"lowercase\": true, \"tokens\": [\"<pad>\", \"<bos>\", \"<eos>\", \"<unk>\", \"a\"]}",
        b"\x09One.\nTwo.\0Un.\nDeux.\n",
    ]
}

/// Labels that are no class, answers that are no text of theirs, and the like.
fn judge(examples: &Examples) {
    match examples {
        Examples::Classes { labels, examples } => assert!(examples.iter().all(|example| example.label < labels.len())),
        Examples::Scores(examples) => assert!(examples.iter().all(|example| example.label.is_finite())),
        Examples::Choices(examples) => assert!(examples.iter().all(|example| example.label < example.choices.len())),
        Examples::Tags { tags, sentences } => {
            for sentence in sentences {
                assert_eq!(sentence.words.len(), sentence.tags.len());
                assert!(sentence.tags.iter().all(|&tag| tag < tags.len()));
            }
        }
        Examples::Questions(questions) => {
            for question in questions {
                for answer in &question.answers {
                    assert!(question.context[answer.start..].starts_with(&answer.text));
                }
            }
        }
    }
}

fuzz_target!(init: start(seeds), |bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    FOLDER.with(|folder| {
        let path = folder.write("data", bytes);
        let table = |task| {
            let known = ["0".to_owned(), "1".to_owned()];
            let _ = read_table(&path, task, &Columns::default(), Some(&known)).map(|table| judge(&table.examples));
            let columns = Columns { pair: Some("label".into()), choice: Some(String::new()), ..Columns::default() };
            let _ = read_table(&path, task, &columns, None).map(|table| judge(&table.examples));
            let _ = read_table(&path, task, &Columns::default(), None).map(|table| judge(&table.examples));
        };
        match kind % 10 {
            0 => drop(read_squad(&path).map(|examples| judge(&examples))),
            1 => drop(read_conll(&path, None).map(|examples| judge(&examples))),
            2 => table(TableTask::Sentence),
            3 => table(TableTask::Pair),
            4 => table(TableTask::Regression),
            5 => table(TableTask::MultipleChoice),
            6 => drop(ParallelCorpus::read_tab_separated(&path).map(|corpus| assert!(!corpus.pairs.is_empty()))),
            7 => {
                let Ok(corpus) = Corpus::read(&[&path]) else { return };
                // What is written is read as the same.
                assert_eq!(Corpus::parse(&corpus.to_string()), corpus);
                let _ = (corpus.split_held_out(0.3, 1), corpus.split_ends(0.3));
            }
            8 => {
                let Ok(vocabulary) = Vocabulary::load(&path) else { return };
                let ids = vocabulary.encode("the a 학교\u{0}. b");
                assert!(ids.iter().all(|&id| (0..vocabulary.size() as i64).contains(&id)));
                let _ = (vocabulary.decode(&ids), vocabulary.tokens(&ids));
            }
            _ => {
                let zero = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
                let (one, other) = (folder.write("one", &bytes[..zero]), folder.write("other", bytes.get(zero + 1..).unwrap_or_default()));
                drop(ParallelCorpus::read_aligned(&one, &other).map(|corpus| assert!(!corpus.pairs.is_empty())));
            }
        }
    });
});
