//! Receipts whose readable part differs from what they prove.

use crate::accepted::case;
use crate::refused::{ACTIVE, DEACTIVATED, NEVER, Refusal};
use crate::render::{render, summary_of};

/// Each member of a summary differs from what is proven.
pub fn refusals() -> Vec<Refusal> {
    let lies = [
        (
            DEACTIVATED,
            r#""versionId":"000000c9-"#,
            r#""versionId":"000000ca-"#,
        ),
        (DEACTIVATED, r#""logIndex":12"#, r#""logIndex":13"#),
        (
            DEACTIVATED,
            r#"2026-09-21T14:13:26"#,
            r#"2026-09-21T14:13:25"#,
        ),
        (DEACTIVATED, r#""ruleSet":1"#, r#""ruleSet":2"#),
        (DEACTIVATED, r#""networkId":"11"#, r#""networkId":"12"#),
        (
            DEACTIVATED,
            r#""authoritySince":8"#,
            r#""authoritySince":7"#,
        ),
        (DEACTIVATED, r#""distinctKeys":2"#, r#""distinctKeys":3"#),
        (DEACTIVATED, r##"#ed-1","type""##, r##"#ed-9","type""##),
        (DEACTIVATED, r##"#ed-21""##, r##"#ed-22""##),
        (
            DEACTIVATED,
            r#""endedSigners":["did:cheqd:testnet:00000003-0000-4000-8000-000000000000"]"#,
            r#""endedSigners":[]"#,
        ),
        (
            DEACTIVATED,
            r#""excluded":[]"#,
            r#""excluded":["did:cheqd:testnet:1#x"]"#,
        ),
        (
            DEACTIVATED,
            r#""bound":null"#,
            r#""bound":{"scope":"version","expires":"2026-09-21T14:13:26.000Z"}"#,
        ),
        (
            DEACTIVATED,
            r#""import":null"#,
            r#""import":{"origin":"x","logIndex":1,"time":"2026-09-21T14:13:26.000Z"}"#,
        ),
        (ACTIVE, r#""versionSequence":1"#, r#""versionSequence":2"#),
        (ACTIVE, r#""documentHash":"4"#, r#""documentHash":"5"#),
        (ACTIVE, r#""creationIndex":8"#, r#""creationIndex":7"#),
        (ACTIVE, r#""statusListIndex":3"#, r#""statusListIndex":2"#),
        (ACTIVE, r#""authoritySince":8"#, r#""authoritySince":7"#),
        (ACTIVE, r#""frozen":false"#, r#""frozen":true"#),
        (
            ACTIVE,
            r#""endedSigners":["did:cheqd:testnet:00000003-0000-4000-8000-000000000000"]"#,
            r#""endedSigners":[]"#,
        ),
        (
            ACTIVE,
            r#""absentSigners":[]"#,
            r#""absentSigners":["did:cheqd:testnet:1"]"#,
        ),
    ];
    let member = |text: &str| text.split('"').nth(1).unwrap_or("time").to_owned();
    let lies = lies.map(|(base, truth, lie)| {
        let case = case(base);
        let summary = summary_of(&case.receipt());
        assert!(summary.contains(truth), "{truth}");
        let bytes = render(&case.parts, &summary.replacen(truth, lie, 1));
        let name = format!("summary-{}-{}", &base[..6], member(truth));
        Refusal::new(&name, bytes, "otherSummary")
    });
    let mut all = Vec::from(lies);
    let never = case(NEVER);
    let active = summary_of(&case(ACTIVE).receipt());
    let bytes = render(&never.parts, &active);
    all.push(Refusal::new(
        "summary-of-another-claim",
        bytes,
        "otherSummary",
    ));
    all
}
