//! `concurrent.futures`, as scripts use it.

mod scripts;

scripts! { "tests/futures":
    as_completed
    broken_pools
    callbacks
    executors
    future_object
    initializers
    interpreter_pool
    process_pool
    shutdown
    thread_pool
    waiting
}

#[test]
fn example_executor_map() {
    scripts::prints(
        "examples/scripts/executor_map.py",
        "  168 primes below 1000\n  303 primes below 2000\n  669 primes below 5000\n 1229 primes below 10000\n",
    );
}

#[test]
fn example_producer_consumer() {
    scripts::prints(
        "examples/scripts/producer_consumer.py",
        "order 1: 1 items\norder 2: 2 items\norder 3: 3 items\norder 4: 4 items\norder 5: 5 items\nall orders are done\n",
    );
}
