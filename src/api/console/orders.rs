//! Work orders: list, board, one order and what can be done with it.

mod detail;

use super::Console;
use super::format::{distance, moment};
use super::frame::Frame;
use super::listing::{Paging, ROWS, address, given, skip};
use super::pages::{Answer, Fault, html};
use super::words::word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::care::{Handbook, State as OrderState, WorkOrder};
use crate::store::Sought;
use crate::text::Lang;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    detail::routes(routes.get("/console/orders", page))
}

const PATH: &str = "/console/orders";
/// Orders in a column of the board.
const COLUMN: u32 = 30;

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Filters {
    q: Option<String>,
    /// A reference of a telephone number.
    customer: Option<String>,
    state: Option<String>,
    class: Option<String>,
    /// `me` or a name.
    taker: Option<String>,
    /// `waiting`, `overdue`, `all`.
    only: Option<String>,
    /// `board`.
    view: Option<String>,
    page: Option<u32>,
}

/// An order in a list.
pub(super) struct Row {
    pub number: String,
    pub class: String,
    pub kind: String,
    pub text: String,
    /// Of the state: name and words.
    pub state: &'static str,
    pub state_word: &'static str,
    pub priority: &'static str,
    pub priority_word: &'static str,
    pub customer: String,
    pub taker: String,
    pub created: String,
    pub created_ago: String,
    pub due: String,
    pub due_in: String,
    pub is_overdue: bool,
    pub repeats: u32,
}

pub(super) fn state_word(state: OrderState) -> &'static str {
    match state {
        OrderState::Open => "state.open",
        OrderState::Dispatched => "state.dispatched",
        OrderState::InProgress => "state.in_progress",
        OrderState::Done => "state.done",
        OrderState::Closed => "state.closed",
        OrderState::Reopened => "state.reopened",
    }
}

impl Row {
    pub fn new(order: WorkOrder, handbook: &Handbook, lang: Lang, now: DateTime) -> Row {
        let (_, class) = handbook.classes.find_or_call_back(&order.class);
        let kind = order.kind.as_deref().and_then(|kind| class.kinds.get(kind));
        let named = |zh: &str, en: &str| if lang == Lang::Zh { zh.to_owned() } else { en.to_owned() };
        Row {
            class: named(&class.name, &class.name_en),
            kind: kind.map(|kind| named(&kind.name, &kind.name_en)).unwrap_or_default(),
            state: order.state.name(),
            state_word: state_word(order.state),
            priority: order.priority.name(),
            priority_word: match order.priority.name() {
                "urgent" => "priority.urgent",
                "high" => "priority.high",
                _ => "priority.normal",
            },
            customer: order.customer_shown.unwrap_or_default(),
            taker: order.taker.unwrap_or_default(),
            created: moment(order.created),
            created_ago: distance(lang, order.created, now),
            due: moment(order.due),
            due_in: distance(lang, order.due, now),
            is_overdue: order.state.is_pending() && order.due < now,
            repeats: order.repeats,
            number: order.number,
            text: order.text,
        }
    }
}

/// A filter that a click sets or takes away.
struct Chip {
    word: &'static str,
    href: String,
    is_on: bool,
}

/// A choice of a select.
struct Choice {
    value: String,
    text: String,
    is_on: bool,
}

struct Column {
    state_word: &'static str,
    state: &'static str,
    count: u32,
    rows: Vec<Row>,
    href: String,
}

#[derive(Template)]
#[template(path = "orders.html")]
struct Page {
    frame: Frame,
    filters: Filters,
    chips: Vec<Chip>,
    states: Vec<Choice>,
    classes: Vec<Choice>,
    rows: Vec<Row>,
    columns: Vec<Column>,
    paging: Paging,
    list_href: String,
    board_href: String,
}

impl Page {
    fn is_board(&self) -> bool {
        self.filters.view.as_deref() == Some("board")
    }
}

/// What the filters look for, for who looks.
fn sought<'a>(filters: &'a Filters, me: &'a str, now: DateTime) -> Sought<'a> {
    let only = given(&filters.only).unwrap_or("waiting");
    let state = given(&filters.state);
    Sought {
        state,
        class: given(&filters.class),
        taker: given(&filters.taker).map(|taker| if taker == "me" { me } else { taker }),
        // Who asks for a state wants all in it.
        waiting: only == "waiting" && state.is_none(),
        due_before: (only == "overdue").then_some(now),
        text: given(&filters.q),
        customer: given(&filters.customer),
        newest_first: only == "all",
        skip: skip(filters.page),
        most: ROWS,
        ..Sought::default()
    }
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Query(filters): Query<Filters>) -> Answer {
    let frame = Frame::of(&visitor, "orders");
    if given(&filters.state).is_some_and(|state| OrderState::from_name(state).is_none()) {
        return Err(Fault(StatusCode::BAD_REQUEST));
    }
    let (orders, handbook, now) = (&console.sources.orders, console.sources.orders.handbook(), console.now());
    let me = visitor.person.name.as_str();
    let wanted = sought(&filters, me, now);
    let row = |order| Row::new(order, handbook, frame.lang, now);
    let (mut rows, mut columns, mut count) = (Vec::new(), Vec::new(), 0);
    if filters.view.as_deref() == Some("board") {
        for state in [OrderState::Open, OrderState::Reopened, OrderState::Dispatched, OrderState::InProgress, OrderState::Done] {
            let sought = Sought { state: Some(state.name()), waiting: false, skip: 0, most: COLUMN, ..wanted };
            let (found, in_all) = orders.search(sought).await?;
            let filters = Filters { state: Some(state.name().into()), view: None, page: None, ..filters.clone() };
            let href = address(PATH, &filters);
            columns.push(Column {
                state_word: state_word(state),
                state: state.name(),
                count: in_all,
                rows: found.into_iter().map(row).collect(),
                href,
            });
            count += in_all;
        }
    } else {
        let (found, in_all) = orders.search(wanted).await?;
        (rows, count) = (found.into_iter().map(row).collect(), in_all);
    }
    let paging = Paging::new(filters.page, count, rows.len(), |page| address(PATH, &Filters { page: Some(page), ..filters.clone() }));
    let view = |view: Option<&str>| address(PATH, &Filters { view: view.map(str::to_owned), page: None, ..filters.clone() });
    let (list_href, board_href) = (view(None), view(Some("board")));
    let (chips, states, classes) = (chips(&filters), states(&filters, frame.lang), classes(&filters, handbook, frame.lang));
    Ok(html(&Page { frame, filters, chips, states, classes, rows, columns, paging, list_href, board_href }))
}

fn chips(filters: &Filters) -> Vec<Chip> {
    let only = given(&filters.only).unwrap_or("waiting");
    let mut chips = Vec::new();
    for (name, word) in [("waiting", "orders.waiting"), ("overdue", "orders.overdue"), ("all", "orders.all")] {
        let filters = Filters { only: Some(name.into()), state: None, page: None, ..filters.clone() };
        chips.push(Chip { word, href: address(PATH, &filters), is_on: only == name && given(&filters.state).is_none() });
    }
    let is_mine = filters.taker.as_deref() == Some("me");
    let mine = Filters { taker: (!is_mine).then(|| "me".into()), page: None, ..filters.clone() };
    chips.push(Chip { word: "orders.mine", href: address(PATH, &mine), is_on: is_mine });
    chips
}

fn states(filters: &Filters, lang: Lang) -> Vec<Choice> {
    let choice = |state: OrderState| Choice {
        value: state.name().to_owned(),
        text: word(lang, state_word(state)).to_owned(),
        is_on: filters.state.as_deref() == Some(state.name()),
    };
    OrderState::ALL.into_iter().map(choice).collect()
}

fn classes(filters: &Filters, handbook: &Handbook, lang: Lang) -> Vec<Choice> {
    let choice = |code: &str| {
        let (_, class) = handbook.classes.find_or_call_back(code);
        let text = if lang == Lang::Zh { &class.name } else { &class.name_en };
        Choice { value: code.to_owned(), text: text.clone(), is_on: filters.class.as_deref() == Some(code) }
    };
    handbook.classes.codes().map(choice).collect()
}
