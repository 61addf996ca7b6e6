#!/bin/sh
# What somebody meets who embeds ungil: without the [patch.crates-io] lines the build says which, and with them it works.
# Usage: vm/embedder.sh [folder to work in]; the folder keeps what was compiled for the next time.
set -eu
repository=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work/src"
cd "$work"

cat > Cargo.toml <<EOF
[package]
name = "embedder"
version = "0.1.0"
edition = "2024"

[dependencies]
ungil = { path = "$repository", default-features = false }

[workspace]

# With debug assertions a dependency needs a newer Rust than 1.95.
[profile.dev.package."*"]
opt-level = 3
debug = false
debug-assertions = false
overflow-checks = false
EOF
echo 'extern crate ungil; fn main() {}' > src/main.rs
# The versions that README.md asks for.
cp "$repository/Cargo.lock" .

if cargo check --ignore-rust-version 2> first; then
    echo "embedder: built on the unpatched VM" >&2
    exit 1
fi
if ! grep -q '\[patch.crates-io\]' first; then
    cat first >&2
    echo "embedder: the error does not name the lines" >&2
    exit 1
fi

# The first of the two variants, as a person would copy it.
{ echo; sed -n 's/^.*error: ungil@[^:]*: \{1,\}\(\[patch.*\|rustpython-vm = { path.*\)$/\1/p' first | head -2; } >> Cargo.toml
cargo check --ignore-rust-version
echo "embedder: refused without the patch lines, built with those of the error"
