//! asyncio's executors, and what `ungil` lets one await in an event loop.

mod scripts;

scripts! { "tests/asyncio":
    channels
    events_and_tasks
    executors
    names_and_processes
}

#[test]
fn example_asyncio_workers() {
    scripts::prints(
        "examples/scripts/asyncio_workers.py",
        "27: 111 steps\n97: 118 steps\n871: 178 steps\n6171: 261 steps\n77031: 350 steps\n",
    );
}
