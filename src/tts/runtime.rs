//! ONNX Runtime, loaded once from a file that was looked at first: `ort` waits for ever when its library is not there.

use super::TtsError;
use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;

/// Loads the library at `path`; later calls give the result of the first.
pub fn start(path: &Path) -> Result<(), TtsError> {
    static STARTED: OnceLock<Result<(), TtsError>> = OnceLock::new();
    STARTED.get_or_init(|| load(path)).clone()
}

fn load(path: &Path) -> Result<(), TtsError> {
    check_library(path).map_err(|reason| {
        TtsError::Setup(format!("{} is not the ONNX Runtime library ({reason}): run `tingshuo models fetch`", path.display()))
    })?;
    let absolute = std::path::absolute(path).map_err(|error| TtsError::definition(path, error))?;
    let environment = ort::init_from(absolute).map_err(|error| TtsError::Setup(error.to_string()))?;
    if environment.with_name("tingshuo").commit() {
        Ok(())
    } else {
        Err(TtsError::Engine("ONNX Runtime was started by someone else".into()))
    }
}

/// The smallest ONNX Runtime ever built is larger than this.
const LEAST_BYTES: u64 = 2 << 20;

/// A shared object for this machine, of a size that can be true: ELF header, System V ABI, chapter 4.
fn check_library(path: &Path) -> Result<(), String> {
    let mut file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let bytes = file.metadata().map_err(|error| error.to_string())?.len();
    let mut header = [0; 20];
    file.read_exact(&mut header).map_err(|_| "it is too short".to_owned())?;
    let [0x7f, b'E', b'L', b'F', class, .., type_low, type_high, machine_low, machine_high] = header else {
        return Err("no ELF header".into());
    };
    let shared_object = u16::from_le_bytes([type_low, type_high]) == 3;
    let machine = u16::from_le_bytes([machine_low, machine_high]);
    let expected = match std::env::consts::ARCH {
        "x86_64" => 62,
        "aarch64" => 183,
        _ => machine,
    };
    if class != 2 || !shared_object {
        return Err("not a 64-bit shared object".into());
    }
    if machine != expected {
        return Err(format!("built for another kind of machine, number {machine}"));
    }
    if bytes < LEAST_BYTES {
        return Err(format!("only {bytes} bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(name: &str, bytes: &[u8], reason: &str) {
        let path = std::env::temp_dir().join(format!("tingshuo-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let result = check_library(&path);
        std::fs::remove_file(&path).unwrap();
        assert!(result.as_ref().is_err_and(|error| error.contains(reason)), "{result:?}");
    }

    fn elf(class: u8, kind: u8, machine: u8) -> Vec<u8> {
        let mut bytes = vec![0x7f, b'E', b'L', b'F', class];
        bytes.resize(16, 0);
        bytes.extend([kind, 0, machine, 0]);
        bytes
    }

    #[test]
    fn what_is_not_the_library_is_refused_before_it_is_loaded() {
        let here = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
        refused("empty", b"", "too short");
        refused("text", &[b'x'; 4096], "no ELF header");
        refused("program", &elf(2, 2, here), "64-bit shared object");
        refused("narrow", &elf(1, 3, here), "64-bit shared object");
        refused("foreign", &elf(2, 3, 8), "another kind of machine");
        refused("short", &elf(2, 3, here), "only 20 bytes");
        assert!(check_library(Path::new("/nonexistent/libonnxruntime.so")).is_err());
    }

    #[test]
    fn this_program_is_no_library_of_that_size() {
        assert!(load(&std::env::temp_dir()).is_err());
    }
}
