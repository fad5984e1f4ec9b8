//! Both sides of a call as they were heard, also while the caller speaks with a person. Secrets are left out: while paused, silence is kept in
//! place of sound. A dialog pauses it itself; people and other systems do by its [`Switch`].

pub mod disk;

use super::line::Frame;
use disk::Disk;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Turns that wait until the call notes them; a call that its caller holds notes nothing.
const MOST_TURNS: usize = 64;

/// Whether a call is kept as sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// Nobody records this call.
    #[default]
    Not,
    Running,
    Paused,
}

impl Kept {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Kept::Not => "not",
            Kept::Running => "running",
            Kept::Paused => "paused",
        }
    }
}

/// Pauses a recording from outside of its call, and lets it go on; in effect at once. Cheap to share.
#[derive(Clone, Debug, Default)]
pub struct Switch(Arc<Mutex<Position>>);

#[derive(Debug, Default)]
struct Position {
    paused: bool,
    /// The dialog expects a secret.
    secret: bool,
    unnoted: Vec<Turn>,
}

/// Who turned a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub paused: bool,
    pub by: String,
}

impl Switch {
    /// Nothing happens where it stands so already. A pause that is not to be had for now (false) is one of very many that the call could not note yet.
    #[must_use]
    pub fn turn(&self, paused: bool, by: &str) -> bool {
        let mut position = self.lock();
        if position.paused != paused {
            if position.unnoted.len() >= MOST_TURNS {
                return false;
            }
            position.paused = paused;
            position.unnoted.push(Turn { paused, by: by.to_owned() });
        }
        true
    }

    /// How the recording stands.
    pub fn kept(&self) -> Kept {
        let position = self.lock();
        if position.paused || position.secret { Kept::Paused } else { Kept::Running }
    }

    /// A person or another system has it paused: what may be said now is known to them alone, not to the dialog.
    fn is_turned_off(&self) -> bool {
        self.lock().paused
    }

    fn lock(&self) -> MutexGuard<'_, Position> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See the module's text. 16 kHz, one track a side, of equal length.
#[derive(Debug, Default)]
pub struct Recording {
    keeping: Keeping,
    switch: Switch,
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

    /// What the caller heard: the service, or a person.
    pub fn service(&self) -> Vec<f32> {
        self.service.iter().copied().map(to_f32).collect()
    }
}

impl Recording {
    pub fn nowhere() -> Recording {
        Recording::default()
    }

    /// For calls whose length is known to be bounded; see [`Recording::tracks`].
    pub fn in_memory() -> Recording {
        Recording { keeping: Keeping::Memory(Tracks::default()), switch: Switch::default() }
    }

    /// Into a WAV file, caller left and service right, written while the call goes on; what a kill cuts off is at most its last second.
    ///
    /// # Errors
    /// What the file system says when the file cannot be made.
    pub fn in_file(path: &Path) -> std::io::Result<Recording> {
        Ok(Recording { keeping: Keeping::File(Disk::begin(path)?), switch: Switch::default() })
    }

    /// For others to pause it; `None` when nothing is recorded.
    pub fn switch(&self) -> Option<Switch> {
        (!matches!(self.keeping, Keeping::Nothing)).then(|| self.switch.clone())
    }

    pub fn kept(&self) -> Kept {
        self.switch().map_or(Kept::Not, |switch| switch.kept())
    }

    /// Paused from outside, whatever the dialog asks for: then no words and no keys of either side are kept.
    pub fn is_turned_off(&self) -> bool {
        self.switch().is_some_and(|switch| switch.is_turned_off())
    }

    /// The dialog expects a secret, or does not any more.
    pub fn hide(&mut self, secret: bool) {
        self.switch.lock().secret = secret;
    }

    /// How the switch was turned since this was asked last.
    pub fn turned(&mut self) -> Vec<Turn> {
        std::mem::take(&mut self.switch.lock().unnoted)
    }

    /// One tick of the call. Never waits: what the disk cannot take is lost, and said so at the end.
    pub fn push(&mut self, caller: &Frame, service: &Frame) {
        let paused = self.switch.kept() == Kept::Paused;
        let audible = |frame: &Frame| if paused { [0.0; _] } else { *frame };
        let (caller, service) = (audible(caller), audible(service));
        match &mut self.keeping {
            Keeping::Nothing => {}
            Keeping::Memory(tracks) => {
                tracks.caller.extend(caller.iter().copied().map(to_i16));
                tracks.service.extend(service.iter().copied().map(to_i16));
            }
            Keeping::File(disk) => disk.push(caller, service),
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
        if let Keeping::File(disk) = self.keeping {
            disk.close().await;
        }
    }
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

    fn push(recording: &mut Recording) {
        recording.push(&[0.5; FRAME_SAMPLES], &[0.1; FRAME_SAMPLES]);
    }

    fn with_a_pause(mut recording: Recording) -> Recording {
        push(&mut recording);
        recording.hide(true);
        push(&mut recording);
        recording.hide(false);
        push(&mut recording);
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
        let samples: Vec<i16> =
            hound::WavReader::new(disk::open(&path).unwrap()).unwrap().into_samples().collect::<Result<_, _>>().unwrap();
        let (left, right): (Vec<_>, Vec<_>) = samples.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((left, right), (tracks.caller, tracks.service));
    }

    #[test]
    fn it_goes_on_when_neither_the_dialog_nor_a_person_wants_silence() {
        let mut recording = Recording::in_memory();
        let switch = recording.switch().unwrap();
        let turn = |paused| Turn { paused, by: "an".into() };
        assert!(switch.turn(true, "an") && switch.turn(true, "bo"));
        recording.hide(true);
        assert!(recording.is_turned_off());
        assert!(switch.turn(false, "an"));
        assert!(!recording.is_turned_off());
        assert_eq!((recording.kept(), recording.turned()), (Kept::Paused, vec![turn(true), turn(false)]));
        recording.hide(false);
        assert_eq!((recording.kept(), recording.turned()), (Kept::Running, vec![]));
    }

    #[test]
    fn what_cannot_be_noted_is_not_done() {
        let mut recording = Recording::in_memory();
        let switch = recording.switch().unwrap();
        assert!((0..MOST_TURNS).all(|n| switch.turn(n % 2 == 0, "an")));
        assert!(!switch.turn(true, "an"));
        assert_eq!((recording.kept(), recording.turned().len()), (Kept::Running, MOST_TURNS));
        assert!(switch.turn(true, "an"));
    }

    #[test]
    fn a_call_that_is_not_recorded_has_no_switch() {
        let recording = Recording::nowhere();
        assert!(recording.switch().is_none());
        assert_eq!(recording.kept(), Kept::Not);
    }
}
