//! How a pool gets its interpreters' builder.

use super::Builder;
use crate::{
    error::Result,
    pool::{Pool, PoolBuilder},
};

impl Pool {
    /// A pool of as many interpreters as the machine can run at once, each as a builder has it by default.
    ///
    /// # Errors
    /// If an interpreter cannot be built.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// A builder for a pool; [`PoolBuilder::interpreters`] says what its interpreters start with.
    pub fn builder() -> PoolBuilder {
        Builder::new().pool()
    }
}

impl PoolBuilder {
    /// What each interpreter starts with: functions, modules, streams.
    pub fn interpreters(self, builder: Builder) -> Self {
        self.blueprint(builder.into_blueprint())
    }
}
