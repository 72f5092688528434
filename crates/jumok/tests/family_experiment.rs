//! The family on one budget: four models, one table, and an experiment that was stopped goes on.

mod common;

use common::{Place, json};

#[test]
fn four_models_are_trained_and_compared_on_the_same_questions() {
    let place = Place::new();
    let run = ["bert", "experiment", "family", "--steps", "3", "--training-examples", "40", "--out", "all"];
    let printed = place.succeed(&run);
    for name in ["BERT", "RoBERTa", "ALBERT", "DistilBERT"] {
        assert!(
            printed.lines().any(|line| line.starts_with(name) && line.contains("masked words")),
            "{name}: {printed}"
        );
    }
    let result = json(&place.path("all/family.json"));
    let models = result.as_array().unwrap();
    let field = |name: &str| -> Vec<&serde_json::Value> { models.iter().map(|model| &model[name]).collect() };
    assert_eq!(field("model_type"), ["bert", "roberta", "albert", "distilbert"]);
    let parameters: Vec<u64> = field("parameters").into_iter().map(|count| count.as_u64().unwrap()).collect();
    assert!(parameters[2] < parameters[3] && parameters[3] < parameters[1] && parameters[1] < parameters[0]);
    assert!(models[0]["second_exercise_accuracy"].is_f64() && models[1]["second_exercise_accuracy"].is_null());
    let student = std::fs::read_to_string(place.path("all/distilbert/config.toml")).unwrap();
    assert!(student.contains("teacher = "), "{student}");

    // Nothing is done twice, and what is missing is made up for: the same numbers.
    std::fs::remove_dir_all(place.path("all/albert-nli")).unwrap();
    place.succeed(&run);
    let figures = |result: &serde_json::Value| -> Vec<serde_json::Value> {
        result.as_array().unwrap().iter().map(|model| model["task_figure"].clone()).collect()
    };
    assert_eq!(figures(&json(&place.path("all/family.json"))), figures(&result));
}

#[test]
fn a_student_that_was_stopped_goes_on_and_a_model_is_taken_to_another_text() {
    let place = Place::new();
    place.succeed(&place.pretrain(&["--num-hidden-layers", "2", "--steps", "4", "--out", "teacher"]));
    let text = std::fs::read_to_string(place.path("text.txt")).unwrap();
    let digest = |run: &str| place.summary(run)["weights_sha256"].clone();
    let student = ["bert", "pretrain", "--teacher", "teacher", "--text", "text.txt", "--steps", "6"];
    place.succeed(&[&student[..], &["--out", "whole"]].concat());
    let printed = place.succeed(&[&student[..], &["--out", "parts", "--stop-after", "3"]].concat());
    assert!(printed.contains("DistilBERT student: 1 layers") && printed.contains("Teacher"), "{printed}");
    place.succeed(&["bert", "pretrain", "--resume", "parts"]);
    assert_eq!(digest("whole"), digest("parts"));

    // One sentence after the other, without the ends of documents.
    std::fs::write(place.path("flat.txt"), text.replace("\n\n", "\n")).unwrap();
    let go_on = ["bert", "pretrain", "--from", "teacher", "--text", "flat.txt", "--second-exercise", "none"];
    let printed = place.succeed(&[&go_on[..], &["--steps", "2", "--out", "adapted"]].concat());
    assert!(printed.contains("From     ") && printed.contains("held-out texts"), "{printed}");
    assert_ne!(digest("adapted"), digest("teacher"));
    let refused = place.refused(&["bert", "pretrain", "--teacher", "whole", "--text", "text.txt", "--out", "no"]);
    assert!(refused.contains("it holds a distilbert"), "{refused}");
    assert!(!place.path("no").exists());
}
