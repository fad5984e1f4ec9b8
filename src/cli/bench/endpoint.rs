//! `tingshuo bench endpoint`: what the endpointer makes of sentences and of noise.

mod hearing;

use super::material::{CONDITIONS, Folders, Material, fill_gaps, frames};
use crate::audio::FRAME_MS;
use crate::audio::endpointer::{Endpointer, Heard, PRE_ROLL_MS, TRAIL_MS, Timing};
use crate::call::manners::Manners;
use crate::call::timing;
use crate::cli::Failure;
use crate::text::Lang;
use hearing::Hearing;

/// Counts sentences cut in two, begun too late or missed, and false starts on noise; how often recognition is begun on trial for each, and how many of the last
/// trials lack the end (`short`).
///
/// With --grammar the recordings answer that question, and a line more shows what becomes of the wait when they are heard as in a call: a text that is a whole
/// answer ends it, as soon as the recogniser, here and now, has it.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    folders: Folders,
    /// The grammar of the question (phone_number, yes_no, menu, …)
    #[arg(long, value_name = "NAME")]
    grammar: Option<String>,
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
}

/// A span of frames: the first, and the first after it.
pub type Span = (u64, u64);

/// An utterance as the endpointer found it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    pub span: Span,
    /// When its beginning was noticed, and when it was taken to be over.
    pub noticed: u64,
    pub decided: u64,
    /// When its text was there, where it was heard.
    pub text: Option<u64>,
    /// How often recognition was begun on trial, and up to where it heard the last time.
    pub trials: usize,
    pub heard_to: u64,
}

/// What went well and wrong; all but `false_starts` count things that a caller said.
#[derive(Default)]
pub struct Counts {
    pub said: usize,
    pub missed: usize,
    /// Ended before the caller did, and begun again.
    pub cut: usize,
    /// More than 100 ms of the beginning is lost, pre-roll included.
    pub onset_lost: usize,
    /// More than 100 ms of the end is lost, trail included.
    pub end_lost: usize,
    /// Begun so early that noise stands before the words, or one piece with something else that was said.
    pub merged: usize,
    /// Pieces without anything said in them.
    pub false_starts: usize,
    /// Trials, and last ones that lack more than 100 ms of the end.
    pub trials: usize,
    pub trial_short: usize,
    pub waits_ms: Vec<u64>,
    /// The same until the text was there, where it was heard.
    pub texts_ms: Vec<u64>,
    /// Whole recordings, and those of which something was taken to be all while more was to come, however long the speaker paused.
    pub recordings: usize,
    pub parted: usize,
    /// The same where a speaker who goes on before the text is there is joined to what came before.
    pub parted_for_good: usize,
}

/// What a recogniser takes from the end of an utterance to its text, beside the wait: with a text at hand sooner less is joined.
const TEXT_MS: u64 = 500;

/// A loss up to this is no fault.
const GRACE_FRAMES: u64 = 5;
/// Speech and what is taken for it may begin and end this far apart and still be the same.
const EDGE_FRAMES: u64 = 15;

pub fn run(args: &Args) -> Result<(), Failure> {
    let material = Material::read(&args.folders)?;
    let hearing = args.grammar.as_ref().map(|grammar| Hearing::of(grammar, args.lang)).transpose()?;
    let mut ways = vec![("closed", Timing::CLOSED, None), ("open", Timing::OPEN, None), ("number", Timing::NUMBER, None)];
    ways.extend(hearing.as_ref().map(|hearing| ("heard", hearing.timing(), Some(hearing))));
    println!("{} recordings; faults in % of what was said; false starts in number", material.utterances.len());
    println!(
        "{:<22}{:<8}{:>6}{:>8}{:>8}{:>12}{:>10}{:>8}{:>8}{:>7}{:>14}{:>10}{:>6}{:>10}{:>6}{:>9}{:>11}",
        "condition",
        "timing",
        "said",
        "missed",
        "cut",
        "onset lost",
        "end lost",
        "merged",
        "trials",
        "short",
        "false starts",
        "wait p50",
        "p90",
        "text p50",
        "p90",
        "parted",
        "for good"
    );
    for condition in CONDITIONS {
        let heard: Vec<Vec<f32>> = (0..material.utterances.len()).map(|number| material.under(number, condition)).collect();
        for (name, timing, hearing) in &ways {
            // What is cut because it is very long is cut on purpose.
            let timing = Timing { max_utterance_ms: u32::MAX, ..*timing };
            let mut counts = Counts::default();
            for (utterance, samples) in material.utterances.iter().zip(&heard) {
                let pieces = pieces(samples, timing, *hearing)?;
                counts.add(&said(&utterance.truth, timing), &pieces);
                counts.add_recording(&utterance.truth, &pieces);
            }
            let text_ms = |share| quantile(&counts.texts_ms, share).map_or_else(|| "-".to_owned(), |ms| ms.to_string());
            let percent = |count: usize| 100.0 * count as f32 / counts.said.max(1) as f32;
            println!(
                "{condition:<22}{name:<8}{:>6}{:>8.1}{:>8.1}{:>12.1}{:>10.1}{:>8.1}{:>8.2}{:>7.1}{:>14}{:>10}{:>6}{:>10}{:>6}{:>9.1}{:>11.1}",
                counts.said,
                percent(counts.missed),
                percent(counts.cut),
                percent(counts.onset_lost),
                percent(counts.end_lost),
                percent(counts.merged),
                counts.trials as f32 / counts.said.max(1) as f32,
                percent(counts.trial_short),
                counts.false_starts,
                counts.wait_ms(0.5),
                counts.wait_ms(0.9),
                text_ms(0.5),
                text_ms(0.9),
                100.0 * counts.parted as f32 / counts.recordings.max(1) as f32,
                100.0 * counts.parted_for_good as f32 / counts.recordings.max(1) as f32
            );
        }
    }
    println!("\nfalse starts on recordings without speech, a minute");
    println!("{:<26}{:>10}{:>16}{:>16}", "", "seconds", "listening", "over a prompt");
    for noise in &material.noises {
        let minutes = noise.samples.len() as f32 / 16_000.0 / 60.0;
        let over_a_prompt = Manners::default().while_speaking.of(timing::endpoint(None));
        let starts = |timing| Ok::<_, Failure>(pieces(&noise.samples, timing, None)?.len() as f32 / minutes);
        let (listening, speaking) = (starts(Timing::OPEN)?, starts(over_a_prompt)?);
        println!("{:<26}{:>10.0}{listening:>16.1}{speaking:>16.1}", noise.name, minutes * 60.0);
    }
    Ok(())
}

impl Counts {
    pub fn add(&mut self, said: &[Span], pieces: &[Piece]) {
        let meets = |piece: &Piece, span: Span| piece.span.0 < span.1 && piece.span.1 > span.0;
        let near = |span: &Span| (span.0.saturating_sub(EDGE_FRAMES), span.1 + EDGE_FRAMES);
        for span in said {
            self.said += 1;
            let found: Vec<&Piece> = pieces.iter().filter(|piece| meets(piece, *span)).collect();
            let (Some(first), Some(last)) = (found.first(), found.last()) else {
                self.missed += 1;
                continue;
            };
            self.cut += usize::from(found.len() > 1);
            self.onset_lost += usize::from(first.span.0 > span.0 + lasting(PRE_ROLL_MS) + GRACE_FRAMES);
            self.end_lost += usize::from(last.span.1 + lasting(TRAIL_MS) + GRACE_FRAMES < span.1);
            let company = said.iter().filter(|other| meets(first, **other)).count() > 1;
            self.trials += found.iter().map(|piece| piece.trials).sum::<usize>();
            self.trial_short += usize::from(last.trials > 0 && last.heard_to + GRACE_FRAMES < span.1);
            self.merged += usize::from(company || first.span.0 + EDGE_FRAMES < span.0);
            if found.len() == 1 && !company {
                let after = |frame: u64| frame.saturating_sub(span.1) * u64::from(FRAME_MS);
                self.waits_ms.push(after(last.decided));
                self.texts_ms.extend(last.text.map(after));
            }
        }
        self.false_starts += pieces.iter().filter(|piece| !said.iter().any(|span| meets(piece, near(span)))).count();
    }

    /// Judges a recording as one thing said, whatever its pauses.
    pub fn add_recording(&mut self, truth: &[bool], pieces: &[Piece]) {
        self.recordings += 1;
        let Some(last) = truth.iter().rposition(|speaks| *speaks) else { return };
        let more_follows = |piece: &&Piece| piece.decided + EDGE_FRAMES < last as u64 && piece.span.1 < last as u64;
        let is_joined = |piece: &Piece| {
            let next = pieces.iter().find(|next| next.span.0 > piece.span.0);
            next.is_some_and(|next| next.noticed <= piece.text.unwrap_or(piece.decided + TEXT_MS / u64::from(FRAME_MS)))
        };
        let begun = truth.iter().position(|speaks| *speaks).unwrap_or(0) as u64;
        let early: Vec<&Piece> = pieces.iter().filter(more_follows).filter(|piece| piece.span.1 + EDGE_FRAMES > begun).collect();
        self.parted += usize::from(!early.is_empty());
        self.parted_for_good += usize::from(early.iter().any(|piece| !is_joined(piece)));
    }

    /// The time from the end of speech to the decision that at least this share of the whole utterances keep to.
    pub fn wait_ms(&self, share: f32) -> u64 {
        quantile(&self.waits_ms, share).unwrap_or(0)
    }
}

/// What at least this share of them keep to; `None` when there are none.
fn quantile(times_ms: &[u64], share: f32) -> Option<u64> {
    let mut times = times_ms.to_vec();
    times.sort_unstable();
    times.get((times.len() as f32 * share) as usize).copied()
}

fn lasting(ms: u32) -> u64 {
    u64::from(ms / FRAME_MS)
}

/// What was said: speech whose pauses are shorter than the wait. Where the caller paused longer, an end is right.
pub fn said(truth: &[bool], timing: Timing) -> Vec<Span> {
    let mut speech = truth.to_vec();
    fill_gaps(&mut speech, lasting(timing.end_silence_ms) as usize - 1);
    let mut spans = Vec::new();
    let mut begun = None;
    for (at, speaks) in speech.into_iter().chain([false]).enumerate() {
        match (begun, speaks) {
            (None, true) => begun = Some(at as u64),
            (Some(first), false) => {
                spans.push((first, at as u64));
                begun = None;
            }
            _ => {}
        }
    }
    spans
}

/// The utterances that are found; `hearing` ends those of which all is said.
fn pieces(samples: &[f32], timing: Timing, hearing: Option<&Hearing>) -> Result<Vec<Piece>, Failure> {
    let mut endpointer = Endpointer::new(timing);
    let (mut start, mut noticed, mut trials, mut heard_to) = (0, 0, 0, 0);
    let mut pieces = Vec::new();
    let mut note = |now: u64, heard: Option<Heard>, text_at: Option<u64>| match heard {
        Some(Heard::Start { frame }) => (start, noticed, trials) = (frame, now, 0),
        Some(Heard::Pause { .. }) => (trials, heard_to) = (trials + 1, now + 1),
        Some(Heard::End { speech_end_frame, end_frame, .. }) => {
            let text = text_at.map(|at| at.max(end_frame));
            pieces.push(Piece { span: (start, speech_end_frame), noticed, decided: end_frame, text, trials, heard_to });
        }
        _ => {}
    };
    let (mut ends_at, mut text_at) = (None, None);
    for (now, frame) in (0..).zip(frames(samples)) {
        let mut heard = endpointer.push(frame);
        match (&mut heard, hearing) {
            (Some(Heard::Pause { samples, .. }), Some(hearing)) => {
                let text = hearing.hear(std::mem::take(samples))?;
                (ends_at, text_at) = (text.ends_after.map(|after| now + after), Some(now + text.after));
            }
            (Some(Heard::End { .. }), _) => ends_at = None,
            (Some(_), _) => (ends_at, text_at) = (None, None),
            (None, _) => {}
        }
        note(now, heard, text_at);
        if ends_at.is_some_and(|at| at <= now) {
            ends_at = None;
            note(now, endpointer.finish(), text_at);
        }
    }
    note(frames(samples).len() as u64, endpointer.finish(), text_at);
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: u64, to: u64, decided: u64) -> Piece {
        Piece { span: (from, to), noticed: from + 5, decided, text: None, trials: 2, heard_to: to + 6 }
    }

    /// What was said and the pieces found, as first and last frame, against missed, cut, onset lost, end lost, merged and false starts.
    #[track_caller]
    fn check(said: &[Span], found: &[Span], expected: [usize; 6]) {
        let mut counts = Counts::default();
        counts.add(said, &found.iter().map(|span| piece(span.0, span.1, span.1 + 30)).collect::<Vec<_>>());
        let told = [counts.missed, counts.cut, counts.onset_lost, counts.end_lost, counts.merged, counts.false_starts];
        assert_eq!(told, expected, "{found:?}");
    }

    #[test]
    fn every_fault_has_its_count() {
        check(&[(100, 200)], &[(98, 203)], [0, 0, 0, 0, 0, 0]);
        check(&[(100, 200)], &[], [1, 0, 0, 0, 0, 0]);
        check(&[(100, 200)], &[(20, 60)], [1, 0, 0, 0, 0, 1]);
        check(&[(100, 200)], &[(20, 60), (100, 200)], [0, 0, 0, 0, 0, 1]);
        check(&[(100, 200)], &[(100, 150), (160, 200)], [0, 1, 0, 0, 0, 0]);
        check(&[(100, 200)], &[(126, 200)], [0, 0, 1, 0, 0, 0]);
        check(&[(100, 200)], &[(100, 184)], [0, 0, 0, 1, 0, 0]);
        check(&[(100, 200)], &[(50, 200)], [0, 0, 0, 0, 1, 0]);
        check(&[(100, 200), (260, 300)], &[(100, 300)], [0, 0, 0, 0, 2, 0]);
        check(&[(100, 200)], &[(100, 200), (203, 230), (260, 280)], [0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn trials_are_counted_and_what_the_last_one_lacks() {
        let mut counts = Counts::default();
        counts.add(&[(100, 200), (300, 400)], &[piece(100, 200, 230), piece(300, 386, 420)]);
        assert_eq!((counts.trials, counts.trial_short), (4, 1));
    }

    #[test]
    fn what_is_taken_for_all_while_more_follows_is_parted() {
        let truth = [vec![false; 100], vec![true; 50], vec![false; 60], vec![true; 50], vec![false; 100]].concat();
        let parted = |spans: &[(u64, u64, u64)]| {
            let pieces: Vec<Piece> = spans.iter().map(|(from, to, decided)| piece(*from, *to, *decided)).collect();
            let mut counts = Counts::default();
            counts.add_recording(&truth, &pieces);
            (counts.parted, counts.parted_for_good)
        };
        assert_eq!(parted(&[(100, 260, 290)]), (0, 0));
        assert_eq!(parted(&[(100, 150, 175), (210, 260, 290)]), (1, 1));
        assert_eq!(parted(&[(100, 150, 195), (210, 260, 290)]), (1, 0), "25 frames after the end the caller goes on");
        assert_eq!(parted(&[(20, 40, 70), (100, 260, 290)]), (0, 0), "a noise before is another matter");
        assert_eq!(parted(&[(100, 258, 290), (270, 280, 300)]), (0, 0), "and one after");
    }

    #[test]
    fn a_pause_as_long_as_the_wait_parts_what_was_said() {
        let truth = |gap: usize| [vec![true; 10], vec![false; gap], vec![true; 10]].concat();
        assert_eq!(said(&truth(23), Timing::CLOSED), [(0, 33 + 10)]);
        assert_eq!(said(&truth(24), Timing::CLOSED), [(0, 10), (34, 44)]);
        assert_eq!(said(&truth(24), Timing::NUMBER), [(0, 44)]);
    }
}
