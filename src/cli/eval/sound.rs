//! What happens to a recording before it is recognised: noise, then the telephone.

use crate::audio::resample::resample;
use crate::audio::{CALL_RATE_HZ, noise, treatment, wav};
use crate::cli::Failure;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Noise behind the speech.
#[derive(clap::Args)]
pub struct NoiseArgs {
    /// Mix in noise so many dB under the speech: pink noise of our own, unless --noise names a recording
    #[arg(long, value_name = "DB", allow_negative_numbers = true)]
    noise_db: Option<f32>,
    /// The noise for --noise-db, in any common form of WAV
    #[arg(long, value_name = "FILE", requires = "noise_db")]
    noise: Option<PathBuf>,
}

/// Noise that is ready to be mixed in.
pub struct Behind {
    snr_db: Option<f32>,
    recorded: Option<Vec<f32>>,
}

impl NoiseArgs {
    pub fn open(&self) -> Result<Behind, Failure> {
        let recorded = self.noise.as_deref().map(at_call_rate).transpose()?;
        Ok(Behind { snr_db: self.noise_db, recorded })
    }
}

impl Behind {
    /// As the tables call it.
    pub fn name(&self, telephone: bool) -> String {
        let line = if telephone { "telephone" } else { "as recorded" };
        self.snr_db.map_or_else(|| line.to_owned(), |snr_db| format!("{line}, noise {snr_db} dB"))
    }

    /// The recording with noise that `seed` picks, `instead_db` under the speech where none was asked for.
    pub fn prepare(&self, file: &Path, telephone: bool, seed: u64, instead_db: Option<f32>) -> Result<Arc<[f32]>, Failure> {
        Ok(self.around(self.read(file)?, telephone, seed, instead_db).into())
    }

    /// A recording as it is.
    pub fn read(&self, file: &Path) -> Result<Vec<f32>, Failure> {
        at_call_rate(file)
    }

    /// Sound with noise around it, as [`Behind::prepare`] makes it.
    pub fn around(&self, mut samples: Vec<f32>, telephone: bool, seed: u64, instead_db: Option<f32>) -> Vec<f32> {
        if let Some(snr_db) = self.snr_db.or(instead_db) {
            let noise = match &self.recorded {
                Some(recorded) if !recorded.is_empty() => {
                    let begin = (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) % recorded.len() as u64) as usize;
                    recorded.iter().cycle().skip(begin).take(samples.len()).copied().collect()
                }
                _ => noise::pink(samples.len(), seed + 1),
            };
            samples = treatment::add_noise(&samples, &noise, snr_db);
        }
        if telephone {
            samples = treatment::telephone(&samples, CALL_RATE_HZ);
        }
        samples
    }
}

fn at_call_rate(file: &Path) -> Result<Vec<f32>, Failure> {
    let audio = wav::read(file).with_context(|| file.display().to_string())?;
    Ok(resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ))
}
