//! Where calls come from. Each line fills [`crate::call::line::Line`]; none knows what a dialog is.

pub mod wav;
