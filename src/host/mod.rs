//! What the host offers to scripts: functions, modules, and classes whose instances live in Rust.

mod arguments;
mod callable;
mod class;
mod class_object;
mod definition;
mod error;
mod function;
mod future;
mod instance;
mod module;
mod object;
mod registry;
mod returns;
mod signature;
mod spawner;
mod stop_token;
mod task;
mod traits;
mod wakeup;

pub use class::Class;
pub use error::HostError;
pub use function::HostFunction;
pub use instance::HostRef;
pub use module::Module;
pub use returns::HostReturn;
pub use spawner::{HostTask, Spawner};
pub use stop_token::{StopToken, stop_token};
pub use traits::{
    ConstructorReturn, IntoAsyncHostFunction, IntoAsyncHostMethod, IntoConstructor, IntoHostFunction, IntoHostMethod,
};

/// Lets go of what this room keeps for the interpreter on the calling thread. Call it before its VM is dropped.
pub(crate) fn retire() {
    registry::forget();
}

/// Cancels the host futures that the interpreter of the calling thread has started. Call it when its VM is gone, also
/// when that was left as it was after a panic.
pub(crate) fn abandon() {
    future::cancel_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_prepares_can_be_shared_between_threads() {
        fn shared<T: Clone + Send + Sync + 'static>() {}
        shared::<HostFunction>();
        shared::<Module>();
        shared::<Class<String>>();
        shared::<HostRef<String>>();
        shared::<Spawner>();
        fn sent<T: Send + Sync + 'static>() {}
        sent::<HostError>();
    }
}
