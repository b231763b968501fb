//! A static embedding model: a row of numbers for each piece of a vocabulary, and a text is the sum of its pieces' rows.
//!
//! The format is Model2Vec's: a directory with `model.safetensors` and `tokenizer.json`. The user has put it there; nothing is
//! downloaded. The rows stay in the file, and only those that a text needs are read: what is held is the vocabulary.

use crate::domain::failure::{Failure, FailureKind};
use crate::embedding::pieces::Pieces;
use crate::embedding::tensors::{MOST_HEAD, Tensor, Type, tensors};
use crate::embedding::{Embedded, Embedder};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

/// Most bytes of a tokenizer that are read; that of BERT has half a million.
const MOST_TOKENIZER: u64 = 64 << 20;
/// Most rows and columns that are believed.
const MOST_ROWS: u64 = 4 << 20;
const MOST_COLUMNS: u64 = 16 << 10;
/// Pieces of a text after which the rest is left out.
const MOST_PIECES: usize = 512;
/// Texts at once: reading is all it costs.
const BATCH: usize = 1024;
/// What the rows are called by Model2Vec and by Sentence Transformers.
const ROWS: [&str; 3] = ["embeddings", "embedding.weight", "0"];

/// A static model, opened.
pub struct StaticModel {
    name: String,
    identity: String,
    pieces: Pieces,
    shown: String,
    file: File,
    kind: Type,
    start: u64,
    columns: usize,
    /// By piece, which row is its own, where several share one.
    mapping: Option<Vec<u64>>,
    /// By piece, what its row counts.
    weights: Option<Vec<f64>>,
}

impl StaticModel {
    /// Opens the model in a directory, which messages call `shown`.
    ///
    /// # Errors
    /// `Config`, naming the file that is missing, broken or of a kind that cannot be read.
    pub fn open(dir: &Path, shown: &str) -> Result<StaticModel, Failure> {
        let told = |file: &str| format!("{shown}/{file}");
        let wrong = |file: &str, why: String| Failure::fatal(FailureKind::Config, format!("{}: {why}", told(file)));
        if !dir.is_dir() {
            let message = format!(
                "{shown}: there is no such directory; `search.embeddings` names it: put a static model there, or a server's \
                 address into the setting"
            );
            return Err(Failure::fatal(FailureKind::Config, message));
        }
        let tokenizer = open(dir, "tokenizer.json", MOST_TOKENIZER).map_err(|why| wrong("tokenizer.json", why))?;
        let json = read(&tokenizer).map_err(|why| wrong("tokenizer.json", why))?;
        let pieces = Pieces::read(&json).map_err(|why| wrong("tokenizer.json", why))?;
        let in_model = |why: String| wrong("model.safetensors", why);
        let file = open(dir, "model.safetensors", u64::MAX).map_err(in_model)?;
        let stat = file.metadata().map_err(|error| in_model(error.to_string()))?;
        let head = head(&file, stat.len()).map_err(in_model)?;
        let found = tensors(&head, stat.len()).map_err(in_model)?;
        let rows = ROWS.iter().find_map(|name| found.get(*name));
        let rows = rows.ok_or_else(|| in_model("it has no tensor `embeddings`; is it a static model?".to_owned()))?;
        let [count, columns] = rows.shape[..] else {
            return Err(in_model("its tensor `embeddings` is no table of two dimensions".to_owned()));
        };
        if rows.kind.size().is_none() || count > MOST_ROWS || !(1..=MOST_COLUMNS).contains(&columns) {
            return Err(in_model("its tensor `embeddings` is of a type or size that cannot be read".to_owned()));
        }
        let highest = u64::from(pieces.highest().unwrap_or(0));
        let mut model = StaticModel {
            name: dir.file_name().map_or_else(|| shown.to_owned(), |name| name.to_string_lossy().into_owned()),
            identity: String::new(),
            shown: told("model.safetensors"),
            pieces,
            file,
            kind: rows.kind,
            start: rows.start,
            columns: usize::try_from(columns).unwrap_or(usize::MAX),
            mapping: None,
            weights: None,
        };
        if let Some(mapping) = found.get("mapping") {
            let numbers = model.list(mapping, highest, "mapping").map_err(in_model)?;
            model.mapping = Some(numbers.into_iter().map(|x| if x < 0.0 { u64::MAX } else { x as u64 }).collect());
        }
        if let Some(weights) = found.get("weights") {
            model.weights = Some(model.list(weights, highest, "weights").map_err(in_model)?);
        }
        let last = model.mapping.as_ref().map_or(highest, |rows| rows.iter().max().copied().unwrap_or(0));
        if last >= count {
            return Err(in_model(format!(
                "it has {count} rows, and tokenizer.json asks for row {last}: they do not belong together"
            )));
        }
        // Another model has another vocabulary, head, length, or was written at another time.
        let written = format!("{} {} {}", stat.len(), stat.mtime(), stat.mtime_nsec());
        let hash = Sha256::new().chain_update(&json).chain_update(&head).chain_update(&written).finalize();
        let hash: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        model.identity = format!("static {columns} {hash}");
        Ok(model)
    }

    /// A tensor with a number for each piece.
    fn list(&self, tensor: &Tensor, highest: u64, name: &str) -> Result<Vec<f64>, String> {
        let [length] = tensor.shape[..] else { return Err(format!("its tensor `{name}` is no list")) };
        let size = tensor.kind.size().filter(|_| (highest + 1..=MOST_ROWS).contains(&length));
        let Some(size) = size else { return Err(format!("its tensor `{name}` does not fit its vocabulary")) };
        let mut bytes = vec![0; usize::try_from(length * size).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, tensor.start).map_err(|error| format!("cannot be read: {error}"))?;
        let mut numbers = Vec::with_capacity(bytes.len() / size as usize);
        tensor.kind.read(&bytes, |x| numbers.push(x));
        Ok(numbers)
    }

    fn point(&self, text: &str, row: &mut [u8]) -> std::io::Result<Vec<f32>> {
        let mut sum = vec![0f64; self.columns];
        for piece in self.pieces.cut(text, MOST_PIECES) {
            let at = self.mapping.as_ref().map_or(u64::from(piece), |rows| rows[piece as usize]);
            let weight = self.weights.as_ref().map_or(1.0, |weights| weights[piece as usize]);
            self.file.read_exact_at(row, self.start + at * row.len() as u64)?;
            let mut next = sum.iter_mut();
            self.kind.read(row, |x| {
                if let Some(sum) = next.next() {
                    *sum += weight * x;
                }
            });
        }
        Ok(sum.into_iter().map(|x| x as f32).collect())
    }
}

impl Embedder for StaticModel {
    fn title(&self) -> String {
        format!("{} (static model, {} dimensions, {} pieces)", self.name, self.columns, self.pieces.len())
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn embed(&self, texts: &[&str], _limit: Duration) -> Result<Embedded, Failure> {
        let size = usize::try_from(self.kind.size().unwrap_or(0)).unwrap_or(0);
        let mut row = vec![0; self.columns * size];
        let points: std::io::Result<_> = texts.iter().map(|text| self.point(text, &mut row)).collect();
        let points = points.map_err(|error| {
            Failure::fatal(FailureKind::Io, format!("{}: cannot be read any more: {error}", self.shown))
        })?;
        Ok(Embedded { identity: self.identity.clone(), points })
    }
}

/// Opens a plain file, and nothing that could keep us waiting.
fn open(dir: &Path, name: &str, most: u64) -> Result<File, String> {
    let path = dir.join(name);
    let stat = fs::metadata(&path).map_err(|error| format!("cannot be read: {error}"))?;
    if !stat.is_file() || stat.len() > most {
        return Err("is no file that can be read".to_owned());
    }
    File::open(&path).map_err(|error| format!("cannot be read: {error}"))
}

fn read(mut file: &File) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    Ok(bytes)
}

/// The head of a safetensors file of this length.
fn head(file: &File, length: u64) -> Result<Vec<u8>, String> {
    let mut size = [0; 8];
    let torn = |_| "is no safetensors file: it has no head".to_owned();
    file.read_exact_at(&mut size, 0).map_err(torn)?;
    let size = u64::from_le_bytes(size);
    if size > MOST_HEAD || size > length {
        return Err("is no safetensors file: its head claims to be longer than it can be".to_owned());
    }
    let mut head = vec![0; usize::try_from(size).unwrap_or(0)];
    file.read_exact_at(&mut head, 8).map_err(torn)?;
    Ok(head)
}
