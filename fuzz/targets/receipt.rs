//! Receipts: one spelling for each, and a receipt that holds was assembled from what it shows.
//!
//! Before a zero byte stands the policy, behind it the receipt.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proof::policy::Policy;
use proof::receipt::Receipt;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (policy, receipt) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let Ok(parsed) = Receipt::parse(receipt) else {
        return;
    };
    assert_eq!(parsed.to_bytes(), receipt);
    if let Some(proof) = parsed.tlog_proof() {
        assert!(proof.encode().contains(&parsed.parts().checkpoint));
    }
    let Ok(policy) = Policy::parse(policy, None) else {
        return;
    };
    if parsed.verify(&policy).is_ok() {
        let again = Receipt::assemble(parsed.parts().clone());
        assert!(again.is_ok_and(|again| again.to_bytes() == receipt));
    }
});
