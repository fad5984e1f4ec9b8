//! What the knowledge base says things cost is what the operator charges.

use std::path::Path;
use tingshuo::business::{DemoOperator, Operator, Request, clock};
use tingshuo::nlu::knowledge::Knowledge;
use tingshuo::store::Database;
use tingshuo::text::{Lang, PhoneNumber, Record, Value};

type Price = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

/// An entry, and what the operator is asked (operation, arguments, field) whose price the entry has to name.
const PRICES: &[Price] = &[
    ("roaming_price", "roaming", &[("region", "asia")], "day_price"),
    ("roaming_price", "roaming", &[("region", "europe")], "day_price"),
    ("roaming_price", "roaming", &[("region", "america")], "day_price"),
    ("roaming_price", "roaming", &[("region", "world")], "day_price"),
    ("roaming_hk_macau", "roaming", &[("region", "hmt")], "day_price"),
    ("ring_back_tone", "service", &[("service", "ringtone")], "fee"),
    ("data_pack_prices", "pack_offer", &[("volume", "5 GB")], "price"),
    ("data_pack_prices", "pack_offer", &[("volume", "10 GB")], "price"),
    ("data_pack_prices", "pack_offer", &[("volume", "20 GB")], "price"),
    ("plan_cheapest", "plan_offer", &[("plan", "light_29")], "fee"),
    ("plan_cheapest", "plan_offer", &[("plan", "light_29")], "data"),
    ("plan_family", "plan_offer", &[("plan", "family_169")], "fee"),
    ("plan_family", "plan_offer", &[("plan", "family_169")], "data"),
    ("plan_list", "plan_offer", &[("plan", "light_29")], "fee"),
    ("plan_list", "plan_offer", &[("plan", "enjoy_199")], "fee"),
    ("plan_list", "plan_offer", &[("plan", "family_169")], "fee"),
];

fn argument(name: &str, written: &str) -> Value {
    match name {
        "volume" => Value::Volume(written.trim_end_matches(" GB").parse::<u64>().unwrap() * 1024),
        _ => Value::Text(written.to_owned()),
    }
}

/// How an answer may name it: in words or in figures, without the unit.
fn names(value: &Value, lang: Lang) -> [String; 2] {
    let number = match value {
        Value::Money(money) => money.0 / 100,
        Value::Volume(megabytes) => i64::try_from(megabytes / 1024).unwrap(),
        other => panic!("{other:?} is no price"),
    };
    let spoken = value.spoken(lang, now().date());
    let words = spoken.split([' ', '元', '块', '个']).next().unwrap().to_owned();
    [words, number.to_string()]
}

fn now() -> jiff::civil::DateTime {
    jiff::civil::date(2026, 11, 22).at(9, 30, 0, 0)
}

#[tokio::test]
async fn prices_in_answers_are_those_of_the_operator() {
    let knowledge = Knowledge::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("flows")).unwrap();
    let operator = DemoOperator::new(Database::temporary().await.unwrap(), clock::fixed(now()));
    let mut wrong = Vec::new();
    for (entry, operation, arguments, field) in PRICES {
        let arguments: Record = arguments.iter().map(|(name, written)| ((*name).to_owned(), argument(name, written))).collect();
        let customer = PhoneNumber::parse("13800000001").unwrap();
        let request = Request { customer, operation: (*operation).to_owned(), arguments: arguments.clone(), idempotency_key: None };
        let reply = operator.execute(request).await.unwrap();
        let found = knowledge.entries().iter().find(|found| found.id == *entry).unwrap_or_else(|| panic!("no entry {entry}"));
        for lang in [Lang::Zh, Lang::En] {
            let (answer, names) = (&found.wordings(lang).answer, names(&reply[*field], lang));
            if !names.iter().any(|name| answer.contains(name.as_str())) {
                wrong.push(format!("{entry} ({lang}): {operation} {arguments:?} gives {names:?}; said is {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
