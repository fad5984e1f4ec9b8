//! Recordings as files. Nothing else knows how they lie on the disk: what is to lie there in another form, encrypted for one, is so between
//! `create` and [`open`].

use super::{Frame, to_i16};
use crate::audio::CALL_RATE_HZ;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Result, Seek, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::oneshot;

/// Frames that may wait for the disk: ten seconds.
const WAITING: usize = 500;
/// Frames between two updates of the file's header: a second.
const FLUSH_EVERY: usize = 50;

type Pair = (Frame, Frame);

/// A file that a thread of its own writes.
#[derive(Debug)]
pub(super) struct Disk {
    frames: SyncSender<Pair>,
    lost: u32,
    /// Gone when the file is whole.
    written: oneshot::Receiver<()>,
}

impl Disk {
    pub fn begin(path: &Path) -> Result<Disk> {
        let form = hound::WavSpec { channels: 2, sample_rate: CALL_RATE_HZ, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
        let writer = hound::WavWriter::new(create(path)?, form).map_err(std::io::Error::other)?;
        let (frames, coming) = sync_channel(WAITING);
        let (end, written) = oneshot::channel();
        let name = path.display().to_string();
        std::thread::Builder::new().name("recording".into()).spawn(move || {
            if let Err(error) = write(writer, &coming) {
                tracing::error!(file = name, %error, "a recording could not be written to its end");
            }
            drop(end);
        })?;
        Ok(Disk { frames, lost: 0, written })
    }

    pub fn push(&mut self, caller: Frame, service: Frame) {
        if self.frames.try_send((caller, service)).is_err() {
            self.lost += 1;
        }
    }

    pub async fn close(self) {
        let Disk { frames, lost, written } = self;
        if lost > 0 {
            tracing::error!(lost, "frames of a recording were lost: the disk is too slow");
        }
        drop(frames);
        // The sender is dropped without a message.
        let _ = written.await;
    }
}

/// A new recording.
fn create(path: &Path) -> Result<impl Write + Seek + Send + use<>> {
    File::create(path).map(BufWriter::new)
}

/// A recording to be read, as a WAV file; one that is being written is as long as its last second.
///
/// # Errors
/// What the file system says.
pub fn open(path: &Path) -> Result<impl Read + Seek + Send + use<>> {
    File::open(path).map(BufReader::new)
}

fn write(mut writer: hound::WavWriter<impl Write + Seek>, coming: &Receiver<Pair>) -> std::result::Result<(), hound::Error> {
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
