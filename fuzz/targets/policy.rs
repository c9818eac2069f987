//! Policies, their bounds and the notes they open: three parts, each ended by a zero byte.
//!
//! A comment more changes nothing, and what the quorum needs is there whenever the policy opens a checkpoint.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::policy::Policy;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let text = parts.next().unwrap_or_default();
    let bounds = parts.next().unwrap_or_default();
    let note = parts.next().unwrap_or_default();
    let bounds = std::str::from_utf8(bounds)
        .ok()
        .filter(|bounds| !bounds.is_empty());
    let Ok(policy) = Policy::parse(text, bounds) else {
        return;
    };
    let longer = [text, b"\n \t# and a comment\n"].concat();
    assert_eq!(Policy::parse(longer, bounds).ok().as_ref(), Some(&policy));
    if let Ok(witnessed) = policy.open(note) {
        assert!(policy.log_keys().contains(&witnessed.log_key));
        assert_eq!(witnessed.log_key.name(), witnessed.checkpoint.origin);
        assert!(policy.quorum_reached(&witnessed.note));
        assert_eq!(witnessed.at_latest_s().is_some(), policy.needs_witnesses());
        assert_eq!(witnessed.still_at_s().is_some(), policy.needs_witnesses());
    }
});
