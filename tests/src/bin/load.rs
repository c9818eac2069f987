//! Measures a server under load; see `BENCHMARKS.md`.

/// The allocator of the server, so that what runs beside it for comparison is measured on the same one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    tests::load::main()
}
