//! The head of a safetensors file: which tensors it has, of which type and shape, and where. Reads no numbers.
//!
//! Format: eight bytes with the length of the head, little-endian; the head, a JSON object with `dtype`, `shape` and
//! `data_offsets` for each tensor; the numbers, the offsets counting from where they begin. Whatever the head claims is
//! held against the length of the file before it is believed.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Most bytes of a head that is read; one with three tensors has some hundred.
pub const MOST_HEAD: u64 = 1 << 20;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub enum Type {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I8,
    /// Any other.
    #[serde(other)]
    Other,
}

impl Type {
    /// Bytes of one number; `None` for those that are not read here.
    pub fn size(self) -> Option<u64> {
        Some(match self {
            Type::F64 | Type::I64 => 8,
            Type::F32 | Type::I32 => 4,
            Type::F16 | Type::BF16 => 2,
            Type::I8 => 1,
            Type::Other => return None,
        })
    }

    /// The numbers in these bytes, added to `numbers`.
    pub fn read(self, bytes: &[u8], mut take: impl FnMut(f64)) {
        match self {
            Type::F64 => bytes.as_chunks().0.iter().for_each(|b| take(f64::from_le_bytes(*b))),
            Type::F32 => bytes.as_chunks().0.iter().for_each(|b| take(f64::from(f32::from_le_bytes(*b)))),
            Type::F16 => bytes.as_chunks().0.iter().for_each(|b| take(f64::from(half(u16::from_le_bytes(*b))))),
            Type::BF16 => bytes.as_chunks().0.iter().for_each(|b| {
                take(f64::from(f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16)));
            }),
            Type::I64 => bytes.as_chunks().0.iter().for_each(|b| take(i64::from_le_bytes(*b) as f64)),
            Type::I32 => bytes.as_chunks().0.iter().for_each(|b| take(f64::from(i32::from_le_bytes(*b)))),
            Type::I8 => bytes.iter().for_each(|b| take(f64::from(b.cast_signed()))),
            Type::Other => {}
        }
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// Where a tensor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// How its numbers are written.
    pub kind: Type,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Where it begins, from the beginning of the file.
    pub start: u64,
}

#[derive(Deserialize)]
struct Entry {
    dtype: Type,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// The tensors of a file by name, from its head (without the eight bytes before it) and its length.
///
/// # Errors
/// What is wrong, as the rest of a sentence that names the file.
pub fn tensors(head: &[u8], file_length: u64) -> Result<BTreeMap<String, Tensor>, String> {
    let mut entries: BTreeMap<String, serde_json::Value> = serde_json::from_slice(head)
        .map_err(|error| format!("its head is not that of a safetensors file ({error})"))?;
    entries.remove("__metadata__");
    let base = 8 + head.len() as u64;
    let mut found = BTreeMap::new();
    for (name, entry) in entries {
        let entry: Entry = serde_json::from_value(entry).map_err(|error| format!("its tensor `{name}`: {error}"))?;
        let (from, to) = entry.data_offsets;
        let numbers = entry.shape.iter().try_fold(1u64, |all, n| all.checked_mul(*n));
        let size = entry.dtype.size().and_then(|size| numbers?.checked_mul(size));
        if entry.dtype != Type::Other && size.is_none_or(|size| from.checked_add(size) != Some(to)) {
            return Err(format!("its tensor `{name}` has another length than its shape"));
        }
        if from > to || base.checked_add(to).is_none_or(|end| end > file_length) {
            return Err(format!("it ends before its tensor `{name}` does; was it copied whole?"));
        }
        found.insert(name, Tensor { kind: entry.dtype, shape: entry.shape, start: base + from });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type_are_read() {
        let read = |kind: Type, bytes: &[u8]| {
            let mut numbers = Vec::new();
            kind.read(bytes, |x| numbers.push(x));
            numbers
        };
        assert_eq!(read(Type::F32, &[1.5f32.to_le_bytes(), (-2f32).to_le_bytes()].concat()), [1.5, -2.0]);
        assert_eq!(read(Type::F64, &0.25f64.to_le_bytes()), [0.25]);
        // 1, -2, the smallest normal number, the smallest number, 65504.
        let halves: Vec<u8> =
            [0x3c00u16, 0xc000, 0x0400, 0x0001, 0x7bff].iter().flat_map(|h| h.to_le_bytes()).collect();
        assert_eq!(read(Type::F16, &halves), [1.0, -2.0, 2f64.powi(-14), 2f64.powi(-24), 65504.0]);
        assert_eq!(read(Type::BF16, &0x3fc0u16.to_le_bytes()), [1.5]);
        assert_eq!(read(Type::I8, &[3, 0xff]), [3.0, -1.0]);
        assert_eq!(read(Type::I64, &(-7i64).to_le_bytes()), [-7.0]);
        assert_eq!(read(Type::I32, &7i32.to_le_bytes()), [7.0]);
    }

    #[test]
    fn a_head_is_believed_only_as_far_as_the_file_reaches() {
        let head = br#"{"__metadata__":{"a":"b"},"embeddings":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#;
        let length = 8 + head.len() as u64 + 24;
        let found = tensors(head, length).unwrap();
        assert_eq!(found["embeddings"], Tensor { kind: Type::F32, shape: vec![2, 3], start: length - 24 });
        assert!(tensors(head, length - 1).unwrap_err().contains("ends before its tensor `embeddings`"));
        for (wrong, why) in [
            ("nonsense", "not that of a safetensors file"),
            (r#"{"e":{"dtype":"F32","shape":[2,4],"data_offsets":[0,24]}}"#, "another length than its shape"),
            (r#"{"e":{"dtype":"F32","shape":[18446744073709551615,9],"data_offsets":[0,24]}}"#, "another length"),
            (r#"{"e":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551615,3]}}"#, "another length"),
            (
                r#"{"e":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551615,3]}}"#,
                "ends before its tensor `e`",
            ),
            (r#"{"e":{"dtype":"F32"}}"#, "its tensor `e`"),
        ] {
            let said = tensors(wrong.as_bytes(), 1000).unwrap_err();
            assert!(said.contains(why), "{wrong}: {said}");
        }
    }
}
