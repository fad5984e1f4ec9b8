//! The conversion on a Whisper of toy size, made here: every field of the result is read back.

use super::*;

const STATE: usize = 64;
const MELS: usize = 3;

/// A CTranslate2 file under construction.
struct Toy {
    tensors: Vec<(String, Vec<usize>, Vec<u8>)>,
}

impl Toy {
    fn whisper() -> Toy {
        let mut toy = Toy { tensors: Vec::new() };
        toy.add("decoder/embeddings/weight", &[4, STATE]);
        toy.add("encoder/position_encodings/encodings", &[5, STATE]);
        toy.add("decoder/position_encodings/encodings", &[6, STATE]);
        toy.add("encoder/conv1/weight", &[STATE, MELS, 3]);
        toy.add("encoder/conv1/bias", &[STATE]);
        toy.add("encoder/conv2/weight", &[STATE, STATE, 3]);
        toy.add("encoder/conv2/bias", &[STATE]);
        for side in ["encoder", "decoder"] {
            toy.attention(&format!("{side}/layer_0/self_attention"), &[3, 1]);
            toy.linear(&format!("{side}/layer_0/ffn/linear_0"), STATE);
            toy.linear(&format!("{side}/layer_0/ffn/linear_1"), STATE);
            toy.norm(&format!("{side}/layer_0/ffn/layer_norm"));
            toy.norm(&format!("{side}/layer_norm"));
        }
        toy.attention("decoder/layer_0/attention", &[1, 2, 1]);
        toy
    }

    fn attention(&mut self, name: &str, fused: &[usize]) {
        for (index, parts) in fused.iter().enumerate() {
            self.linear(&format!("{name}/linear_{index}"), parts * STATE);
        }
        self.norm(&format!("{name}/layer_norm"));
    }

    fn linear(&mut self, name: &str, rows: usize) {
        self.add(&format!("{name}/weight"), &[rows, STATE]);
        self.add(&format!("{name}/bias"), &[rows]);
    }

    fn norm(&mut self, name: &str) {
        self.add(&format!("{name}/gamma"), &[STATE]);
        self.add(&format!("{name}/beta"), &[STATE]);
    }

    /// Half-precision values that differ from tensor to tensor; biases of keys, and only they, are zero.
    fn add(&mut self, name: &str, shape: &[usize]) {
        let count: usize = shape.iter().product();
        let first = 0x3c00 + self.tensors.len() as u16;
        let key = match (name.contains("attention/linear"), count / STATE) {
            (true, 3) if name.ends_with("bias") => STATE..2 * STATE,
            (true, 2) if name.ends_with("bias") => 0..STATE,
            _ => 0..0,
        };
        let value = |index: usize| if key.contains(&index) { 0 } else { first };
        let bytes = (0..count).flat_map(|index| value(index).to_le_bytes()).collect();
        self.tensors.push((name.to_owned(), shape.to_vec(), bytes));
    }

    fn set(&mut self, name: &str, byte: usize, value: u8) {
        self.tensors.iter_mut().find(|tensor| tensor.0 == name).unwrap().2[byte] = value;
    }

    fn bytes(&self) -> Vec<u8> {
        let string = |text: &str| [&(text.len() as u16 + 1).to_le_bytes()[..], text.as_bytes(), &[0]].concat();
        let mut bytes = [&6u32.to_le_bytes()[..], &string("WhisperSpec"), &3u32.to_le_bytes()].concat();
        bytes.extend((self.tensors.len() as u32).to_le_bytes());
        for (name, shape, data) in &self.tensors {
            bytes.extend(string(name));
            bytes.push(shape.len() as u8);
            shape.iter().for_each(|&dimension| bytes.extend((dimension as u32).to_le_bytes()));
            bytes.push(4);
            bytes.extend((data.len() as u32).to_le_bytes());
            bytes.extend(data);
        }
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(string("decoder/projection/weight"));
        bytes.extend(string("decoder/embeddings/weight"));
        bytes
    }
}

/// `é` is how GPT-2 writes the byte E9, `Ġ` the space.
const VOCABULARY: &str = "a\né\nĠ\n<|endoftext|>\n";

fn converted(toy: &Toy) -> Result<Vec<u8>, ConvertError> {
    let mut out = Vec::new();
    convert(&toy.bytes(), VOCABULARY, &mut out).map(|()| out)
}

/// Reads a ggml file front to back.
struct Back<'a>(&'a [u8]);

impl<'a> Back<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn i32(&mut self) -> usize {
        i32::from_le_bytes(self.take(4).try_into().unwrap()) as usize
    }
}

#[test]
fn every_part_is_where_whisper_cpp_looks_for_it() {
    let file = converted(&Toy::whisper()).unwrap();
    let mut back = Back(&file);
    assert_eq!(back.i32(), 0x6767_6d6c);
    let header: Vec<usize> = (0..11).map(|_| back.i32()).collect();
    assert_eq!(header, [4, 5, STATE, 1, 1, 6, STATE, 1, 1, MELS, 1]);
    assert_eq!((back.i32(), back.i32()), (MELS, mel::BINS));
    back.take(MELS * mel::BINS * 4);
    let words: Vec<&[u8]> = (0..back.i32())
        .map(|_| {
            let length = back.i32();
            back.take(length)
        })
        .collect();
    assert_eq!(words, [b"a".as_slice(), b"\xe9", b" "]);
    let mut names = Vec::new();
    while !back.0.is_empty() {
        let (rank, name, kind) = (back.i32(), back.i32(), back.i32());
        let shape: Vec<usize> = (0..rank).map(|_| back.i32()).collect();
        let name = str::from_utf8(back.take(name)).unwrap().to_owned();
        let data = back.take(shape.iter().product::<usize>() * if kind == 1 { 2 } else { 4 });
        match name.as_str() {
            "encoder.conv1.weight" => assert_eq!((kind, shape.as_slice()), (1, [3, MELS, STATE].as_slice())),
            "encoder.conv1.bias" => assert_eq!((kind, shape.as_slice()), (0, [1, STATE].as_slice())),
            "encoder.positional_embedding" => assert_eq!((kind, shape.as_slice()), (0, [STATE, 5].as_slice())),
            "decoder.token_embedding.weight" => assert_eq!((kind, data.get(..2)), (1, Some([0x00, 0x3c].as_slice()))),
            "decoder.blocks.0.cross_attn.value.bias" => assert!(data.chunks(4).all(|value| value != [0; 4])),
            _ => {}
        }
        names.push(name);
    }
    assert_eq!(names.iter().filter(|name| name.ends_with("key.bias")).count(), 0);
    assert_eq!(names.iter().filter(|name| name.ends_with("key.weight")).count(), 3);
    assert_eq!(names.first().map(String::as_str), Some("encoder.positional_embedding"));
    assert_eq!(names.last().map(String::as_str), Some("decoder.ln.bias"));
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let whole = Toy::whisper().bytes();
    for length in [0, 3, 5, 17, 30, 100, whole.len() / 2, whole.len() - 1] {
        let result = convert(&whole[..length], VOCABULARY, &mut Vec::new());
        assert!(matches!(result, Err(ConvertError::Model(Ct2Error::Truncated(at))) if at == length), "{length}: {result:?}");
    }
}

#[track_caller]
fn check(bytes: &[u8], vocabulary: &str, expected: &str) {
    let error = convert(bytes, vocabulary, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_is_not_such_a_model_is_said() {
    let whole = Toy::whisper().bytes();
    let mut other_version = whole.clone();
    other_version[0] = 5;
    check(&other_version, VOCABULARY, "version 5");
    check(&[whole.as_slice(), &[0; 7]].concat(), VOCABULARY, "7 bytes follow");
    check(&whole, "a\nb\n<|endoftext|>\n", "has 3 entries, the model 4");
    check(&whole, "a\nb\nc\nd\n", "no <|endoftext|>");
    check(&whole, "a\n中\nc\n<|endoftext|>\n", "byte alphabet");

    let mut without = Toy::whisper();
    without.tensors.retain(|tensor| tensor.0 != "encoder/conv2/bias");
    check(&without.bytes(), VOCABULARY, "encoder/conv2/bias is missing");

    let mut biased = Toy::whisper();
    biased.set("encoder/layer_0/self_attention/linear_0/bias", 2 * STATE + 1, 0x3c);
    check(&biased.bytes(), VOCABULARY, "key bias");
}
