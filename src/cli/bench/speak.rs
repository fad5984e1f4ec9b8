//! `tingshuo bench speak`: how well the voices are understood, and how soon they begin.
//!
//! Prompts of `flows/` and the filled-in ones of `benches/speak.<lang>.txt` go through a voice, through the telephone and back through the
//! recogniser; both texts are compared as in `eval asr`.

use crate::asr::cpu::ThreadTime;
use crate::asr::recogniser::Priority;
use crate::asr::score::{Errors, Score};
use crate::asr::{Job, Recogniser, Whisper};
use crate::audio::{CALL_RATE_HZ, treatment};
use crate::cli::check::load_flows;
use crate::cli::{Failure, transcribe};
use crate::models::{Models, data_dir};
use crate::text::{Lang, normalise};
use crate::tts::cache::Cache;
use crate::tts::{Manner, Speech, VoiceDefinition, Voices};
use indicatif::ProgressBar;
use std::time::{Duration, Instant};

/// Speaks prompts, recognises them and times the first sample.
///
/// The first sample is timed from the request to the first piece ready to be played: of a sentence of ten characters that was never said
/// before, and of one in the cache. The machine should be idle.
#[derive(clap::Args)]
pub struct Args {
    /// Voices of voices/voices.toml; without any, those that the service speaks with
    #[arg(long = "voice", value_name = "NAME")]
    voices: Vec<String>,
    /// How many prompts of each language
    #[arg(long, value_name = "N", default_value_t = 100)]
    count: usize,
    /// Show every prompt that did not come back whole
    #[arg(long)]
    errors: bool,
}

/// A machine that is far behind is still waited for.
const DEADLINE: Duration = Duration::from_secs(600);

/// How one voice did.
#[derive(Default)]
struct Figures {
    prompts: usize,
    /// At 16 kHz, then by telephone.
    heard: [Heard; 2],
    audio_ms: u64,
    work_ms: u64,
}

#[derive(Default)]
struct Heard {
    text: Errors,
    pinyin: Errors,
    run_aways: usize,
}

impl Heard {
    fn add(&mut self, score: Score) {
        self.text.add(score.text);
        self.pinyin.add(score.pinyin);
        self.run_aways += usize::from(score.ran_away);
    }
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let (models, voices) = (Models::open()?, Voices::open()?);
    let definitions: Vec<&VoiceDefinition> = if args.voices.is_empty() {
        [Lang::Zh, Lang::En].into_iter().map(|lang| voices.for_lang(lang)).collect::<Result<_, _>>()?
    } else {
        args.voices.iter().map(|name| voices.by_name(name)).collect::<Result<_, _>>()?
    };
    let recogniser = transcribe::open()?;
    println!("| voice | condition | prompts | CER (en: WER) | pinyin error | run-aways | work for a second of sound |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for definition in &definitions {
        println!("{}", rows(&definition.name, &measure(args, &models, definition, &recogniser)?).join("\n"));
    }
    println!("\n| voice | first sample | p50 ms | p95 ms | most |\n| --- | --- | --- | --- | --- |");
    for definition in &definitions {
        println!("{}", first_samples(&models, definition)?.join("\n"));
    }
    Ok(())
}

fn rows(voice: &str, figures: &Figures) -> [String; 2] {
    let rate = |errors: Errors| errors.rate().map_or("–".to_owned(), |rate| format!("{rate:.3}"));
    let row = |condition: &str, heard: &Heard| {
        let work = figures.work_ms as f64 / figures.audio_ms.max(1) as f64;
        let (text, pinyin) = (rate(heard.text), rate(heard.pinyin));
        format!("| {voice} | {condition} | {} | {text} | {pinyin} | {} | {work:.2} s |", figures.prompts, heard.run_aways)
    };
    let [wide, telephone] = &figures.heard;
    [row("16 kHz", wide), row("telephone, mu-law", telephone)]
}

/// `count` prompts: every filled-in one, then fixed ones from all of `flows/`.
fn prompts(lang: Lang, count: usize) -> Result<Vec<String>, Failure> {
    let filled = match lang {
        Lang::Zh => include_str!("../../../benches/speak.zh.txt"),
        Lang::En => include_str!("../../../benches/speak.en.txt"),
    };
    let mut fixed: Vec<String> =
        load_flows(&data_dir().join("flows"))?.fixed_sentences().into_iter().filter(|(of, _)| *of == lang).map(|(_, text)| text).collect();
    fixed.sort();
    fixed.dedup();
    let mut chosen: Vec<String> = filled.lines().take(count).map(str::to_owned).collect();
    let wanted = (count - chosen.len()).min(fixed.len());
    let all = fixed.len();
    let spread = fixed.into_iter().enumerate().filter(|(index, _)| (index * wanted) / all != ((index + 1) * wanted) / all);
    chosen.extend(spread.map(|(_, text)| text));
    Ok(chosen)
}

fn measure(args: &Args, models: &Models, definition: &VoiceDefinition, recogniser: &Whisper) -> Result<Figures, Failure> {
    let lang = definition.lang;
    let speech = Speech::one_voice(models, definition, Cache::none());
    speech.warm(lang)?;
    let prompts = prompts(lang, args.count)?;
    let progress = ProgressBar::new(prompts.len() as u64);
    let mut figures = Figures { prompts: prompts.len(), ..Figures::default() };
    for prompt in &prompts {
        let began = ThreadTime::now();
        let audio = speech.say(prompt, lang, Manner::default())?;
        figures.work_ms += u64::from(began.elapsed_ms());
        figures.audio_ms += audio.duration_ms();
        let said = normalise::spoken(prompt, lang);
        let telephone = treatment::telephone_ulaw(&audio.samples, CALL_RATE_HZ);
        let pending = [audio.samples, telephone].map(|samples| {
            let job =
                Job { samples: samples.into(), lang, terms: Vec::new(), constraint: None, deadline: DEADLINE, priority: Priority::Final };
            recogniser.submit(job)
        });
        for (index, (pending, heard)) in pending.into_iter().zip(&mut figures.heard).enumerate() {
            let transcript = pending?.wait_blocking()?;
            let score = Score::of(lang, &said, &transcript.text);
            heard.add(score);
            if args.errors && score.text.wrong > 0 {
                let condition = if index == 0 { "16 kHz" } else { "telephone" };
                progress.suspend(|| println!("{}\t{condition}\t{said}\t{}", definition.name, transcript.text));
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(figures)
}

/// Sentences of ten characters, or as long in English.
const TEN: [(Lang, &[&str]); 2] = [
    (
        Lang::Zh,
        &["您本月的话费是八十元。", "请问有什么可以帮您呢？", "您家的宽带已经修好了。", "国际漫游今天已经开通。", "请说您的六位服务密码。"],
    ),
    (
        Lang::En,
        &[
            "Your bill is eighty yuan.",
            "How can I help you today?",
            "Your line works again now.",
            "Roaming is on from today.",
            "Please say your six digits.",
        ],
    ),
];
const ROUNDS: usize = 4;

fn first_samples(models: &Models, definition: &VoiceDefinition) -> Result<[String; 2], Failure> {
    let folder = std::env::temp_dir().join(format!("tingshuo-bench-speak-{}", std::process::id()));
    let live = Speech::one_voice(models, definition, Cache::none());
    let cached = Speech::one_voice(models, definition, Cache::at(&folder, 64 << 20));
    live.warm(definition.lang)?;
    let sentences = TEN.iter().find(|(lang, _)| *lang == definition.lang).map_or(&[] as &[&str], |(_, sentences)| sentences);
    let result = (|| {
        // The dictionary behind the front end is built at the first sentence.
        for sentence in sentences {
            cached.say(sentence, definition.lang, Manner::default())?;
        }
        Ok::<_, Failure>([
            timed("never said before", &live, definition, sentences)?,
            timed("in the cache", &cached, definition, sentences)?,
        ])
    })();
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn timed(what: &str, speech: &Speech, definition: &VoiceDefinition, sentences: &[&str]) -> Result<String, Failure> {
    let mut times = Vec::new();
    for sentence in std::iter::repeat_n(sentences, ROUNDS).flatten() {
        let began = Instant::now();
        let mut speaking = speech.speak(sentence, definition.lang, Manner::default())?;
        speaking.next_blocking().transpose()?;
        times.push(began.elapsed());
    }
    times.sort();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len() - 1)).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
    Ok(format!("| {} | {what} | {:.1} | {:.1} | {:.1} |", definition.name, at(50), at(95), at(100)))
}
