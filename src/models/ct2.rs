//! Reads CTranslate2's binary model file, version 6.
//!
//! Layout, little-endian: u32 version, string specification, u32 revision, u32 count, then for each tensor: string name, u8 rank,
//! u32 for each dimension, u8 element type, u32 bytes, the bytes; then u32 count of aliases, for each: string alias, string target.
//! A string is a u16 length that counts a closing NUL, then the bytes. Nothing is copied: tensors borrow from the file's bytes.

use std::collections::HashMap;

/// What is wrong with the file.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Ct2Error {
    #[error("the file ends at byte {0}, in the middle of something: a part is missing or short")]
    Truncated(usize),
    #[error("{0} bytes follow the end: a part is doubled or of another model")]
    Trailing(usize),
    #[error("not a CTranslate2 Whisper model of version 6 (version {version}, specification {specification:?})")]
    NotWhisper { version: u32, specification: String },
    #[error("the tensor {0} is missing")]
    MissingTensor(String),
    #[error("the tensor {name} {reason}")]
    Tensor { name: String, reason: String },
    #[error("the vocabulary {0}")]
    Vocabulary(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Element {
    F32,
    F16,
}

impl Element {
    pub fn bytes(self) -> usize {
        match self {
            Element::F32 => 4,
            Element::F16 => 2,
        }
    }
}

/// A row-major tensor; its bytes are as many as its shape says.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<'a> {
    pub shape: Vec<usize>,
    pub element: Element,
    pub bytes: &'a [u8],
}

impl<'a> Tensor<'a> {
    /// Part `index` of `count` equal parts along the first dimension; `None` when it does not divide.
    pub fn part(&self, index: usize, count: usize) -> Option<Tensor<'a>> {
        let (&rows, rest) = self.shape.split_first()?;
        if rows % count != 0 || index >= count {
            return None;
        }
        let length = self.bytes.len() / count;
        let shape = std::iter::once(rows / count).chain(rest.iter().copied()).collect();
        Some(Tensor { shape, element: self.element, bytes: self.bytes.get(index * length..(index + 1) * length)? })
    }

    /// The values, widened without loss.
    pub fn values(&self) -> impl Iterator<Item = f32> + '_ {
        self.bytes.chunks_exact(self.element.bytes()).map(|bytes| match *bytes {
            [a, b] => f16_to_f32(u16::from_le_bytes([a, b])),
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
            _ => unreachable!("elements have two or four bytes"),
        })
    }
}

/// IEEE 754 binary16 to binary32.
fn f16_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10 & 0x1f);
    let fraction = u32::from(bits & 0x3ff);
    match (exponent, fraction) {
        (0, _) => f32::from_bits(sign | 0x3f80_0000) * fraction as f32 * 2f32.powi(-24),
        (0x1f, _) => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// A model's tensors by name.
#[derive(Debug)]
pub struct Ct2<'a> {
    tensors: HashMap<String, Tensor<'a>>,
}

impl<'a> Ct2<'a> {
    /// # Errors
    /// See [`Ct2Error`]. Never panics, whatever the bytes.
    pub fn read(bytes: &'a [u8]) -> Result<Ct2<'a>, Ct2Error> {
        let mut reader = Reader { bytes, at: 0 };
        let version = reader.u32()?;
        let specification = reader.string()?;
        if version != 6 || specification != "WhisperSpec" {
            return Err(Ct2Error::NotWhisper { version, specification });
        }
        let _revision = reader.u32()?;
        let mut tensors = HashMap::new();
        for _ in 0..reader.u32()? {
            let name = reader.string()?;
            let tensor = reader.tensor(&name)?;
            tensors.insert(name, tensor);
        }
        for _ in 0..reader.u32()? {
            let alias = reader.string()?;
            let target = reader.string()?;
            let tensor = tensors.get(&target).cloned().ok_or(Ct2Error::MissingTensor(target))?;
            tensors.insert(alias, tensor);
        }
        match bytes.len() - reader.at {
            0 => Ok(Ct2 { tensors }),
            rest => Err(Ct2Error::Trailing(rest)),
        }
    }

    pub fn get(&self, name: &str) -> Result<Tensor<'a>, Ct2Error> {
        self.tensors.get(name).cloned().ok_or_else(|| Ct2Error::MissingTensor(name.to_owned()))
    }

    /// How many layers `side` (`encoder`, `decoder`) has: tensors are called `<side>/layer_<n>/…`.
    pub fn layers(&self, side: &str) -> usize {
        let number = |name: &String| name.strip_prefix(side)?.strip_prefix("/layer_")?.split('/').next()?.parse::<usize>().ok();
        self.tensors.keys().filter_map(number).max().map_or(0, |last| last + 1)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Ct2Error> {
        let end = self.at.checked_add(length).ok_or(Ct2Error::Truncated(self.bytes.len()))?;
        let taken = self.bytes.get(self.at..end).ok_or(Ct2Error::Truncated(self.bytes.len()))?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Ct2Error> {
        Ok(self.take(N)?.try_into().expect("take gives as many bytes as were asked for"))
    }

    fn u8(&mut self) -> Result<u8, Ct2Error> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, Ct2Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn string(&mut self) -> Result<String, Ct2Error> {
        let length = usize::from(u16::from_le_bytes(self.array()?));
        let bytes = self.take(length)?;
        Ok(String::from_utf8_lossy(bytes.strip_suffix(&[0]).unwrap_or(bytes)).into_owned())
    }

    fn tensor(&mut self, name: &str) -> Result<Tensor<'a>, Ct2Error> {
        let wrong = |reason: String| Ct2Error::Tensor { name: name.to_owned(), reason };
        let rank = self.u8()?;
        let shape = (0..rank).map(|_| Ok(self.u32()? as usize)).collect::<Result<Vec<usize>, Ct2Error>>()?;
        let element = match self.u8()? {
            0 => Element::F32,
            4 => Element::F16,
            // Only the alignment heads and such are integers; they are not converted, but their bytes must be passed over.
            1 => return self.opaque(1),
            2 => return self.opaque(2),
            3 => return self.opaque(4),
            other => return Err(wrong(format!("has the unknown element type {other}"))),
        };
        let length = self.u32()? as usize;
        let expected = shape.iter().try_fold(element.bytes(), |product, &dimension| product.checked_mul(dimension));
        if expected != Some(length) {
            return Err(wrong(format!("has {length} bytes, which is not what its shape {shape:?} needs")));
        }
        Ok(Tensor { shape, element, bytes: self.take(length)? })
    }

    /// An integer tensor, kept without content: whoever asks for it finds a shape that fits nothing.
    fn opaque(&mut self, _element_bytes: usize) -> Result<Tensor<'a>, Ct2Error> {
        let length = self.u32()? as usize;
        self.take(length)?;
        Ok(Tensor { shape: Vec::new(), element: Element::F32, bytes: &[] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(bits: u16, expected: f32) {
        assert_eq!(f16_to_f32(bits).to_bits(), expected.to_bits(), "{bits:#06x}");
    }

    #[test]
    fn half_precision() {
        check(0x0000, 0.0);
        check(0x8000, -0.0);
        check(0x3c00, 1.0);
        check(0xc000, -2.0);
        check(0x7bff, 65504.0);
        check(0x0400, 6.103_515_6e-5);
        check(0x0001, 5.960_464_5e-8);
        check(0x83ff, -6.097_555e-5);
        check(0x7c00, f32::INFINITY);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), whisper in any::<bool>()) {
            if whisper {
                let mut head = vec![6, 0, 0, 0, 12, 0];
                head.extend_from_slice(b"WhisperSpec\0\x03\0\0\0\x02\0\0\0");
                head.append(&mut bytes);
                bytes = head;
            }
            let _ = Ct2::read(&bytes);
        }
    }
}
