//! Faults of authors, each with its place and a reason that says what to do.

use crate::dialog::rehearsal::{sources, world};
use crate::dialog::{Flows, Source};

/// A flow that has no faults; tests change one line of it.
const FLOW: &str = "\
flow: test_plan
triggers: [query_plan]
slots:
  month:
    type: month
    grammar: month
    ask: which
    again: [which]
steps:
  - ask: month
  - look_up: bill
    with: { month: month }
  - say: told
prompts:
  which:
    zh: [哪个月的？, 请说月份。]
    en: [Which month?, The month please.]
  told:
    zh: [\"一共{{ bill.total | money }}。\"]
    en: [\"It is {{ bill.total | money }}.\"]
";

/// The service's file and one flow, so that the example's intent is still free.
fn few_sources() -> Vec<Source> {
    sources().into_iter().filter(|source| matches!(source.name.as_str(), "service.yaml" | "query_bill.yaml")).collect()
}

fn faults(flow: &str) -> Vec<String> {
    let mut all = few_sources();
    all.push(Source { name: "test_plan.yaml".into(), text: flow.into() });
    match Flows::check(&all, &world()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

/// `FLOW` with `from` replaced has exactly these faults.
#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(FLOW.contains(from), "{from}");
    assert_eq!(faults(&FLOW.replacen(from, to, 1)), expected);
}

#[test]
fn the_example_is_whole() {
    assert_eq!(faults(FLOW), Vec::<String>::new());
}

#[test]
fn names_are_known() {
    check("[query_plan]", "[query_plam]", &["test_plan.yaml:2:12: unknown intent `query_plam`"]);
    check("[query_plan]", "[query_bill]", &["test_plan.yaml:2:12: intent `query_bill` already starts `query_bill`"]);
    check("- ask: month", "- ask: mouth", &["test_plan.yaml:10:10: unknown slot `mouth`"]);
    check("say: told", "say: tolled", &["test_plan.yaml:13:10: unknown prompt `tolled`"]);
    check(
        "look_up: bill",
        "look_up: bills",
        &[
            "test_plan.yaml:11:14: unknown operation `bills`",
            "test_plan.yaml:19:5: prompt `test_plan.told` uses `bill.total`, which nothing sets",
        ],
    );
    check("say: told", "goto: there", &["test_plan.yaml:13:11: unknown step `there`"]);
    check(
        "type: month",
        "type: moon",
        &[
            "test_plan.yaml:5:11: unknown slot type `moon`",
            "test_plan.yaml:10:10: unknown slot `month`",
            "test_plan.yaml:12:20: nothing sets `month`",
        ],
    );
    check("- say: told", "- forget: mouth", &["test_plan.yaml:13:13: unknown slot `mouth`"]);
    check("flow: test_plan", "flow: other", &["test_plan.yaml:1:7: the flow is named `other`, the file is not"]);
    check(
        "bill.total | money }}。",
        "bill.sum | money }}。",
        &["test_plan.yaml:19:5: prompt `test_plan.told` uses `bill.sum`, which nothing sets"],
    );
}

#[test]
fn grammars_exist_in_both_languages() {
    check(
        "grammar: month",
        "grammar: moon",
        &[
            "test_plan.yaml:6:14: there is no grammar grammars/en/moon.grxml",
            "test_plan.yaml:6:14: there is no grammar grammars/zh/moon.grxml",
        ],
    );
}

#[test]
fn arguments_fit_the_operation() {
    check("{ month: month }", "{ moon: month }", &["test_plan.yaml:12:19: `bill` takes no argument `moon`"]);
    check(
        "look_up: bill",
        "look_up: verify_pin",
        &[
            "test_plan.yaml:11:14: `verify_pin` needs the argument `pin`",
            "test_plan.yaml:12:20: `verify_pin` takes no argument `month`",
            "test_plan.yaml:19:5: prompt `test_plan.told` uses `bill.total`, which nothing sets",
        ],
    );
}

#[test]
fn changes_are_guarded() {
    check(
        "look_up: bill\n    with: { month: month }",
        "look_up: report_loss\n    into: bill",
        &[
            "test_plan.yaml:11:14: `report_loss` changes something: it needs a `change` step",
            "test_plan.yaml:19:5: prompt `test_plan.told` uses `bill.total`, which nothing sets",
        ],
    );
    check(
        "  - say: told",
        "  - change: report_loss",
        &["test_plan.yaml:13:5: a change needs `verify` (the prompt that asks for the service password) and `confirm`"],
    );
}

#[test]
fn keys_of_a_choice_are_single_and_for_choices() {
    let slot = "    type: month\n    grammar: month\n";
    let wrong = "    type: data_volume\n    grammar: data_volume\n    keys: { \"1\": 5 GB, \"2\": much, \"10\": 1 GB }\n";
    let found = faults(&FLOW.replacen(slot, wrong, 1).replacen("{ month: month }", "{}", 1));
    assert_eq!(
        found,
        ["test_plan.yaml:7:29: `much` is no volume of data: 5 GB, 500 MB", "test_plan.yaml:7:41: `10` is no key of a choice: 1 to 9",]
    );
    let number = format!("{slot}    keys: {{ \"1\": one }}\n");
    let found = faults(&FLOW.replacen(slot, &number, 1));
    assert_eq!(found, ["test_plan.yaml:7:18: `keys` belong to slots of type text, plan and data_volume; numbers are keyed in as they are"]);
}

#[test]
fn steps_do_one_thing() {
    check("say: told", "say: told\n    goto: x", &["test_plan.yaml:13:5: a step does one thing, this one 2: say, goto"]);
    check("say: told", "say: told\n    yes: []", &["test_plan.yaml:13:5: `yes` does not belong to this step"]);
}

#[test]
fn prompts_keep_the_rules() {
    check("    en: [Which month?, The month please.]\n", "", &["test_plan.yaml:16:5: prompt `which` has no text in `en`"]);
    check("请说月份。", "请说月份！", &["test_plan.yaml:16:17: `！` is never said"]);
    check("请说月份。", "<speak>请说<break time='300ms'/>月份。</speak>", &[]);
    check("请说月份。", "<speak>请说<pause/>月份。</speak>", &["test_plan.yaml:16:17: markup: 1:10: <pause> is not an element of SSML"]);
    check("请说月份。", "<speak>请你说月份。</speak>", &["test_plan.yaml:16:17: `你` is never said"]);
    check("请说月份。", "请你说月份。", &["test_plan.yaml:16:17: `你` is never said"]);
    check("哪个月的？", "哪个月的？请说。", &["test_plan.yaml:16:10: a question stands before the end"]);
    check("Which month?", "Thank you and thanks.", &["test_plan.yaml:17:10: thanks and apologies are said once: thank"]);
    check(
        "哪个月的？",
        "请您慢慢告诉我您现在想要查询哪一个月份的账单？",
        &["test_plan.yaml:16:5: prompt `test_plan.which`: a sentence of 22 syllables before the caller may speak; 20 at most"],
    );
    check(
        "请说月份。",
        "查询您上个月的全部账单明细请按一。",
        &["test_plan.yaml:16:5: prompt `test_plan.which`: a menu line of 16 syllables; 12 at most"],
    );
}

#[test]
fn templates_compile() {
    let found = faults(&FLOW.replacen("bill.total | money }}。", "bill.total | money }。", 1));
    assert!(found.first().is_some_and(|fault| fault.starts_with("test_plan.yaml:19:10: syntax error")), "{found:?}");
}

#[test]
fn shapes_are_faults_with_a_place() {
    let found = faults(&FLOW.replacen("steps:", "stepps:", 1));
    assert!(found.first().is_some_and(|fault| fault.starts_with("test_plan.yaml:9:") && fault.contains("stepps")), "{found:?}");
}

#[test]
fn all_faults_come_at_once() {
    let flow = FLOW.replacen("[query_plan]", "[query_plam]", 1).replacen("- ask: month", "- ask: mouth", 1).replacen(
        "say: told",
        "say: tolled",
        1,
    );
    assert_eq!(faults(&flow).len(), 3);
}

#[test]
fn the_service_needs_its_prompts() {
    let all: Vec<Source> =
        sources().into_iter().map(|source| Source { text: source.text.replacen("  farewell:\n", "  fare_well:\n", 1), ..source }).collect();
    let faults = Flows::check(&all, &world()).map(|_| ()).unwrap_err();
    let reasons: Vec<String> = faults.iter().map(|fault| fault.reason.clone()).collect();
    assert_eq!(reasons, ["prompt `farewell` is missing: the last sentence"]);
}

/// A flow that calls of ours begin with.
const REMINDER: &str = "\
flow: test_plan
outbound:
  needs: { name: text }
  takes: { due: date }
help: help
steps:
  - say: told
  - outcome: told
prompts:
  help: { zh: [我们来电提醒。], en: [We call to remind you.] }
  told: { zh: ['{{ name }}，请注意。'], en: ['{{ name }}, please note.'] }
";

#[test]
fn what_begins_calls_of_ours_says_what_it_needs_and_what_they_came_to() {
    assert_eq!(faults(REMINDER), Vec::<String>::new());
    let check = |from: &str, to: &str, expected: &str| {
        assert!(REMINDER.contains(from), "{from}");
        let found = faults(&REMINDER.replacen(from, to, 1));
        assert!(found.first().is_some_and(|fault| fault.starts_with(expected)), "{found:?}");
    };
    check("outcome: told", "outcome: opt_out", "test_plan.yaml:8:14: unknown outcome `opt_out`: told, confirmed");
    check("outcome: told", "outcome: told\n    with: { at: now }", "test_plan.yaml:9:17: the outcome `told` takes no argument `at`");
    check("outcome: told", "say: told", "test_plan.yaml:1:7: no step says what the call came to");
    check("help: help\n", "", "test_plan.yaml:3:3: calls of ours need `help`");
    check("  takes:", "  machine: told\n  takes:", "test_plan.yaml:12:9: prompt `test_plan.told` uses `name`, which nothing sets");
    check("{ name: text }", "{ name: word }", "test_plan.yaml:3:18: unknown type `word` of `name`: text, number");
    check("{ due: date }", "{ name: date }", "test_plan.yaml:4:18: `name` stands under `needs` already");
    check(
        "help: help",
        "triggers: [query_plan]\nhelp: help",
        "test_plan.yaml:5:12: calls of ours begin with this flow, so it has no triggers",
    );
    check("{{ name }}，", "{{ named }}，", "test_plan.yaml:11:9: prompt `test_plan.told` uses `named`, which nothing sets");
    check("outbound:\n  needs: { name: text }\n  takes: { due: date }\n", "", "test_plan.yaml:1:7: nothing starts this flow");
    check(
        "outbound:\n  needs: { name: text }\n  takes: { due: date }\n",
        "triggers: [query_plan]\n",
        "test_plan.yaml:6:14: only a flow that begins calls of ours",
    );
}

/// A part that deals with replies, and a flow that takes it in twice.
const PART: &str = "\
part: caught
slots:
  at: { type: moment, ask: at, again: [at] }
steps:
  - if: said == \"busy\"
    then:
      - goto: busy
  - if: said == \"who\"
    then:
      - say: who
      - ask_again: short
    else:
      - goto: on
  - id: busy
    ask: at
  - id: on
    set: { at_last: said }
prompts:
  at: { zh: [什么时候？, 几点？], en: [When?, What time?] }
  who: { zh: [我是语音助手。, 这里是听说电信。], en: [I am the assistant., This is Tingshuo.] }
";
const ASKING: &str = "\
flow: test_plan
triggers: [query_plan]
slots:
  first: { type: text, grammar: yes_no, replies: caught, keys: { \"1\": \"yes\" }, ask: first, again: [first] }
  second: { type: text, grammar: yes_no, replies: caught, ask: first, again: [first] }
steps:
  - ask: first
  - ask: second
prompts:
  first: { zh: [好吗？, 可以吗？], en: [All right?, Is it?] }
";

fn faults_with_part(part: &str, flow: &str) -> Vec<String> {
    let mut all = few_sources();
    all.push(Source { name: "parts/caught.yaml".into(), text: part.into() });
    all.push(Source { name: "test_plan.yaml".into(), text: flow.into() });
    Flows::check(&all, &world()).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_part_stands_behind_every_question_that_names_it() {
    assert_eq!(faults_with_part(PART, ASKING), Vec::<String>::new());
    let check = |part: (&str, &str), flow: (&str, &str), expected: &str| {
        assert!(PART.contains(part.0) && ASKING.contains(flow.0), "{part:?} {flow:?}");
        let found = faults_with_part(&PART.replacen(part.0, part.1, 1), &ASKING.replacen(flow.0, flow.1, 1));
        assert!(found.first().is_some_and(|fault| fault.starts_with(expected)), "{found:?}");
    };
    let same = ("", "");
    check(same, ("replies: caught", "replies: cought"), "test_plan.yaml:4:50: there is no part `cought`");
    check(("part: caught", "part: other"), same, "parts/caught.yaml:1:7: the part is named `other`, the file is not");
    check(("goto: busy", "goto: bussy"), same, "parts/caught.yaml:7:15: unknown step `bussy`");
    check(("ask_again: short", "ask_again: twice"), same, "parts/caught.yaml:11:20: `twice`: the question is put again `whole` or `short`");
    check(("say: who", "say: whom"), same, "parts/caught.yaml:10:14: unknown prompt `whom`");
    check(("set: { at_last: said }", "include: caught"), same, "parts/caught.yaml:17:14: part `caught` stands in itself");
    check(same, ("  - ask: second", "  - include: caught"), "parts/caught.yaml:11:20: `ask_again` belongs to a part");
    check(same, ("\"1\": \"yes\"", "\"1\": maybe"), "test_plan.yaml:4:71: `maybe` has no words under `choices`");
}
