//! G.711 (ITU-T), A-law and mu-law.

pub fn alaw_decode(_byte: u8) -> f32 {
    0.0
}
pub fn alaw_encode(_sample: f32) -> u8 {
    0
}
pub fn ulaw_decode(_byte: u8) -> f32 {
    0.0
}
pub fn ulaw_encode(_sample: f32) -> u8 {
    0
}
