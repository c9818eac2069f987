//! A query to the resolver: an identifier in the first line, options as `name=value` in the following ones.
//!
//! A query is about the DID of its identifier, in normal form, and a query that is valid by the rules of the standard
//! can be repeated in the same words.

#![no_main]

use did::Did;
use libfuzzer_sys::fuzz_target;
use resolver::{DeactivatedDocument, Form, Query, Rules};

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let identifier = lines.next().unwrap_or_default();
    let options: Vec<(String, String)> = lines
        .map(|line| line.split_once('=').unwrap_or((line, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let Ok(parsed) = Query::parse(identifier, options.clone()) else {
        return;
    };
    let did = parsed.name().did.clone();
    assert_eq!(Did::parse(did.as_str()), Ok(did.clone()));
    if parsed.name().form == Form::Stored {
        assert!(identifier.starts_with(did.as_str()));
    }
    let _ = parsed.kind();
    let _ = parsed.clone().check(Rules::Legacy, DeactivatedDocument::Included);
    let again = Query::parse(identifier, options);
    assert_eq!(again.as_ref().ok(), Some(&parsed));
    if let Ok(query) = parsed.check(Rules::Standard, DeactivatedDocument::Omitted) {
        let again = again.map(|again| again.check(Rules::Standard, DeactivatedDocument::Omitted));
        assert!(again.is_ok_and(|again| again.is_ok_and(|again| again == query)));
    }
});
