//! Tests that use the program and the library from outside, in one binary to keep the build short.

mod architecture;
mod command_line;
mod program;
mod scenario;
mod scenarios_text;
