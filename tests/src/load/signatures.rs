//! What the signatures of a deactivation cost, and nothing else.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer, SigningKey};

use super::drive::Run;

/// How many are done between two looks at the clock.
const BATCH: u64 = 64;

/// One signature and one verification for each operation, then each of them alone; on one core.
pub(super) fn measure(duration: Duration) -> [(&'static str, Run); 3] {
    let duration = duration.min(Duration::from_secs(3));
    let key = SigningKey::from_bytes(&[7; 32]);
    let verifying = key.verifying_key();
    // As long as the payload of a deactivation: two identifiers.
    let payload = [b'p'; 98];
    let signature = key.sign(&payload);
    [
        (
            "Ed25519 sign and verify_strict, one core",
            repeat(duration, || {
                let signature = key.sign(black_box(&payload));
                black_box(verifying.verify_strict(&payload, &signature)).is_ok()
            }),
        ),
        (
            "Ed25519 sign, one core",
            repeat(duration, || {
                black_box(key.sign(black_box(&payload))) == signature
            }),
        ),
        (
            "Ed25519 verify_strict, one core",
            repeat(duration, || {
                black_box(verifying.verify_strict(black_box(&payload), &signature)).is_ok()
            }),
        ),
    ]
}

/// Counts how often `one` succeeds.
fn repeat(duration: Duration, one: impl Fn() -> bool) -> Run {
    let begin = Instant::now();
    let mut count = 0;
    while begin.elapsed() < duration {
        count += (0..BATCH).filter(|_| one()).count() as u64;
    }
    Run {
        count,
        elapsed: begin.elapsed(),
        latencies_us: Vec::new(),
    }
}
