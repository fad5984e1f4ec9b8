//! Links the sonic library that espeak-ng, inside piper-rs, calls but does not name, and builds again when a migration is added.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg=-lsonic");
    println!("cargo:rerun-if-changed=migrations");
}
