//! What Whisper says without having heard it: known inventions, runaway text, echoes of the prompt.
//!
//! [`believable`] is the one gate; what it withholds counts as no input. It knows nothing of the engine.

use super::recogniser::Withheld;
use crate::text::Lang;
use crate::text::script::to_simplified;

/// What is known about a text besides its words.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    pub lang: Lang,
    /// Length of the sound, silence included.
    pub audio_ms: u32,
    /// From the first sound of a voice to the last.
    pub speech_ms: u32,
    /// Geometric mean of the token probabilities.
    pub confidence: f32,
    /// What the model was told before.
    pub prompt: &'a str,
}

/// Credits and farewells of subtitles, which the model was trained on; no caller says them. Folded as [`fold`] does.
const INVENTED: &[&str] = &[
    "请不吝点赞",
    "点赞订阅转发",
    "订阅转发打赏",
    "打赏支持明镜",
    "明镜与点点",
    "明镜需要您的支持",
    "字幕by",
    "字幕由",
    "字幕志愿者",
    "字幕制作",
    "中文字幕",
    "amaraorg",
    "谢谢观看",
    "感谢观看",
    "谢谢收看",
    "感谢收看",
    "谢谢大家收看",
    "多谢您收睇",
    "欢迎订阅",
    "订阅我的频道",
    "下期再见",
    "下集再见",
    "我们下期节目再见",
    "优优独播剧场",
    "词曲李宗盛",
    "请订阅",
    "thanksforwatching",
    "thankyouforwatching",
    "pleasesubscribe",
    "likeandsubscribe",
    "subscribetomychannel",
    "seeyouinthenextvideo",
    "subtitlesby",
    "captionsby",
    "transcriptionby",
    "以下是普通话的句子",
];

/// Noise that the model takes for words stays below this, words with noise in them above.
const LEAST_CONFIDENCE: f32 = 0.35;
/// An echo must be longer than the terms that callers really say.
const ECHO_CHARACTERS: usize = 6;
const ECHO_CONFIDENCE: f32 = 0.5;
const RECITED_TERMS: usize = 3;
/// A unit said so often in a row is a loop, and is kept once.
const LOOP_TIMES: usize = 4;
/// People do say a word three times, but no faster than they speak.
const REPEATED_TIMES: usize = 3;
const LOOP_LONGEST_UNIT: usize = 16;
/// One character may stand more often: 哈哈哈哈.
const LOOP_TIMES_OF_ONE: usize = 6;
/// When loops were more than this share of a text, the rest of it is invented too.
const LOOP_SHARE: f32 = 0.75;

/// The text that may be believed, loops collapsed; or why none of it.
pub fn believable(text: &str, evidence: &Evidence<'_>) -> Result<String, Withheld> {
    let folded = fold(text);
    if folded.is_empty() {
        return Ok(String::new());
    }
    if INVENTED.iter().any(|invention| folded.contains(invention)) {
        return Err(Withheld::KnownInvention(text.to_owned()));
    }
    let length = folded.chars().count();
    if length > most_characters(evidence) {
        return Err(Withheld::RunAway(text.to_owned()));
    }
    if reads_the_prompt(&folded, evidence) {
        return Err(Withheld::KnownInvention(text.to_owned()));
    }
    if evidence.confidence < LEAST_CONFIDENCE {
        return Err(Withheld::Unsure(text.to_owned()));
    }
    if folded.chars().all(is_digit) && length > most_digits(evidence.audio_ms) {
        return period(&folded).ok_or_else(|| Withheld::RunAway(text.to_owned()));
    }
    if repeats_itself(&folded) && length > most_syllables(evidence) {
        return Err(Withheld::RunAway(text.to_owned()));
    }
    let collapsed = collapse_loops(text);
    let kept = fold(&collapsed).chars().count();
    if (length - kept.min(length)) as f32 > LOOP_SHARE * length as f32 {
        return Err(Withheld::RunAway(text.to_owned()));
    }
    Ok(collapsed)
}

/// Several of the prompt's terms; or, without confidence, the end of one and the beginning of the next.
fn reads_the_prompt(folded: &str, evidence: &Evidence<'_>) -> bool {
    let terms_read = || folded.chars().count() >= ECHO_CHARACTERS && fold(evidence.prompt).contains(folded);
    recites(folded, evidence.prompt) || (evidence.confidence < ECHO_CONFIDENCE && terms_read())
}

/// Several of the prompt's terms one after another, in its order: nobody asks for so much at once.
fn recites(folded: &str, prompt: &str) -> bool {
    let terms: Vec<String> = prompt.split(['、', ',', '，', '。']).map(fold).filter(|term| !term.is_empty()).collect();
    terms.windows(RECITED_TERMS).any(|in_order| folded.contains(&in_order.concat()))
}

/// Fast speakers reach eight Mandarin syllables, or twenty English letters, a second; a few more are granted to short pieces.
fn most_characters(evidence: &Evidence<'_>) -> usize {
    let (a_second, granted) = match evidence.lang {
        Lang::Zh => (10, 5),
        Lang::En => (25, 12),
    };
    (evidence.audio_ms as usize * a_second).div_ceil(1000) + granted
}

/// What fits between the first sound of the voice and the last.
fn most_syllables(evidence: &Evidence<'_>) -> usize {
    let a_second = match evidence.lang {
        Lang::Zh => 8,
        Lang::En => 20,
    };
    (evidence.speech_ms as usize * a_second).div_ceil(1000)
}

/// Nobody says more than seven digits a second: what is beyond that is a loop, though numbers do repeat digits.
fn most_digits(audio_ms: u32) -> usize {
    (audio_ms as usize * 7).div_ceil(1000) + 1
}

/// What a loop repeats, once: `471047104` → `4710`.
fn period(looped: &str) -> Option<String> {
    let all: Vec<char> = looped.chars().collect();
    let length = (1..=all.len() / 2).find(|&length| all.iter().zip(all.iter().skip(length)).all(|(a, b)| a == b))?;
    Some(all.into_iter().take(length).collect())
}

/// Letters, digits and characters only, simplified, lower case.
fn fold(text: &str) -> String {
    to_simplified(text).chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a piece of several characters stands three times in a row somewhere.
fn repeats_itself(folded: &str) -> bool {
    let characters: Vec<char> = folded.chars().collect();
    (0..characters.len()).filter_map(|at| characters.get(at..)).any(|rest| {
        let unit = looping_unit(rest, REPEATED_TIMES);
        unit.is_some_and(|(length, _)| length > 1)
    })
}

/// `我要我要我要我要查话费` → `我要查话费`, whatever stands between. Digits may repeat: numbers do.
fn collapse_loops(text: &str) -> String {
    let letters: Vec<(usize, char)> = text.char_indices().filter(|(_, character)| character.is_alphanumeric()).collect();
    let characters: Vec<char> = letters.iter().map(|(_, character)| *character).collect();
    let begin = |at: usize| letters.get(at).map_or(text.len(), |(index, _)| *index);
    let mut kept = text.get(..begin(0)).unwrap_or_default().to_owned();
    let mut at = 0;
    while let Some(rest) = characters.get(at..).filter(|rest| !rest.is_empty()) {
        let (unit, times) = looping_unit(rest, LOOP_TIMES).unwrap_or((1, 1));
        kept.push_str(text.get(begin(at)..begin(at + unit)).unwrap_or_default());
        at += unit * times;
    }
    kept
}

/// Length of the unit that `rest` begins with and how often it stands there, when several characters stand there `least` times.
fn looping_unit(rest: &[char], least: usize) -> Option<(usize, usize)> {
    (1..=LOOP_LONGEST_UNIT).find_map(|length| {
        let unit = rest.get(..length)?;
        let times = rest.chunks_exact(length).take_while(|chunk| *chunk == unit).count();
        let one_character = unit.iter().all(|character| Some(character) == unit.first());
        let wanted = match (length, one_character) {
            (1, _) => LOOP_TIMES_OF_ONE,
            (_, true) => return None,
            _ => least,
        };
        (times >= wanted && !unit.iter().any(|&character| is_digit(character))).then_some((length, times))
    })
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit() || "零〇一二三四五六七八九十幺两".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SURE: Evidence<'_> = Evidence { lang: Lang::Zh, audio_ms: 3_000, speech_ms: 2_400, confidence: 0.9, prompt: "" };

    #[track_caller]
    fn check(text: &str, evidence: Evidence<'_>, expected: Result<&str, Withheld>) {
        assert_eq!(believable(text, &evidence), expected.map(str::to_owned));
    }

    #[track_caller]
    fn invented(text: &str) {
        check(text, SURE, Err(Withheld::KnownInvention(text.to_owned())));
    }

    #[test]
    fn known_inventions() {
        invented("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目");
        invented("請不吝點贊 訂閱 轉發");
        invented("字幕by索兰娅");
        invented("謝謝觀看");
        invented("Thanks for watching!");
        invented("Subtitles by the Amara.org community");
        check("谢谢", SURE, Ok("谢谢"));
        check("我要订阅一个流量包", SURE, Ok("我要订阅一个流量包"));
        check("Thank you.", SURE, Ok("Thank you."));
        check("。", SURE, Ok(""));
    }

    #[test]
    fn what_it_is_not_sure_of() {
        check("转人工", Evidence { confidence: 0.28, ..SURE }, Err(Withheld::Unsure("转人工".into())));
        check("是的", Evidence { confidence: 0.4, ..SURE }, Ok("是的"));
    }

    #[test]
    fn runaways_and_loops() {
        let long = "我要查话费".repeat(9);
        check(&long, SURE, Err(Withheld::RunAway(long.clone())));
        check("我要我要我要我要查话费", SURE, Ok("我要查话费"));
        check("请问问问问问问问问", SURE, Err(Withheld::RunAway("请问问问问问问问问".into())));
        check("我要查话费费费费费费费", SURE, Ok("我要查话费"));
        check("哈哈哈哈", SURE, Ok("哈哈哈哈"));
        check("不要不要不要", SURE, Ok("不要不要不要"));
        check("一三八八八八八八八八八", SURE, Ok("一三八八八八八八八八八"));
        check("12121212", SURE, Ok("12121212"));
        check("零一零一零一零一", SURE, Ok("零一零一零一零一"));
        check("okay then okay then okay then okay then ", Evidence { lang: Lang::En, ..SURE }, Ok("okay then "));
    }

    #[test]
    fn a_word_repeated_faster_than_anyone_speaks() {
        let within = |speech_ms| Evidence { speech_ms, ..SURE };
        let four_times = "转人工,转人工,转人工,转人工";
        check(four_times, within(700), Err(Withheld::RunAway(four_times.into())));
        check(four_times, within(2_400), Ok("转人工,"));
        check("不要，不要，不要", within(600), Err(Withheld::RunAway("不要，不要，不要".into())));
        check("不要，不要，不要", within(1_100), Ok("不要，不要，不要"));
        check("我不要不要不要", within(500), Err(Withheld::RunAway("我不要不要不要".into())));
        let agent = "agent agent agent";
        check(agent, Evidence { lang: Lang::En, ..within(600) }, Err(Withheld::RunAway(agent.into())));
        check("我要投诉你们", within(500), Ok("我要投诉你们"));
    }

    #[test]
    fn digits_faster_than_anyone_speaks() {
        let short = |lang| Evidence { lang, audio_ms: 600, ..SURE };
        check("8 8 8 8 8 8 8 8 8 8 8", short(Lang::En), Ok("8"));
        check("四七一零四七一零四七一零四七", Evidence { audio_ms: 1_500, ..SURE }, Ok("四七一零"));
        assert!(believable("1029384756", &short(Lang::En)).is_err());
        check("88888", short(Lang::Zh), Ok("88888"));
        check("13888888888", SURE, Ok("13888888888"));
    }

    #[test]
    fn terms_recited_in_order() {
        let heard = |text: &str| {
            let sure = Evidence { prompt: "话费、余额、投诉、转人工、挂失、国际漫游。", ..SURE };
            believable(text, &sure).is_ok()
        };
        assert!(!heard("转人工、挂失、国际漫游。"));
        assert!(heard("我要转人工"));
        assert!(heard("话费余额"));
    }

    #[test]
    fn echoes_of_the_prompt() {
        let unsure = Evidence { confidence: 0.4, prompt: "国际漫游、来电显示、套餐。", ..SURE };
        check("漫游、来电显示。", unsure, Err(Withheld::KnownInvention("漫游、来电显示。".into())));
        check("漫游套餐", unsure, Ok("漫游套餐"));
        check("漫游、来电显示。", Evidence { confidence: 0.8, ..unsure }, Ok("漫游、来电显示。"));
    }

    proptest! {
        #[test]
        fn never_longer_than_what_was_recognised(text in "[a-z0-9 我要查话费。]{0,80}", audio_ms in 0u32..30_000) {
            if let Ok(kept) = believable(&text, &Evidence { audio_ms, ..SURE }) {
                prop_assert!(kept.chars().count() <= text.chars().count());
            }
        }
    }
}
