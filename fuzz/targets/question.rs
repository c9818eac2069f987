//! What is asked of the resolver: an identifier in the first line, options as `name=value` in those behind it.
//!
//! A question is about the DID that stands in its identifier, in normal form, and what makes sense by the rules of the
//! standard can be asked again in the same words.

#![no_main]

use did::Did;
use libfuzzer_sys::fuzz_target;
use resolver::{Ended, Form, Question, Rules};

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let identifier = lines.next().unwrap_or_default();
    let options: Vec<(String, String)> = lines
        .map(|line| line.split_once('=').unwrap_or((line, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let Ok(question) = Question::parse(identifier, options.clone()) else {
        return;
    };
    let did = question.name().did.clone();
    assert_eq!(Did::parse(did.as_str()), Ok(did.clone()));
    if question.name().form == Form::Stored {
        assert!(identifier.starts_with(did.as_str()));
    }
    let _ = question.kind();
    let _ = question.clone().judge(Rules::Legacy, Ended::Shown);
    let again = Question::parse(identifier, options);
    assert_eq!(again.as_ref().ok(), Some(&question));
    if let Ok(asked) = question.judge(Rules::Standard, Ended::Withheld) {
        let again = again.map(|again| again.judge(Rules::Standard, Ended::Withheld));
        assert!(again.is_ok_and(|again| again.is_ok_and(|again| again == asked)));
    }
});
