//! Who gets which order, and when somebody is warned.

use super::*;
use crate::care::Classes;
use jiff::civil::date;
use proptest::prelude::*;

fn rules() -> Rules {
    Rules::built_in(&Classes::built_in())
}

fn order(class: &str, kind: &str, area: Option<&str>, level: Option<&str>) -> OrderRow {
    let created = date(2026, 11, 22).at(9, 0, 0, 0);
    OrderRow {
        number: "2611220001".into(),
        class: class.into(),
        kind: kind.into(),
        priority: "normal".into(),
        customer: None,
        level: level.map(str::to_owned),
        area: area.map(str::to_owned),
        lang: Lang::Zh,
        call: None,
        state: "open".into(),
        taker: None,
        text: String::new(),
        details: Record::new(),
        created,
        counted_from: created,
        due: created + SignedDuration::from_hours(24),
        incident: None,
        repeats: 0,
    }
}

fn loads(all: &[(&str, u32)]) -> BTreeMap<String, Load> {
    all.iter().map(|(taker, open)| ((*taker).to_owned(), Load { open: *open, ever: *open })).collect()
}

#[track_caller]
fn goes(order: &OrderRow, all: &[(&str, u32)], expected: Option<&str>) {
    assert_eq!(rules().choose(order, &loads(all)), expected);
}

#[test]
fn an_order_goes_to_who_may_take_it_and_has_fewest() {
    goes(&order("broadband_fault", "", Some("west"), None), &[], Some("field_west_1"));
    goes(&order("broadband_fault", "", Some("west"), None), &[("field_west_1", 1), ("field_reserve", 9)], Some("field_west_2"));
    goes(&order("broadband_fault", "", None, None), &[("field_east_1", 1)], Some("field_east_2"));
    goes(&order("complaint", "nuisance", None, None), &[("complaints_1", 3), ("complaints_2", 2)], Some("complaints_2"));
    goes(&order("complaint", "billing", None, Some("silver")), &[], Some("billing_1"));
    goes(&order("complaint", "billing", None, Some("gold")), &[], Some("key_accounts"));
    goes(&order("suggestion", "", None, Some("gold")), &[], Some("back_office_1"));
}

#[test]
fn who_is_full_is_passed_over_and_the_next_rule_helps() {
    let full = [("field_east_1", 40), ("field_east_2", 40), ("field_reserve", 60)];
    goes(&order("broadband_fault", "", Some("east"), None), &full, Some("field_west_1"));
    goes(&order("complaint", "billing", None, Some("gold")), &[("key_accounts", 120)], Some("billing_1"));
    goes(&order("network_fault", "", None, None), &[("network_1", 80), ("network_2", 80), ("field_reserve", 60)], Some("back_office_1"));
    let rules = rules();
    let everybody: Vec<(&str, u32)> = rules.takers.iter().map(|taker| (taker.name.as_str(), taker.most)).collect();
    goes(&order("network_fault", "", None, None), &everybody, None);
}

#[test]
fn areas_are_found_in_what_is_said() {
    let rules = rules();
    let details = |name: &str, text: &str| Record::from([(name.to_owned(), Value::Text(text.into()))]);
    assert_eq!(rules.area_of(&details("place", "城南汽车站附近"), "大学城"), Some("south"));
    assert_eq!(rules.area_of(&details("since", "昨天"), "我在大学城上不了网"), Some("west"));
    assert_eq!(rules.area_of(&Record::new(), "家里"), None);
    assert_eq!(rules.area_named("South Town"), Some("south"));
    assert_eq!(rules.area_named("east"), Some("east"));
}

#[test]
fn warnings_come_at_their_share_of_the_time() {
    let rules = rules();
    let order = OrderRow { taker: Some("billing_1".into()), ..order("billing_dispute", "", None, None) };
    let at = |hour: i8, minute: i8| date(2026, 11, 23).at(hour, minute, 0, 0);
    let stages = |now| rules.warnings_by(&order, now).into_iter().map(|due| (due.stage, due.receiver)).collect::<Vec<_>>();
    assert_eq!(stages(at(2, 59)), []);
    assert_eq!(stages(at(3, 0)), [("due_soon".to_owned(), "billing_1".to_owned())]);
    assert_eq!(stages(at(9, 0)).last().unwrap(), &("overdue".to_owned(), "care_lead".to_owned()));
    assert_eq!(stages(at(21, 0)).last().unwrap(), &("long_overdue".to_owned(), "duty_manager".to_owned()));
    assert_eq!(rules.next_warning(order.counted_from, order.due, at(3, 0)), Some(at(9, 0)));
    assert_eq!(rules.next_warning(order.counted_from, order.due, at(21, 0)), None);
    let nobodys = OrderRow { taker: None, ..order.clone() };
    assert_eq!(rules.warnings_by(&nobodys, at(3, 0))[0].receiver, "duty_manager");
}

proptest! {
    #[test]
    fn between_equals_the_load_differs_by_one_at_most(orders in prop::collection::vec(0usize..6, 1..200)) {
        let rules = rules();
        let mut loads: BTreeMap<String, Load> = BTreeMap::new();
        for which in orders {
            let order = match which {
                0 => order("network_fault", "", None, None),
                1 => order("complaint", "other", None, None),
                2 => order("complaint", "billing", None, None),
                3 => order("billing_dispute", "", None, None),
                area => order("broadband_fault", "", Some(["east", "west"][area - 4]), None),
            };
            if let Some(taker) = rules.choose(&order, &loads) {
                let load = loads.entry(taker.to_owned()).or_default();
                *load = Load { open: load.open + 1, ever: load.ever + 1 };
            }
        }
        for one in &rules.takers {
            for other in rules.takers.iter().filter(|other| (&other.skills, &other.areas, other.most) == (&one.skills, &one.areas, one.most)) {
                let open = |taker: &Taker| loads.get(&taker.name).map_or(0, |load| load.open);
                prop_assert!(open(one).abs_diff(open(other)) <= 1, "{} {} and {} {}", one.name, open(one), other.name, open(other));
            }
        }
    }
}

#[track_caller]
fn rejected(from: &str, to: &str, expected: &str) {
    let text = include_str!("../../../care/dispatch.yaml");
    assert!(text.contains(from), "{from}");
    let faults = Rules::parse("dispatch.yaml", &text.replacen(from, to, 1), &Classes::built_in()).unwrap_err();
    assert!(faults.iter().any(|fault| fault.to_string().contains(expected)), "{faults:?}");
}

#[test]
fn faults_have_their_place_and_say_what_is_wrong() {
    rejected("skill: network }", "skill: magic }", "dispatch.yaml:40:40: nobody has the skill `magic`");
    rejected("kinds: [billing,", "kinds: [biling,", "there is no kind `biling`");
    rejected("areas: [east]", "areas: [moon]", "there is no area `moon`");
    rejected("levels: [gold,", "levels: [golden,", "there is no level `golden`");
    rejected("classes: [network_fault]", "classes: [net]", "there is no class `net`");
    rejected("  - { skill: general }\n", "", "no rule takes every order of the class `callback`");
    rejected("name: field_east_2", "name: field_east_1", "`field_east_1` is there twice");
    rejected("most: 80", "most: 0", "`network_1` could never take an order");
    rejected("percent: 100", "percent: 60", "in the order of their percentages");
    rejected("reports: 30", "reports: 1", "an incident is at least 2 reports");
    rejected("minutes: 10", "minutes: 10, seconds: 3", "seconds");
    rejected("to: lead", "to: nobody", "nobody");
}
