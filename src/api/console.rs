//! The console: pages for people who are signed in, rendered here, in Chinese and English.
//!
//! One module a page, one template of the same name in `web/console`. Words are in `web/console/words.toml`; who may see a page is in `super::access`.

pub(super) mod assets;
mod format;
mod frame;
mod listing;
mod orders;
pub(super) mod pages;
mod settings;
mod sign_in;
mod words;

use super::Sources;
use super::gate::Gate;
use super::routes::Routes;
use axum::Router;
use jiff::civil::DateTime;
use std::sync::Arc;

/// What pages share.
pub(super) struct Console {
    pub gate: Arc<Gate>,
    pub sources: Sources,
}

impl Console {
    fn now(&self) -> DateTime {
        (self.gate.clock)()
    }
}

pub(super) fn routes(gate: &Arc<Gate>, sources: Sources) -> Router {
    let routes = Routes::new(gate).get("/console", pages::home);
    let routes = settings::routes(sign_in::routes(assets::routes(routes)));
    let routes = orders::routes(routes);
    routes.served_with(Arc::new(Console { gate: gate.clone(), sources }))
}
