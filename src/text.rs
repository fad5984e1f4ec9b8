//! Words, numbers and sounds: everything about text that needs no audio and no clock.
//!
//! Start at [`number_zh`] for Mandarin numbers, [`pinyin`] for sounds, [`normalise`] for reading aloud, [`ssml`] for markup.

pub mod amount;
pub mod date;
pub mod dictation;
pub mod lang;
pub mod located;
pub mod mask;
pub mod normalise;
pub mod number_en;
pub mod number_zh;
pub mod pinyin;
pub mod script;
pub mod sip_address;
pub mod sounds;
mod spans;
pub mod spell;
pub mod ssml;
pub mod value;
pub mod value_json;
pub mod volume;
pub mod words;

pub use amount::Money;
pub use lang::Lang;
pub use mask::{Digits, PhoneNumber};
pub use value::{Record, Value};
