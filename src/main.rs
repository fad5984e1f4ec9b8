//! The `tingshuo` program; everything lives in the library.

fn main() -> std::process::ExitCode {
    tingshuo::cli::main()
}
