//! A ggml file of a Whisper model taken apart: where its parts stand, and what they are. [`super::ggml`] writes the layout and says what it is; this is its only
//! reader.

use std::ops::Range;

/// What such a file begins with.
pub const MAGIC: u32 = 0x6767_6d6c;
/// The type of a tensor of 16-bit floats, and of one of 32-bit floats.
pub const HALF: i32 = 1;
const FULL: i32 = 0;
const MOST_SIZES: i32 = 4;

/// Why a file cannot be taken apart.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error("the model ends within its {0}")]
    CutOff(&'static str),
    #[error("{name} of the model is of type {kind}, neither 32-bit nor 16-bit floats")]
    Numbers { name: String, kind: i32 },
}

/// All that stands before the tensors.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// The magic number and eleven dimensions.
    pub numbers: [i32; 12],
    /// Words that have a name here.
    pub words: usize,
    /// Where their number is told, and where the last of them ends.
    pub count: Range<usize>,
    pub words_end: usize,
}

/// A tensor of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Tensor {
    pub name: String,
    /// [`HALF`], or 0 for 32-bit floats.
    pub kind: i32,
    /// The innermost comes first.
    pub sizes: Vec<usize>,
    /// Where the sizes are told, four bytes each.
    pub sizes_at: Range<usize>,
    pub data: Range<usize>,
}

/// Goes through a file once: the head, then tensor by tensor.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// What comes first.
    ///
    /// # Errors
    /// The file ends before.
    pub fn head(&mut self) -> Result<Head, LayoutError> {
        let numbers = self.numbers("header")?;
        let [bands, bins] = self.numbers("filterbank")?;
        self.skip(product(&[bands, bins, 4]), "filterbank")?;
        let counted_at = self.at;
        let [words] = self.numbers("vocabulary")?;
        for _ in 0..words {
            let [length] = self.numbers("vocabulary")?;
            self.skip(size(length), "vocabulary")?;
        }
        Ok(Head { numbers, words: size(words).unwrap_or_default(), count: counted_at..counted_at + 4, words_end: self.at })
    }

    /// The next tensor after the head; `None` at the end of the file.
    ///
    /// # Errors
    /// The file ends within it, or it holds no floats.
    pub fn tensor(&mut self) -> Result<Option<Tensor>, LayoutError> {
        const WHAT: &str = "tensors";
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let [rank, length, kind] = self.numbers(WHAT)?;
        let begin = self.at;
        let mut sizes = Vec::new();
        for _ in 0..rank.clamp(0, MOST_SIZES) {
            let [told] = self.numbers(WHAT)?;
            sizes.push(size(told).ok_or(LayoutError::CutOff(WHAT))?);
        }
        let sizes_at = begin..self.at;
        let name = self.skip(size(length), WHAT)?;
        let name = String::from_utf8_lossy(self.bytes.get(name).unwrap_or_default()).into_owned();
        let element: usize = match kind {
            FULL => 4,
            HALF => 2,
            _ => return Err(LayoutError::Numbers { name, kind }),
        };
        let data = self.skip(sizes.iter().try_fold(element, |bytes, size| bytes.checked_mul(*size)), WHAT)?;
        Ok(Some(Tensor { name, kind, sizes, sizes_at, data }))
    }

    fn numbers<const COUNT: usize>(&mut self, what: &'static str) -> Result<[i32; COUNT], LayoutError> {
        let taken = self.skip(Some(4 * COUNT), what)?;
        let (numbers, _) = self.bytes.get(taken).unwrap_or_default().as_chunks::<4>();
        let numbers: Vec<i32> = numbers.iter().map(|number| i32::from_le_bytes(*number)).collect();
        numbers.try_into().map_err(|_| LayoutError::CutOff(what))
    }

    fn skip(&mut self, bytes: Option<usize>, what: &'static str) -> Result<Range<usize>, LayoutError> {
        let end =
            bytes.and_then(|bytes| self.at.checked_add(bytes)).filter(|end| *end <= self.bytes.len()).ok_or(LayoutError::CutOff(what))?;
        Ok(std::mem::replace(&mut self.at, end)..end)
    }
}

fn size(number: i32) -> Option<usize> {
    usize::try_from(number).ok()
}

fn product(factors: &[i32]) -> Option<usize> {
    factors.iter().try_fold(1_usize, |product, factor| product.checked_mul(size(*factor)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn push(bytes: &mut Vec<u8>, numbers: &[i32]) {
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    /// A header, a filterbank of two numbers, the words `a` and `bc`, and a tensor.
    fn file(kind: i32, data: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        push(&mut bytes, &[5; 12]);
        push(&mut bytes, &[1, 2, 0, 0, 2, 1]);
        bytes.push(b'a');
        push(&mut bytes, &[2]);
        bytes.extend(b"bc");
        push(&mut bytes, &[2, 1, kind, 3, 2]);
        bytes.push(b'x');
        bytes.extend(vec![9; data]);
        bytes
    }

    #[test]
    fn every_part_is_found() {
        let bytes = file(HALF, 12);
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.head().unwrap(), Head { numbers: [5; 12], words: 2, count: 64..68, words_end: 79 });
        let tensor = Tensor { name: "x".into(), kind: HALF, sizes: vec![3, 2], sizes_at: 91..99, data: 100..112 };
        assert_eq!(reader.tensor().unwrap(), Some(tensor));
        assert_eq!(reader.tensor().unwrap(), None);
    }

    #[test]
    fn what_is_cut_off_and_what_holds_no_floats_is_said() {
        let tensor = |bytes: &[u8]| {
            let mut reader = Reader::new(bytes);
            reader.head()?;
            reader.tensor()
        };
        assert_eq!(tensor(&file(0, 12)), Err(LayoutError::CutOff("tensors")), "32-bit floats take twice the room");
        assert_eq!(tensor(&file(2, 12)), Err(LayoutError::Numbers { name: "x".into(), kind: 2 }));
        let whole = file(HALF, 12);
        for (end, what) in
            [(47, "header"), (55, "filterbank"), (63, "filterbank"), (70, "vocabulary"), (78, "vocabulary"), (111, "tensors")]
        {
            assert_eq!(tensor(&whole[..end]), Err(LayoutError::CutOff(what)), "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(numbers in proptest::collection::vec(prop_oneof![any::<i32>(), -1..6], 0..60)) {
            let mut bytes = Vec::new();
            push(&mut bytes, &numbers);
            let mut reader = Reader::new(&bytes);
            if reader.head().is_ok() {
                while let Ok(Some(_)) = reader.tensor() {}
            }
        }
    }
}
