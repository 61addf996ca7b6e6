//! `concurrent.interpreters` (PEP 734), as scripts use it.

mod scripts;

scripts! { "tests/interpreters":
    calling
    life
    preparing
    queues
    running_code
}
