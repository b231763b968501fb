//! Static models from their files: what texts become, and what is said of files that are missing, torn or something else.

use super::static_model_file::{rows, safetensors, tokenizer, write};
use std::fs;
use std::path::Path;
use std::time::Duration;
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::embedding::{Embedded, Embedder};
use vibe_tui::provider::StaticModel;

fn open(dir: &Path) -> Result<StaticModel, Failure> {
    StaticModel::open(dir, "~/models/tiny")
}

fn points(model: &StaticModel, texts: &[&str]) -> Vec<Vec<f32>> {
    let Embedded { points, .. } = model.embed(texts, Duration::from_secs(1)).unwrap();
    points
}

#[test]
fn a_text_is_the_sum_of_its_pieces_and_unknown_words_say_nothing() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let model = open(dir.path()).unwrap();
    assert!(model.title().contains("4 dimensions"), "{}", model.title());
    let found = points(&model, &["Save the order, save!", "monthly port", "nothing known here", ""]);
    assert_eq!(found, [[3.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0; 4], [0.0; 4]]);
}

#[test]
fn a_model_that_shares_rows_and_weighs_pieces_is_read_in_every_number_type() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let pieces: Vec<String> = ["[UNK]", "save", "store", "port"].map(str::to_owned).into();
    fs::write(dir.path().join("tokenizer.json"), tokenizer(&pieces).to_string()).unwrap();
    let mapping: Vec<u8> = [0i64, 1, 1, 0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let weights: Vec<u8> = [1f32, 2.0, 0.5, 1.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let halves: Vec<u8> = [0x3c00u16, 0, 0, 0x4000].iter().flat_map(|x| x.to_le_bytes()).collect();
    for (kind, rows) in [("I8", vec![1, 0, 0, 2]), ("F16", halves)] {
        let file = safetensors(&[
            ("mapping", "I64", &[4], mapping.clone()),
            ("weights", "F32", &[4], weights.clone()),
            ("embeddings", kind, &[2, 2], rows),
        ]);
        fs::write(dir.path().join("model.safetensors"), file).unwrap();
        let found = points(&open(dir.path()).unwrap(), &["save", "store", "port"]);
        assert_eq!(found, [[0.0, 4.0], [0.0, 1.0], [1.0, 0.0]], "{kind}");
    }
}

#[test]
fn what_is_wrong_with_a_model_is_said_with_the_file_that_it_is_wrong_with() {
    let absent = open(Path::new("/nonexistent")).err().unwrap();
    assert!(absent.message.contains("~/models/tiny: there is no such directory"), "{absent}");
    let wrong = |change: &dyn Fn(&Path), file: &str, why: &str| {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path());
        change(dir.path());
        let failure = open(dir.path()).err().unwrap_or_else(|| panic!("{why}: accepted"));
        assert_eq!(failure.kind, FailureKind::Config);
        assert!(failure.message.starts_with(&format!("~/models/tiny/{file}: ")), "{failure}");
        assert!(failure.message.contains(why), "{why}: {failure}");
    };
    let model = "model.safetensors";
    let put = |name: &'static str, bytes: Vec<u8>| move |dir: &Path| fs::write(dir.join(name), &bytes).unwrap();
    let pieces = rows().len();
    wrong(&|dir| fs::remove_file(dir.join("tokenizer.json")).unwrap(), "tokenizer.json", "cannot be read");
    wrong(&|dir| fs::remove_file(dir.join(model)).unwrap(), model, "cannot be read");
    wrong(&put("tokenizer.json", b"{".to_vec()), "tokenizer.json", "no tokenizer that can be read");
    let unigram = br#"{"model":{"type":"Unigram","vocab":[["a",-1.0]]}}"#;
    wrong(&put("tokenizer.json", unigram.to_vec()), "tokenizer.json", "`Unigram`; only WordPiece can be read");
    wrong(&put(model, Vec::new()), model, "no head");
    wrong(&put(model, u64::MAX.to_le_bytes().to_vec()), model, "longer than it can be");
    wrong(&put(model, safetensors(&[])), model, "no tensor `embeddings`");
    wrong(&put(model, safetensors(&[("embeddings", "F32", &[4], vec![0; 16])])), model, "two dimensions");
    wrong(
        &put(model, safetensors(&[("embeddings", "F32", &[4, 2], vec![0; 16])])),
        model,
        "another length than its shape",
    );
    wrong(&put(model, safetensors(&[("embeddings", "U8", &[4, 4], vec![0; 16])])), model, "type or size");
    wrong(&put(model, safetensors(&[("embeddings", "F32", &[2, 2], vec![0; 16])])), model, "do not belong together");
    let short =
        [("weights", "F32", &[1usize][..], vec![0; 4]), ("embeddings", "I8", &[pieces, 1][..], vec![0; pieces])];
    wrong(&put(model, safetensors(&short)), model, "`weights` does not fit");
    let torn = |dir: &Path| {
        let whole = fs::read(dir.join(model)).unwrap();
        fs::write(dir.join(model), &whole[..whole.len() - 1]).unwrap();
    };
    wrong(&torn, model, "was it copied whole?");
}

#[test]
fn a_pipe_in_place_of_a_model_keeps_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let pipe = dir.path().join("model.safetensors");
    fs::remove_file(&pipe).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(open(dir.path()).err().unwrap().message.contains("is no file that can be read"));
}

#[test]
fn another_model_in_the_same_directory_has_another_identity() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let identity = || open(dir.path()).unwrap().embed(&["save"], Duration::from_secs(1)).unwrap().identity;
    let first = identity();
    assert_eq!(identity(), first);
    let file = fs::read(dir.path().join("model.safetensors")).unwrap();
    fs::write(dir.path().join("model.safetensors"), file).unwrap();
    assert_ne!(identity(), first, "it was written anew");
}

#[test]
fn bytes_that_were_changed_anywhere_never_make_more_of_a_model_than_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    // Knuth's linear congruential generator: the same changes every time.
    let mut state = 1u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for name in ["model.safetensors", "tokenizer.json"] {
        let whole = fs::read(dir.path().join(name)).unwrap();
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            bytes.truncate(bytes.len() - next(2) * next(bytes.len()));
            fs::write(dir.path().join(name), bytes).unwrap();
            match open(dir.path()) {
                Ok(model) => assert!(points(&model, &["save the order"])[0].len() <= 16 << 10),
                Err(failure) => {
                    refused += 1;
                    assert_eq!(failure.kind, FailureKind::Config, "{failure}");
                }
            }
        }
        fs::write(dir.path().join(name), whole).unwrap();
    }
    assert!(refused > 200, "{refused}");
}
