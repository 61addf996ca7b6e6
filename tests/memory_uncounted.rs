//! Without an accounting allocator, a limit of memory is an error and not ignored.

use ungil::{Error, Interpreter, Limits, Task};

#[test]
fn a_limit_that_nobody_counts_is_an_error() {
    assert!(!ungil::alloc::is_installed());
    let limits = || Limits::new().memory(1 << 30);
    let error = Interpreter::builder().limits(limits()).build().unwrap_err();
    assert!(
        matches!(&error, Error::Config { message } if message.contains("Accounting")),
        "{error}"
    );
    let py = Interpreter::new().unwrap();
    let error = py.spawn::<()>(Task::exec("pass").limits(limits())).wait().unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
    assert_eq!(py.stats().memory, None);
    assert!(!ungil::alloc::would_exceed(usize::MAX));
}
