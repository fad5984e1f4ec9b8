use super::*;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Says a tone, 100 ms a character, and fails when told to.
#[derive(Default)]
struct Tone {
    said: AtomicUsize,
    gate: Option<Barrier>,
}

impl Synthesiser for Tone {
    fn lang(&self) -> Lang {
        Lang::Zh
    }
    fn rate_hz(&self) -> u32 {
        CALL_RATE_HZ
    }
    fn synthesise(&self, sentence: &str, manner: Manner) -> Result<Audio, TtsError> {
        if let Some(gate) = &self.gate {
            gate.wait();
        }
        self.said.fetch_add(1, Ordering::SeqCst);
        if sentence.contains('坏') {
            return Err(TtsError::Engine("broken".into()));
        }
        if sentence.contains('哑') {
            return Err(TtsError::Unspeakable(sentence.to_owned()));
        }
        let samples = (sentence.chars().count() as f32 * 1_600.0 / manner.speed) as usize;
        Ok(Audio { rate_hz: CALL_RATE_HZ, samples: (0..samples).map(|n| 0.5 * (n as f32 * 0.2).sin()).collect() })
    }
}

struct Fixed(Arc<Tone>, &'static str);

impl Source for Fixed {
    fn lang(&self) -> Lang {
        Lang::Zh
    }
    fn gain(&self) -> f32 {
        1.0
    }
    fn identity(&self) -> Result<String, TtsError> {
        Ok(self.1.into())
    }
    fn load(&self) -> Result<Arc<dyn Synthesiser>, TtsError> {
        Ok(Arc::clone(&self.0) as Arc<dyn Synthesiser>)
    }
}

fn seat(tone: &Arc<Tone>, name: &'static str, ahead: Option<Arc<Seat>>) -> Arc<Seat> {
    Seat::new(Box::new(Fixed(Arc::clone(tone), name)), ahead)
}

fn speech(tone: &Arc<Tone>, cache: Cache) -> Speech {
    Speech::with(vec![seat(tone, "tone", None)], cache)
}

fn all(mut speaking: Speaking) -> Vec<Result<Chunk, TtsError>> {
    std::iter::from_fn(|| speaking.next_blocking()).collect()
}

#[test]
fn pieces_come_in_order_with_their_texts() {
    let speech = speech(&Arc::default(), Cache::none());
    let heard = all(speech.speak("您好。请问有什么可以帮您？", Lang::Zh, Manner::default()).unwrap());
    let texts: Vec<String> = heard.into_iter().map(|chunk| chunk.unwrap().text).collect();
    assert_eq!(texts, ["您好。", "请问有什么可以帮您？"]);
}

#[test]
fn a_piece_that_cannot_be_said_is_reported_and_the_rest_is_heard() {
    let speech = speech(&Arc::default(), Cache::none());
    let heard = all(speech.speak("哑。您好。", Lang::Zh, Manner::default()).unwrap());
    assert_eq!(heard[0], Err(TtsError::Unspeakable("哑。".into())));
    assert!(heard[1].as_ref().is_ok_and(|chunk| chunk.text == "您好。"));
}

#[test]
fn a_broken_engine_ends_the_prompt_with_an_error() {
    let speech = speech(&Arc::default(), Cache::none());
    let heard = all(speech.speak("您好。坏。再见。", Lang::Zh, Manner::default()).unwrap());
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[1], Err(TtsError::Engine("broken".into())));
    assert_eq!(speech.say("您好。坏。再见。", Lang::Zh, Manner::default()), Err(TtsError::Engine("broken".into())));
}

#[test]
fn nothing_to_say_and_no_voice_are_told_at_once() {
    let speech = speech(&Arc::default(), Cache::none());
    assert!(matches!(speech.speak("……", Lang::Zh, Manner::default()), Err(TtsError::Unspeakable(_))));
    assert!(matches!(speech.speak("hello", Lang::En, Manner::default()), Err(TtsError::Setup(_))));
}

#[test]
fn the_second_time_comes_from_the_cache_and_sounds_the_same() {
    let folder = std::env::temp_dir().join(format!("tingshuo-speak-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let tone = Arc::new(Tone::default());
    let speech = speech(&tone, Cache::at(&folder, 1 << 20));
    let prompts = [(Lang::Zh, "您好。".to_owned()), (Lang::Zh, "坏。".to_owned())];
    let mut seen = Vec::new();
    let failures = speech.prerender(&prompts, |done, of| seen.push((done, of)));
    assert_eq!(failures, [("坏。".to_owned(), TtsError::Engine("broken".into()))]);
    assert_eq!(seen, [(1, 2), (2, 2)]);
    let said = tone.said.load(Ordering::SeqCst);
    let first = speech.say("您好。", Lang::Zh, Manner::default()).unwrap();
    let loud = all(speech.speak("您好。", Lang::Zh, Manner { speed: 1.0, volume: 0.5 }).unwrap()).remove(0).unwrap();
    assert!(loud.from_cache);
    assert_eq!(loud.samples.len(), first.samples.len());
    assert_eq!(tone.said.load(Ordering::SeqCst), said, "volume needs no new synthesis");
    speech.say("您好。", Lang::Zh, Manner { speed: 0.8, volume: 1.0 }).unwrap();
    assert_eq!(tone.said.load(Ordering::SeqCst), said + 1, "another speed does");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_full_queue_refuses() {
    let gate = Barrier::new(2);
    let tone = Arc::new(Tone { gate: Some(gate), ..Tone::default() });
    let speech = Speech { queue: sync_channel(1).0, ..speech(&tone, Cache::none()) };
    assert!(matches!(speech.speak("您好。", Lang::Zh, Manner::default()), Err(TtsError::Engine(_))));
    let (queue, _waiting) = sync_channel(1);
    let speech = Speech { queue, ..speech };
    assert!(speech.speak("您好。", Lang::Zh, Manner::default()).is_ok());
    assert!(matches!(speech.speak("您好。", Lang::Zh, Manner::default()), Err(TtsError::Overloaded)));
}

#[test]
fn who_stops_listening_stops_the_synthesis() {
    let tone = Arc::new(Tone { gate: Some(Barrier::new(2)), ..Tone::default() });
    let cache = Cache::none();
    let (reply, speaking) = mpsc::channel(3);
    let request =
        Request { seat: seat(&tone, "tone", None), lines: script("一。二。三。").unwrap(), manner: Manner::default(), reply };
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| serve(&request, &cache));
        drop(speaking);
        tone.gate.as_ref().unwrap().wait();
        serving.join().unwrap();
    });
    assert_eq!(tone.said.load(Ordering::SeqCst), 1);
}

#[test]
fn slower_speech_is_longer_and_louder_speech_is_louder() {
    let speech = speech(&Arc::default(), Cache::none());
    let say = |speed, volume| speech.say("您好。", Lang::Zh, Manner { speed, volume }).unwrap();
    assert!(say(0.5, 1.0).samples.len() > say(1.0, 1.0).samples.len());
    let peak = |audio: Audio| audio.samples.into_iter().fold(0.0, f32::max);
    assert!(peak(say(1.0, 2.0)) > 1.8 * peak(say(1.0, 1.0)));
    assert!(say(f32::NAN, f32::NAN).samples == say(1.0, 1.0).samples);
}

#[test]
fn markup_changes_manner_and_pauses_and_names_places() {
    let speech = speech(&Arc::default(), Cache::none());
    let say =
        |text: &str| all(speech.speak(text, Lang::Zh, Manner::default()).unwrap()).into_iter().map(Result::unwrap).collect::<Vec<_>>();
    let plain = say("您好。请说。");
    let marked = say("<speak>您好。<break time='2s'/><mark name='here'/><prosody rate='50%'>请说。</prosody></speak>");
    let texts: Vec<&str> = marked.iter().map(|chunk| chunk.text.as_str()).collect();
    assert_eq!(texts, ["您好。", "请说。"]);
    let pause = |chunk: &Chunk| chunk.samples.iter().rev().take_while(|sample| **sample == 0.0).count();
    assert_eq!(pause(&marked[0]), pause(&plain[0]) / 320 * 2000);
    assert!(marked[1].samples.len() > plain[1].samples.len() * 3 / 2);
    assert_eq!(marked[1].marks, [Mark { name: "here".into(), at: 0 }]);
    let faulty = speech.speak("<speak>您好<brake/></speak>", Lang::Zh, Manner::default());
    assert!(matches!(faulty, Err(TtsError::Markup(reason)) if reason == "1:10: <brake> is not an element of SSML"));
}

#[test]
fn what_was_rendered_ahead_is_heard_and_the_rest_is_spoken_live() {
    let folder = std::env::temp_dir().join(format!("tingshuo-ahead-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let (live, ahead) = (Arc::new(Tone::default()), Arc::new(Tone::default()));
    let speech = Speech::with(vec![seat(&live, "live", Some(seat(&ahead, "ahead", None)))], Cache::at(&folder, 1 << 20));
    let prompts: Vec<(Lang, String)> = ["您好。", "再见。", "坏。", "请说。"].map(|text| (Lang::Zh, text.to_owned())).into();
    let mut most = 0;
    let failures = speech.prerender(&prompts, |done, _| most = done);
    assert_eq!((failures.len(), most), (1, 4));
    assert_eq!((live.said.load(Ordering::SeqCst), ahead.said.load(Ordering::SeqCst)), (0, 4));
    let heard = all(speech.speak("您好。您的余额是三十元。", Lang::Zh, Manner::default()).unwrap());
    let cached: Vec<bool> = heard.into_iter().map(|chunk| chunk.unwrap().from_cache).collect();
    assert_eq!(cached, [true, false]);
    assert_eq!((live.said.load(Ordering::SeqCst), ahead.said.load(Ordering::SeqCst)), (1, 4));
    std::fs::remove_dir_all(&folder).unwrap();
}
