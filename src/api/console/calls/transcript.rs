//! What was said in a call, side by side with when it was said and what was understood.

use super::intent_word;
use crate::api::console::format::value;
use crate::security::{Role, sight};
use crate::store::{CallRecord, Turn};
use crate::text::{Lang, Value};

/// One side's words until the other speaks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::api::console) struct Bubble {
    /// `caller` or `service`.
    pub who: &'static str,
    pub words: Vec<Words>,
    /// Of the caller's turn: its number, 0 for the service.
    pub turn: u32,
    pub confidence_percent: u32,
    /// `low`, `middle` or `high`.
    pub confidence: &'static str,
    pub understood: String,
    pub decision: String,
    pub slots: Vec<(String, String)>,
    pub waterfall: Vec<Segment>,
    pub waited_ms: u32,
}

/// Words with the moment of the call at which they began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api::console) struct Words {
    pub at_ms: Option<u32>,
    pub text: String,
}

/// A part of the wait after the caller's last sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api::console) struct Segment {
    /// Of style and words.
    pub name: &'static str,
    pub word: &'static str,
    pub from_ms: u32,
    pub ms: u32,
}

/// The conversation in the order in which it was heard, as a role sees it.
pub(in crate::api::console) fn transcript(call: &CallRecord, lang: Lang, role: Role) -> Vec<Bubble> {
    let mut heard: Vec<(u32, Bubble)> = call.turns.iter().filter(|turn| turn.n > 0).map(|turn| caller(turn, lang, role)).collect();
    let said = call.events.iter().filter(|event| event.kind == "said_began");
    let said: Vec<(u32, Words)> = said
        .filter_map(|event| match event.detail.get("text") {
            Some(Value::Text(text)) => Some((event.at_ms, Words { at_ms: Some(event.at_ms), text: text.clone() })),
            _ => None,
        })
        .collect();
    let mut bubbles: Vec<Bubble> = Vec::new();
    if said.is_empty() {
        // A call in text: only its turns are kept.
        for (turn, (_, bubble)) in call.turns.iter().filter(|turn| turn.n > 0).zip(heard) {
            bubbles.push(bubble);
            bubbles.push(Bubble { who: "service", words: vec![Words { at_ms: None, text: turn.said.clone() }], ..Bubble::default() });
        }
        bubbles.retain(|bubble| bubble.words.iter().any(|words| !words.text.is_empty()));
        return bubbles;
    }
    heard.sort_by_key(|(at, _)| *at);
    let mut heard = heard.into_iter().peekable();
    for (at, words) in said {
        while let Some((_, bubble)) = heard.next_if(|(moment, _)| *moment <= at) {
            bubbles.push(bubble);
        }
        match bubbles.last_mut() {
            Some(last) if last.who == "service" => last.words.push(words),
            _ => bubbles.push(Bubble { who: "service", words: vec![words], ..Bubble::default() }),
        }
    }
    bubbles.extend(heard.map(|(_, bubble)| bubble));
    bubbles.retain(|bubble| bubble.words.iter().any(|words| !words.text.is_empty()));
    bubbles
}

fn caller(turn: &Turn, lang: Lang, role: Role) -> (u32, Bubble) {
    let at = turn.ms.speech_end.or(turn.ms.endpoint).or(turn.ms.decided).unwrap_or(0);
    let waterfall = waterfall(turn);
    let bubble = Bubble {
        who: "caller",
        words: vec![Words { at_ms: turn.ms.speech_end, text: turn.heard.clone() }],
        turn: turn.n,
        confidence_percent: (turn.confidence.clamp(0.0, 1.0) * 100.0).round() as u32,
        confidence: match turn.confidence {
            confidence if confidence < 0.45 => "low",
            confidence if confidence < 0.75 => "middle",
            _ => "high",
        },
        understood: turn.intent.as_deref().map(|intent| intent_word(lang, intent)).unwrap_or_default(),
        decision: turn.decision.clone(),
        slots: turn.slots.iter().map(|(name, held)| (name.replace('_', " "), sight::field(role, name, &value(lang, held)))).collect(),
        waited_ms: waterfall.iter().map(|segment| segment.ms).sum(),
        waterfall,
    };
    (at, bubble)
}

/// From the last voiced frame to the first sound of the reply, part by part.
fn waterfall(turn: &Turn) -> Vec<Segment> {
    let Some(began) = turn.ms.speech_end else { return Vec::new() };
    let moments = [
        ("endpoint", "wait.endpoint", turn.ms.endpoint),
        ("text", "wait.text", turn.ms.text),
        ("decided", "wait.decided", turn.ms.decided),
        ("voice", "wait.voice", turn.ms.first_sample),
    ];
    let (mut last, mut segments) = (began, Vec::new());
    for (name, word, moment) in moments {
        let Some(moment) = moment else { continue };
        let ms = moment.saturating_sub(last);
        segments.push(Segment { name, word, from_ms: last - began, ms });
        last = last.max(moment);
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{CallEvent, Waterfall};
    use crate::text::Record;
    use jiff::civil::date;

    fn said(at_ms: u32, text: &str) -> CallEvent {
        CallEvent { at_ms, kind: "said_began".into(), detail: Record::from([("text".into(), Value::Text(text.into()))]) }
    }

    fn turn(n: u32, heard: &str, end: Option<u32>) -> Turn {
        let ms = Waterfall {
            speech_end: end,
            endpoint: end.map(|end| end + 620),
            text: end.map(|end| end + 700),
            decided: end.map(|end| end + 700),
            first_sample: end.map(|end| end + 740),
        };
        Turn { n, heard: heard.into(), confidence: 0.5, intent: Some("query_bill".into()), said: format!("答{n}"), ms, ..Turn::default() }
    }

    fn call(turns: Vec<Turn>, events: Vec<CallEvent>) -> CallRecord {
        let opened = date(2026, 11, 22).at(9, 30, 0, 0);
        CallRecord {
            id: "c1".into(),
            edition: String::new(),
            caller: None,
            lang: Lang::Zh,
            opened,
            is_test: false,
            ending: None,
            turns,
            events,
        }
    }

    #[test]
    fn both_sides_stand_in_the_order_in_which_they_were_heard() {
        let call = call(vec![turn(1, "查账单", Some(5000))], vec![said(0, "您好。"), said(2000, "请说。"), said(5740, "一百元。")]);
        let bubbles = transcript(&call, Lang::Zh, Role::Agent);
        let shown: Vec<(&str, usize)> = bubbles.iter().map(|bubble| (bubble.who, bubble.words.len())).collect();
        assert_eq!(shown, [("service", 2), ("caller", 1), ("service", 1)]);
        let parts: Vec<(&str, u32, u32)> = bubbles[1].waterfall.iter().map(|part| (part.name, part.from_ms, part.ms)).collect();
        assert_eq!(parts, [("endpoint", 0, 620), ("text", 620, 80), ("decided", 700, 0), ("voice", 700, 40)]);
        assert_eq!((bubbles[1].waited_ms, bubbles[1].confidence, bubbles[1].understood.as_str()), (740, "middle", "查账单"));
    }

    #[test]
    fn a_call_in_text_is_shown_from_its_turns() {
        let bubbles = transcript(&call(vec![turn(1, "查账单", None), turn(2, "", None)], Vec::new()), Lang::Zh, Role::Agent);
        let shown: Vec<(&str, &str)> = bubbles.iter().map(|bubble| (bubble.who, bubble.words[0].text.as_str())).collect();
        assert_eq!(shown, [("caller", "查账单"), ("service", "答1"), ("service", "答2")]);
        assert!(bubbles[0].waterfall.is_empty());
    }
}
