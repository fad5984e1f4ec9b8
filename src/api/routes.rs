//! The only way to register a route: its rule in the table of [`super::access`] stands guard before it.

use super::access::{self, Who};
use super::gate::{Gate, guard};
use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware;
use axum::routing::{MethodFilter, on};
use std::sync::Arc;

/// What stands before one route.
#[derive(Clone)]
pub(super) struct Post {
    pub gate: Arc<Gate>,
    pub who: Who,
}

/// Routes of one state, each with its guard.
pub(super) struct Routes<S> {
    router: Router<S>,
    gate: Arc<Gate>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub fn new(gate: &Arc<Gate>) -> Routes<S> {
        Routes { router: Router::new(), gate: gate.clone() }
    }

    pub fn get<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Routes<S> {
        self.with(Method::GET, MethodFilter::GET, path, handler)
    }

    pub fn post<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Routes<S> {
        self.with(Method::POST, MethodFilter::POST, path, handler)
    }

    pub fn put<H: Handler<T, S>, T: 'static>(self, path: &'static str, handler: H) -> Routes<S> {
        self.with(Method::PUT, MethodFilter::PUT, path, handler)
    }

    fn with<H: Handler<T, S>, T: 'static>(mut self, method: Method, filter: MethodFilter, path: &'static str, handler: H) -> Routes<S> {
        let Some(who) = access::who(&method, path) else { panic!("{method} {path} is not in the table of api::access") };
        let post = Post { gate: self.gate.clone(), who };
        self.router = self.router.route(path, on(filter, handler).layer(middleware::from_fn_with_state(post, guard)));
        self
    }

    /// The routes, without their state.
    pub fn served_with(self, state: S) -> Router {
        self.router.with_state(state)
    }
}
