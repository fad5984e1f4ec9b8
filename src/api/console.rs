//! The console: pages for people who are signed in, rendered here, in Chinese and English.
//!
//! One module a page, one template of the same name in `web/console`. Words are in `web/console/words.toml`; who may see a page is in `super::access`.

pub(super) mod assets;
mod calls;
mod campaigns;
mod customers;
mod desk;
mod do_not_call;
mod flows;
pub(super) mod format;
mod frame;
mod incidents;
mod knowledge;
mod listing;
mod live;
mod orders;
pub(super) mod pages;
mod people;
mod search;
mod settings;
mod sign_in;
mod surveys;
mod trial;
mod triggers;
mod wall;
mod words;

use super::Sources;
use super::gate::Gate;
use super::routes::Routes;
use axum::Router;
use jiff::civil::DateTime;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
pub(super) use wall::Wall;

/// What pages share.
pub(super) struct Console {
    pub gate: Arc<Gate>,
    pub sources: Sources,
    /// Whether the service is about to end: what is sent for as long as somebody watches ends then.
    pub ending: watch::Receiver<bool>,
    /// Where the queue wall looks; `None` without a desk.
    pub wall: Option<Wall>,
    /// Held while the knowledge base is written.
    pub editing: Mutex<()>,
}

impl Console {
    fn now(&self) -> DateTime {
        (self.gate.clock)()
    }
}

pub(super) fn routes(gate: &Arc<Gate>, sources: Sources, wall: Option<Wall>, ending: watch::Receiver<bool>) -> Router {
    let routes = Routes::new(gate).get("/console", pages::home);
    let routes = settings::routes(sign_in::routes(assets::routes(routes)));
    let routes = incidents::routes(orders::routes(live::routes(calls::routes(routes))));
    let routes = triggers::routes(do_not_call::routes(campaigns::routes(knowledge::routes(desk::routes(routes)))));
    let routes = search::routes(wall::routes(people::routes(trial::routes(surveys::routes(flows::routes(customers::routes(routes)))))));
    routes.served_with(Arc::new(Console { gate: gate.clone(), sources, ending, wall, editing: Mutex::new(()) }))
}
