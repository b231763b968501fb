//! Systems that are not watched. Refuses to start, and says so.

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::listing::Places;
use std::convert::Infallible;
use std::path::Path;

/// There is none.
#[derive(Debug)]
pub(super) struct Backend(Infallible);

impl Backend {
    pub(super) fn start(_root: &Path, _wake: Box<dyn Fn() + Send>) -> Result<Backend, Failure> {
        let message =
            "Changes of files are not watched on this system: the repository is looked through before each use.";
        Err(Failure::fatal(FailureKind::Io, message))
    }

    pub(super) fn follow(&self, _places: &Places, _directories: &[String]) -> Result<Places, Failure> {
        match self.0 {}
    }

    pub(super) fn take(&self) -> Places {
        match self.0 {}
    }
}
