//! Links the sonic library that espeak-ng, inside piper-rs, calls but does not name.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg=-lsonic");
    println!("cargo:rerun-if-changed=migrations");
}
