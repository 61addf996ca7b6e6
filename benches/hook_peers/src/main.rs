//! `cargo hooks`, the part of others: one handler, ten handlers one after the other, and all cores.

#[path = "../../hook_order/mod.rs"]
#[cfg(any(feature = "lua", feature = "python"))]
mod hook_order;
#[cfg(feature = "lua")]
mod lua;
#[cfg(feature = "python")]
mod python;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(feature = "python")]
    python::measure()?;
    #[cfg(feature = "lua")]
    lua::measure()?;
    Ok(())
}
