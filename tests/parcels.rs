//! Objects that pass from one interpreter to another.

#[path = "parcels/harness.rs"]
mod harness;

#[path = "parcels/classes.rs"]
mod classes;
#[path = "parcels/code.rs"]
mod code;
#[path = "parcels/data.rs"]
mod data;
#[path = "parcels/exceptions.rs"]
mod exceptions;
#[path = "parcels/functions.rs"]
mod functions;
#[path = "parcels/handed_over.rs"]
mod handed_over;
#[path = "parcels/protocols.rs"]
mod protocols;
#[path = "parcels/random.rs"]
mod random;
#[path = "parcels/records.rs"]
mod records;
#[path = "parcels/refusals.rs"]
mod refusals;
#[path = "parcels/speed.rs"]
mod speed;

/// Says what each interpreter takes, whatever other tests do meanwhile.
#[global_allocator]
static ALLOCATOR: ungil::alloc::Accounting<std::alloc::System> = ungil::alloc::Accounting::new(std::alloc::System);
