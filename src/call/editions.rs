//! What authors write, in the version that new calls begin with. A call keeps the version that it began with to its end.

use super::services::Services;
use crate::dialog::Engine;
use crate::grammar::Library;
use crate::nlu::Router;
use std::sync::{Arc, PoisonError, RwLock};

/// One version of flows, grammars and example sentences, checked and loaded.
#[derive(Clone)]
pub struct Edition {
    /// Sixteen hexadecimal digits of the content's sum; kept with every call.
    pub id: String,
    pub engine: Engine,
    pub router: Arc<Router>,
    pub grammars: Arc<Library>,
}

/// See the module's text.
pub struct Editions {
    current: RwLock<Arc<Services>>,
}

impl Editions {
    pub fn new(services: Arc<Services>) -> Editions {
        Editions { current: RwLock::new(services) }
    }

    /// What a call that begins now gets, and keeps.
    pub fn current(&self) -> Arc<Services> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls that begin from now on get `edition`; everything else stays as it is.
    pub fn replace(&self, edition: Edition) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(current.with(edition));
    }
}
