//! Both sides of a call as they were heard. Secrets are left out: while paused, silence is kept in place of sound.

use super::line::Frame;
use crate::audio::CALL_RATE_HZ;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::oneshot;

/// Frames that may wait for the disk: ten seconds.
const WAITING: usize = 500;

/// See the module's text. 16 kHz, one track a side, of equal length.
#[derive(Debug, Default)]
pub struct Recording {
    keeping: Keeping,
    paused: bool,
}

#[derive(Debug, Default)]
enum Keeping {
    #[default]
    Nothing,
    Memory(Tracks),
    File(Disk),
}

/// Both sides of a short call, in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracks {
    caller: Vec<i16>,
    service: Vec<i16>,
}

impl Tracks {
    pub fn caller(&self) -> Vec<f32> {
        self.caller.iter().copied().map(to_f32).collect()
    }

    pub fn service(&self) -> Vec<f32> {
        self.service.iter().copied().map(to_f32).collect()
    }
}

#[derive(Debug)]
struct Disk {
    frames: SyncSender<Pair>,
    lost: u32,
    /// Gone when the file is whole.
    written: oneshot::Receiver<()>,
}

type Pair = (Frame, Frame);

impl Recording {
    pub fn nowhere() -> Recording {
        Recording::default()
    }

    /// For calls whose length is known to be bounded; see [`Recording::tracks`].
    pub fn in_memory() -> Recording {
        Recording { keeping: Keeping::Memory(Tracks::default()), paused: false }
    }

    /// Into a WAV file, caller left and service right, written while the call goes on; what a kill cuts off is at most its last second.
    ///
    /// # Errors
    /// What the file system says when the file cannot be made.
    pub fn in_file(path: &Path) -> std::io::Result<Recording> {
        let form = hound::WavSpec { channels: 2, sample_rate: CALL_RATE_HZ, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
        let writer = hound::WavWriter::create(path, form).map_err(std::io::Error::other)?;
        let (frames, coming) = sync_channel(WAITING);
        let (end, written) = oneshot::channel();
        let name = path.display().to_string();
        std::thread::Builder::new().name("recording".into()).spawn(move || {
            if let Err(error) = write(writer, &coming) {
                tracing::error!(file = name, %error, "a recording could not be written to its end");
            }
            drop(end);
        })?;
        Ok(Recording { keeping: Keeping::File(Disk { frames, lost: 0, written }), paused: false })
    }

    pub fn pause(&mut self) {
        self.paused = true;
    }

    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// One tick of the call. Never waits: what the disk cannot take is lost, and said so at the end.
    pub fn push(&mut self, caller: &Frame, service: &Frame) {
        let audible = |frame: &Frame| if self.paused { [0.0; _] } else { *frame };
        let (caller, service) = (audible(caller), audible(service));
        match &mut self.keeping {
            Keeping::Nothing => {}
            Keeping::Memory(tracks) => {
                tracks.caller.extend(caller.iter().copied().map(to_i16));
                tracks.service.extend(service.iter().copied().map(to_i16));
            }
            Keeping::File(disk) => {
                if disk.frames.try_send((caller, service)).is_err() {
                    disk.lost += 1;
                }
            }
        }
    }

    /// What was kept in memory.
    pub fn tracks(self) -> Option<Tracks> {
        match self.keeping {
            Keeping::Memory(tracks) => Some(tracks),
            Keeping::Nothing | Keeping::File(_) => None,
        }
    }

    /// Returns when a file is whole.
    pub async fn close(self) {
        let Keeping::File(Disk { frames, lost, written }) = self.keeping else { return };
        if lost > 0 {
            tracing::error!(lost, "frames of a recording were lost: the disk is too slow");
        }
        drop(frames);
        // The sender is dropped without a message.
        let _ = written.await;
    }
}

/// Frames between two updates of the file's header: a second.
const FLUSH_EVERY: usize = 50;

fn write(mut writer: hound::WavWriter<std::io::BufWriter<std::fs::File>>, coming: &Receiver<Pair>) -> Result<(), hound::Error> {
    for (n, (caller, service)) in coming.iter().enumerate() {
        for (left, right) in caller.iter().zip(&service) {
            writer.write_sample(to_i16(*left))?;
            writer.write_sample(to_i16(*right))?;
        }
        if n % FLUSH_EVERY == 0 {
            writer.flush()?;
        }
    }
    writer.finalize()
}

fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}

fn to_f32(sample: i16) -> f32 {
    f32::from(sample) / f32::from(i16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::FRAME_SAMPLES;

    fn with_a_pause(mut recording: Recording) -> Recording {
        recording.push(&[0.5; FRAME_SAMPLES], &[0.1; FRAME_SAMPLES]);
        recording.pause();
        recording.push(&[0.5; FRAME_SAMPLES], &[0.1; FRAME_SAMPLES]);
        recording.resume();
        recording.push(&[0.5; FRAME_SAMPLES], &[0.1; FRAME_SAMPLES]);
        recording
    }

    #[test]
    fn a_pause_leaves_silence_of_the_same_length() {
        let tracks = with_a_pause(Recording::in_memory()).tracks().unwrap();
        let (half, tenth) = (to_i16(0.5), to_i16(0.1));
        let expected = |level: i16| [[level; FRAME_SAMPLES], [0; FRAME_SAMPLES], [level; FRAME_SAMPLES]].concat();
        assert_eq!(tracks, Tracks { caller: expected(half), service: expected(tenth) });
    }

    #[tokio::test]
    async fn a_file_holds_the_same_as_the_memory() {
        let path = std::env::temp_dir().join(format!("tingshuo-recording-{}.wav", std::process::id()));
        with_a_pause(Recording::in_file(&path).unwrap()).close().await;
        let tracks = with_a_pause(Recording::in_memory()).tracks().unwrap();
        let samples: Vec<i16> = hound::WavReader::open(&path).unwrap().into_samples().collect::<Result<_, _>>().unwrap();
        let (left, right): (Vec<_>, Vec<_>) = samples.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((left, right), (tracks.caller, tracks.service));
    }
}
