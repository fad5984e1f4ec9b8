//! The search field of the top bar: a number of an order or a call leads to it, a customer's number to what they have, words to a list.
//!
//! What is typed comes in a form: a telephone number is never part of an address, its reference is.

use super::Console;
use super::listing::address;
use super::pages::Answer;
use crate::api::routes::Routes;
use crate::care::CareError;
use crate::text::PhoneNumber;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.post("/console/search", search)
}

/// Fewer digits are a part of something else.
const SHORTEST_NUMBER: usize = 8;

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    q: String,
    /// The list that it is typed over: `calls` or `orders`.
    #[serde(default, rename = "where")]
    place: String,
}

async fn search(State(console): State<Arc<Console>>, Form(typed): Form<Typed>) -> Answer {
    let (sources, text) = (&console.sources, typed.q.trim());
    let list = if typed.place == "calls" { "/console/calls" } else { "/console/orders" };
    let to = match sources.orders.find(text).await {
        Ok(order) => format!("/console/orders/{}", order.number),
        Err(CareError::Store(error)) => return Err(error.into()),
        Err(_) if sources.database.calls().find(text).await?.is_some() => format!("/console/calls/{text}"),
        Err(_) => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let number = PhoneNumber::parse(text).filter(|_| digits >= SHORTEST_NUMBER);
            let query = match number {
                Some(number) => [("only", "all".to_owned()), ("customer", sources.database.stored_phone(&number).reference)],
                None => [("only", "all".to_owned()), ("q", text.to_owned())],
            };
            address(list, &query)
        }
    };
    Ok(Redirect::to(&to).into_response())
}
