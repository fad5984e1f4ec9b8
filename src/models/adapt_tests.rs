//! Additions to a model of toy size.

use super::*;
use safetensors::serialize;

fn push(bytes: &mut Vec<u8>, numbers: &[i32]) {
    numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
}

fn halves(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect()
}

/// A header, a filterbank, two words, then `x.weight` (two rows of three) and a vector; and where the matrix begins.
fn model() -> (Vec<u8>, usize) {
    let mut bytes = vec![7; 48];
    push(&mut bytes, &[1, 2, 0, 0, 2, 1]);
    bytes.push(b'a');
    push(&mut bytes, &[2]);
    bytes.extend(b"bc");
    push(&mut bytes, &[2, 8, HALF, 3, 2]);
    bytes.extend(b"x.weight");
    let at = bytes.len();
    bytes.extend(halves(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    push(&mut bytes, &[1, 6, 0, 1]);
    bytes.extend(b"x.bias");
    bytes.extend(1.0_f32.to_le_bytes());
    (bytes, at)
}

fn additions(name: &str, a: [usize; 2], b: [usize; 2], kind: Dtype) -> Vec<u8> {
    let numbers = |sizes: [usize; 2]| (0..sizes[0] * sizes[1]).map(|index| index as f32 + 1.0).collect::<Vec<f32>>();
    let bytes = |sizes| match kind {
        Dtype::F16 => halves(&numbers(sizes)),
        _ => numbers(sizes).iter().flat_map(|value| value.to_le_bytes()).collect(),
    };
    let (first, second) = (bytes(a), bytes(b));
    let view = |sizes: [usize; 2], bytes| TensorView::new(kind, sizes.to_vec(), bytes).unwrap();
    serialize([(format!("{name}.a"), view(a, first.as_slice())), (format!("{name}.b"), view(b, second.as_slice()))], None).unwrap()
}

#[test]
fn a_matrix_gets_the_transposed_product_and_nothing_else_changes() {
    let (mut bytes, at) = model();
    let before = bytes.clone();
    // a = [1 2; 3 4; 5 6], b = [1 2; 3 4]: a·b = [7 10; 15 22; 23 34].
    adapt(&mut bytes, &additions("x", [3, 2], [2, 2], Dtype::F16)).unwrap();
    assert_eq!(bytes[at..at + 12], halves(&[8.0, 17.0, 26.0, 14.0, 27.0, 40.0]));
    assert_eq!((&bytes[..at], &bytes[at + 12..]), (&before[..at], &before[at + 12..]));
}

#[track_caller]
fn check(model: &mut [u8], additions: &[u8], expected: &str) {
    let said = adapt(model, additions).unwrap_err().to_string();
    assert!(said.contains(expected), "{said}");
}

#[test]
fn what_does_not_fit_is_named() {
    let (mut bytes, _) = model();
    check(&mut bytes, &additions("y", [3, 2], [2, 2], Dtype::F16), "y of the additions does not fit: the model has no such matrix");
    check(&mut bytes, &additions("x", [2, 2], [2, 2], Dtype::F16), "wanted are 16-bit floats in 3 rows");
    check(&mut bytes, &additions("x", [3, 2], [2, 3], Dtype::F16), "other sizes");
    check(&mut bytes, &additions("x", [3, 2], [3, 2], Dtype::F16), "in 2 rows");
    check(&mut bytes, &additions("x", [3, 2], [2, 2], Dtype::F32), "16-bit floats");
    check(&mut bytes, b"nothing", "cannot be read");
}

#[test]
fn a_model_that_is_cut_anywhere_is_refused() {
    let (whole, at) = model();
    let additions = additions("x", [3, 2], [2, 2], Dtype::F16);
    let between_tensors = at + 12;
    for length in (0..whole.len()).filter(|length| *length != between_tensors) {
        assert!(adapt(&mut whole[..length].to_vec(), &additions).is_err(), "{length}");
    }
}
