//! Lays the patched source out.

#[path = "../standin.rs"]
mod standin;

fn main() {
    standin::lay_out(&["src"]);
}
