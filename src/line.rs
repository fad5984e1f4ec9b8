//! Where calls come from. Each line fills [`crate::call::line::Line`]; none knows what a dialog is.

pub mod encoding;
pub mod live;
pub mod wav;
pub mod websocket;
