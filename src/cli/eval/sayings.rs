//! Options of the measurements that hear one saying after the other, as a call would.

use super::asr::recordings::{self, Recording};
use super::sound::{Behind, NoiseArgs};
use crate::cli::Failure;
use crate::text::Lang;
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;

/// More than the sayings of a run, so that no two runs share a stretch of noise.
const SEEDS_APART: u64 = 100_000;

#[derive(clap::Args)]
pub struct SayingArgs {
    /// Manifests of recordings, as for `eval asr`
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
    /// Through the telephone: 300 to 3400 Hz, A-law
    #[arg(long)]
    telephone: bool,
    #[command(flatten)]
    noise: NoiseArgs,
    /// Picks the noise: other numbers, other stretches of it
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    pub lang: Lang,
    /// At most so many recordings of each manifest, spread evenly over it
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// List every saying that was not understood right at first
    #[arg(long)]
    pub errors: bool,
    /// Also write what was heard and understood to this file: a JSON object a line
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The way from a recording to the recogniser.
pub struct Channel {
    behind: Behind,
    telephone: bool,
    seed: u64,
}

impl SayingArgs {
    /// Those of the manifests' recordings that are `wanted`; at least one.
    pub fn recordings(&self, wanted: impl Fn(&Recording) -> bool) -> Result<Vec<Recording>, Failure> {
        let mut recordings = Vec::new();
        for manifest in &self.manifests {
            let mut all = recordings::read(manifest, self.lang)?;
            all.retain(&wanted);
            recordings.extend(super::spread(all, self.limit));
        }
        anyhow::ensure!(!recordings.is_empty(), "the manifests name no recordings of this kind");
        Ok(recordings)
    }

    pub fn channel(&self) -> Result<Channel, Failure> {
        Ok(Channel { behind: self.noise.open()?, telephone: self.telephone, seed: self.seed })
    }

    /// Where --json asks for it.
    pub fn write(&self, lines: &str) -> Result<(), Failure> {
        let Some(file) = &self.json else { return Ok(()) };
        std::fs::write(file, lines).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(())
    }
}

impl Channel {
    /// As the tables call it.
    pub fn name(&self) -> String {
        self.behind.name(self.telephone)
    }

    /// The `nth` saying of the run, with noise `instead_db` under the speech where none was asked for.
    pub fn carry(&self, recording: &Recording, nth: usize, instead_db: Option<f32>) -> Result<Arc<[f32]>, Failure> {
        let seed = self.seed.wrapping_mul(SEEDS_APART).wrapping_add(nth as u64);
        self.behind.prepare(&recording.file, self.telephone, seed, instead_db)
    }
}
