//! Low-rank additions to the matrices of a ggml file.
//!
//! For a matrix `name.weight` of rows × columns the additions (a safetensors file) hold `name.a`, columns × rank, and `name.b`, rank × rows, in 16-bit floats.
//! What is written is the matrix with the transposed product of the two added, rounded to 16 bits again; everything else stays as it is.

use super::layout::{HALF, LayoutError, Reader};
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::BTreeSet;

/// Why nothing was added.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdaptError {
    #[error("the additions cannot be read: {0}")]
    Additions(String),
    #[error(transparent)]
    Model(#[from] LayoutError),
    #[error("{name} of the additions does not fit: {reason}")]
    Misfit { name: String, reason: String },
}

const WEIGHT: &str = ".weight";

/// Adds `additions` to `model`, a ggml file; every one of them has to find its matrix.
///
/// # Errors
/// One that says what does not fit; `model` may then hold some of them.
pub fn adapt(model: &mut [u8], additions: &[u8]) -> Result<(), AdaptError> {
    let additions = SafeTensors::deserialize(additions).map_err(|error| AdaptError::Additions(error.to_string()))?;
    let mut left: BTreeSet<&str> = additions.names().into_iter().filter_map(|name| name.strip_suffix(".a")).collect();
    let mut reader = Reader::new(model);
    reader.head()?;
    let mut matrices = Vec::new();
    while let Some(tensor) = reader.tensor()? {
        let name = tensor.name.strip_suffix(WEIGHT).unwrap_or_default();
        if left.remove(name) {
            matrices.push(tensor);
        }
    }
    if let Some(name) = left.first() {
        return Err(misfit(name, "the model has no such matrix"));
    }
    for matrix in matrices {
        let name = matrix.name.strip_suffix(WEIGHT).unwrap_or_default();
        let [Some(columns), Some(rows)] = [0, 1].map(|index| matrix.sizes.get(index).copied()) else {
            return Err(misfit(name, "the model's is no matrix"));
        };
        if matrix.kind != HALF || matrix.sizes.len() != 2 {
            return Err(misfit(name, "the model's is no matrix of 16-bit floats"));
        }
        let (a, rank) = half_matrix(&additions, name, "a", columns)?;
        let (b, width) = half_matrix(&additions, name, "b", rank)?;
        if width != rows {
            return Err(misfit(name, "the two have other sizes than the model's matrix"));
        }
        let data = model.get_mut(matrix.data).ok_or(LayoutError::CutOff("tensors"))?;
        add(data, &a, &b, [rows, columns, rank]);
    }
    Ok(())
}

/// Adds the transposed product of `a` and `b` to a matrix of 16-bit floats.
fn add(data: &mut [u8], a: &[f32], b: &[f32], [rows, columns, rank]: [usize; 3]) {
    let a_by_rank: Vec<Vec<f32>> = (0..rank).map(|index| a.iter().skip(index).step_by(rank).copied().collect()).collect();
    let mut sum = vec![0.0_f32; columns];
    for (row, stored) in data.chunks_exact_mut(2 * columns).enumerate() {
        sum.fill(0.0);
        for (index, column) in a_by_rank.iter().enumerate() {
            let factor = b.get(index * rows + row).copied().unwrap_or_default();
            sum.iter_mut().zip(column).for_each(|(sum, value)| *sum += factor * value);
        }
        let (values, _) = stored.as_chunks_mut::<2>();
        for (value, sum) in values.iter_mut().zip(&sum) {
            *value = f16::from_f32(f16::from_le_bytes(*value).to_f32() + sum).to_le_bytes();
        }
    }
}

/// One of the two factors and its number of columns; it has to have so many rows.
fn half_matrix(additions: &SafeTensors<'_>, name: &str, part: &str, rows: usize) -> Result<(Vec<f32>, usize), AdaptError> {
    let view: TensorView<'_> = additions.tensor(&format!("{name}.{part}")).map_err(|error| misfit(name, &error.to_string()))?;
    match (view.dtype(), view.shape()) {
        (Dtype::F16, &[found, columns]) if found == rows => {
            let (values, _) = view.data().as_chunks::<2>();
            Ok((values.iter().map(|value| f16::from_le_bytes(*value).to_f32()).collect(), columns))
        }
        (kind, shape) => Err(misfit(name, &format!("{part} is {kind:?} {shape:?}, wanted are 16-bit floats in {rows} rows"))),
    }
}

fn misfit(name: &str, reason: &str) -> AdaptError {
    AdaptError::Misfit { name: name.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
#[path = "adapt_tests.rs"]
mod tests;
