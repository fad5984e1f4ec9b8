//! Whisper weights: CTranslate2's file to the ggml file that whisper.cpp loads.
//!
//! Layout out, little-endian: u32 magic, eleven i32 of dimensions, the mel filterbank (i32 rows, i32 columns, f32 each), the
//! vocabulary (i32 count, each i32 length and bytes; whisper.cpp adds the special tokens itself), then tensors until the end: i32
//! rank, i32 name length, i32 type (0 f32, 1 f16), i32 dimensions from the innermost, name, data. Names and order are OpenAI's.
//! CTranslate2 fuses query, key and value into one matrix; they are split again. Weights are copied bit for bit.

use super::ct2::{Ct2, Ct2Error, Element, Tensor};
use super::layout::MAGIC;
use super::mel;
use std::collections::HashMap;
use std::io::{self, Write};

/// Why there is no ggml file.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error(transparent)]
    Model(#[from] Ct2Error),
    #[error(transparent)]
    Write(#[from] io::Error),
}

const FTYPE_F16: usize = 1;
/// Size of one attention head in every Whisper model.
const HEAD: usize = 64;

/// Writes `model` (CTranslate2's model.bin) with `vocabulary` (its vocabulary.txt) as a ggml file.
pub fn convert(model: &[u8], vocabulary: &str, out: &mut impl Write) -> Result<(), ConvertError> {
    let model = Ct2::read(model)?;
    let words = Vocabulary::read(vocabulary)?;
    let dimensions = Dimensions::of(&model)?;
    if dimensions.vocabulary != words.with_specials {
        let reason = format!("has {} entries, the model {}", words.with_specials, dimensions.vocabulary);
        return Err(Ct2Error::Vocabulary(reason).into());
    }
    let tensors = tensors(&model)?;

    out.write_all(&MAGIC.to_le_bytes())?;
    for value in dimensions.header() {
        write_i32(out, value)?;
    }
    write_i32(out, dimensions.mels)?;
    write_i32(out, mel::BINS)?;
    for weight in mel::filterbank(dimensions.mels) {
        out.write_all(&weight.to_le_bytes())?;
    }
    write_i32(out, words.words.len())?;
    for word in &words.words {
        write_i32(out, word.len())?;
        out.write_all(word)?;
    }
    for (name, tensor) in &tensors {
        write_tensor(out, name, tensor)?;
    }
    Ok(())
}

fn write_i32(out: &mut impl Write, value: usize) -> io::Result<()> {
    let value = i32::try_from(value).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a dimension beyond 31 bits"))?;
    out.write_all(&value.to_le_bytes())
}

fn write_tensor(out: &mut impl Write, name: &str, tensor: &Tensor<'_>) -> Result<(), ConvertError> {
    // whisper.cpp adds the convolutions' biases to matrices of frames, and wants them as columns.
    let is_column = matches!(name, "encoder.conv1.bias" | "encoder.conv2.bias");
    let is_full = tensor.shape.len() < 2 || name.ends_with("positional_embedding");
    let rank = tensor.shape.len() + usize::from(is_column);
    write_i32(out, rank)?;
    write_i32(out, name.len())?;
    write_i32(out, usize::from(!is_full))?;
    if is_column {
        write_i32(out, 1)?;
    }
    for &dimension in tensor.shape.iter().rev() {
        write_i32(out, dimension)?;
    }
    out.write_all(name.as_bytes())?;
    if is_full {
        for value in tensor.values() {
            out.write_all(&value.to_le_bytes())?;
        }
        return Ok(());
    }
    if tensor.element != Element::F16 {
        return Err(Ct2Error::Tensor { name: name.to_owned(), reason: "is not of 16-bit floats".into() }.into());
    }
    Ok(out.write_all(tensor.bytes)?)
}

struct Dimensions {
    vocabulary: usize,
    audio_context: usize,
    audio_state: usize,
    audio_layers: usize,
    text_context: usize,
    text_state: usize,
    text_layers: usize,
    mels: usize,
}

impl Dimensions {
    fn of(model: &Ct2<'_>) -> Result<Dimensions, Ct2Error> {
        let [vocabulary, text_state] = shape(model, "decoder/embeddings/weight")?;
        let [audio_context, audio_state] = shape(model, "encoder/position_encodings/encodings")?;
        let [_, mels, _] = shape(model, "encoder/conv1/weight")?;
        let [text_context, _] = shape(model, "decoder/position_encodings/encodings")?;
        let (audio_layers, text_layers) = (model.layers("encoder"), model.layers("decoder"));
        Ok(Dimensions { vocabulary, audio_context, audio_state, audio_layers, text_context, text_state, text_layers, mels })
    }

    fn header(&self) -> [usize; 11] {
        [
            self.vocabulary,
            self.audio_context,
            self.audio_state,
            self.audio_state / HEAD,
            self.audio_layers,
            self.text_context,
            self.text_state,
            self.text_state / HEAD,
            self.text_layers,
            self.mels,
            FTYPE_F16,
        ]
    }
}

fn shape<const N: usize>(model: &Ct2<'_>, name: &str) -> Result<[usize; N], Ct2Error> {
    let shape = model.get(name)?.shape;
    let found = format!("has the shape {shape:?}");
    shape.try_into().map_err(|_| Ct2Error::Tensor { name: name.to_owned(), reason: found })
}

/// The tensors with OpenAI's names, in the order of OpenAI's state dictionary.
fn tensors<'a>(model: &Ct2<'a>) -> Result<Vec<(String, Tensor<'a>)>, Ct2Error> {
    let mut plan = Plan { model, tensors: Vec::new() };
    plan.one("encoder.positional_embedding", "encoder/position_encodings/encodings")?;
    plan.linear("encoder.conv1", "encoder/conv1")?;
    plan.linear("encoder.conv2", "encoder/conv2")?;
    for layer in 0..model.layers("encoder") {
        let (to, from) = (format!("encoder.blocks.{layer}"), format!("encoder/layer_{layer}"));
        plan.self_attention(&format!("{to}.attn"), &format!("{from}/self_attention"))?;
        plan.norm(&format!("{to}.attn_ln"), &format!("{from}/self_attention/layer_norm"))?;
        plan.perceptron(&to, &format!("{from}/ffn"))?;
    }
    plan.norm("encoder.ln_post", "encoder/layer_norm")?;
    plan.one("decoder.positional_embedding", "decoder/position_encodings/encodings")?;
    plan.one("decoder.token_embedding.weight", "decoder/embeddings/weight")?;
    for layer in 0..model.layers("decoder") {
        let (to, from) = (format!("decoder.blocks.{layer}"), format!("decoder/layer_{layer}"));
        plan.self_attention(&format!("{to}.attn"), &format!("{from}/self_attention"))?;
        plan.norm(&format!("{to}.attn_ln"), &format!("{from}/self_attention/layer_norm"))?;
        plan.cross_attention(&format!("{to}.cross_attn"), &format!("{from}/attention"))?;
        plan.norm(&format!("{to}.cross_attn_ln"), &format!("{from}/attention/layer_norm"))?;
        plan.perceptron(&to, &format!("{from}/ffn"))?;
    }
    plan.norm("decoder.ln", "decoder/layer_norm")?;
    Ok(plan.tensors)
}

struct Plan<'m, 'a> {
    model: &'m Ct2<'a>,
    tensors: Vec<(String, Tensor<'a>)>,
}

impl<'a> Plan<'_, 'a> {
    fn one(&mut self, to: &str, from: &str) -> Result<(), Ct2Error> {
        let tensor = self.model.get(from)?;
        self.tensors.push((to.to_owned(), tensor));
        Ok(())
    }

    fn norm(&mut self, to: &str, from: &str) -> Result<(), Ct2Error> {
        self.one(&format!("{to}.weight"), &format!("{from}/gamma"))?;
        self.one(&format!("{to}.bias"), &format!("{from}/beta"))
    }

    fn linear(&mut self, to: &str, from: &str) -> Result<(), Ct2Error> {
        self.one(&format!("{to}.weight"), &format!("{from}/weight"))?;
        self.one(&format!("{to}.bias"), &format!("{from}/bias"))
    }

    fn perceptron(&mut self, to: &str, from: &str) -> Result<(), Ct2Error> {
        self.linear(&format!("{to}.mlp.0"), &format!("{from}/linear_0"))?;
        self.linear(&format!("{to}.mlp.2"), &format!("{from}/linear_1"))?;
        self.norm(&format!("{to}.mlp_ln"), &format!("{from}/layer_norm"))
    }

    /// `linear_0` holds query, key and value; `linear_1` is the way out.
    fn self_attention(&mut self, to: &str, from: &str) -> Result<(), Ct2Error> {
        let fused = format!("{from}/linear_0");
        self.projections(to, [(&fused, 0, 3), (&fused, 1, 3), (&fused, 2, 3)])?;
        self.linear(&format!("{to}.out"), &format!("{from}/linear_1"))
    }

    /// `linear_0` is the query, `linear_1` holds key and value, `linear_2` is the way out.
    fn cross_attention(&mut self, to: &str, from: &str) -> Result<(), Ct2Error> {
        let (query, fused) = (format!("{from}/linear_0"), format!("{from}/linear_1"));
        self.projections(to, [(&query, 0, 1), (&fused, 0, 2), (&fused, 1, 2)])?;
        self.linear(&format!("{to}.out"), &format!("{from}/linear_2"))
    }

    /// Query, key and value, each a part of a fused matrix: its name, which part, of how many.
    fn projections(&mut self, to: &str, [query, key, value]: [(&str, usize, usize); 3]) -> Result<(), Ct2Error> {
        let key_bias = self.part("bias", key)?;
        if key_bias.values().any(|value| value != 0.0) {
            return Err(Ct2Error::Tensor { name: key.0.to_owned(), reason: "has a key bias, which Whisper does not know".into() });
        }
        for (what, from, with_bias) in [("query", query, true), ("key", key, false), ("value", value, true)] {
            let weight = self.part("weight", from)?;
            self.tensors.push((format!("{to}.{what}.weight"), weight));
            if with_bias {
                let bias = self.part("bias", from)?;
                self.tensors.push((format!("{to}.{what}.bias"), bias));
            }
        }
        Ok(())
    }

    fn part(&self, what: &str, (name, index, count): (&str, usize, usize)) -> Result<Tensor<'a>, Ct2Error> {
        let name = format!("{name}/{what}");
        let whole = self.model.get(&name)?;
        whole.part(index, count).ok_or_else(|| Ct2Error::Tensor { name, reason: format!("does not divide into {count}") })
    }
}

struct Vocabulary {
    /// Ordinary tokens as bytes, in order.
    words: Vec<Vec<u8>>,
    with_specials: usize,
}

impl Vocabulary {
    /// One token a line, bytes written as GPT-2's printable characters; specials begin with `<|endoftext|>`.
    fn read(text: &str) -> Result<Vocabulary, Ct2Error> {
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
        let end = lines.iter().position(|&line| line == "<|endoftext|>");
        let end = end.ok_or_else(|| Ct2Error::Vocabulary("has no <|endoftext|>".into()))?;
        let table = byte_table();
        let bytes = |line: &&str| line.chars().map(|character| table.get(&character).copied()).collect::<Option<Vec<u8>>>();
        let words = lines
            .iter()
            .take(end)
            .map(|line| bytes(line).ok_or_else(|| Ct2Error::Vocabulary(format!("has {line:?}, which is not in GPT-2's byte alphabet"))));
        Ok(Vocabulary { words: words.collect::<Result<_, _>>()?, with_specials: lines.len() })
    }
}

/// GPT-2 writes bytes as printable characters: printable Latin-1 as itself, the others as U+0100 and up, in order.
fn byte_table() -> HashMap<char, u8> {
    let is_printable = |byte: u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let plain = (0..=255u8).filter(|&byte| is_printable(byte)).map(|byte| (char::from(byte), byte));
    let moved = (0x100..).filter_map(char::from_u32).zip((0..=255u8).filter(|&byte| !is_printable(byte)));
    plain.chain(moved).collect()
}

#[cfg(test)]
#[path = "ggml_tests.rs"]
mod tests;
