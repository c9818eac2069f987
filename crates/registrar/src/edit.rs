//! Changes of parts of a document: what is set, added or removed, one after the other.

use did::proto::DidDoc;

/// One change of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The document becomes this one.
    Set(DidDoc),
    /// Everything in this one is there afterwards. What is there already stays as it is.
    Add(DidDoc),
    /// Nothing in this one is there afterwards. Of methods and services only the ids count; a method that goes takes
    /// along what refers to it.
    Remove(DidDoc),
}

/// Why a change cannot be made. The texts are for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEdit {
    /// What is to be added is there, and is something else.
    #[error(
        "{id} cannot be added: the document has another one with this id; remove that one first, or set the whole \
         document"
    )]
    Taken {
        /// Its id.
        id: String,
    },
    /// What is to be removed is not there.
    #[error("{entry} cannot be removed: the document does not have it in {section}")]
    Absent {
        /// The property of the document.
        section: &'static str,
        /// The entry, or its id.
        entry: String,
    },
}

/// The document after these changes.
///
/// # Errors
/// [`InvalidEdit`]: a change that would silently do less than it says is refused.
pub fn edited(
    document: DidDoc,
    edits: impl IntoIterator<Item = Edit>,
) -> Result<DidDoc, InvalidEdit> {
    edits
        .into_iter()
        .try_fold(document, |document, edit| edit.applied_to(document))
}

impl Edit {
    fn applied_to(self, document: DidDoc) -> Result<DidDoc, InvalidEdit> {
        match self {
            Self::Set(document) => Ok(document),
            Self::Add(more) => added(document, more),
            Self::Remove(less) => removed(document, less),
        }
    }
}

/// A property that is a list of texts.
type Texts = (&'static str, fn(&mut DidDoc) -> &mut Vec<String>);

/// Those whose entries may be ids of methods.
const RELATIONSHIPS: [Texts; 5] = [
    ("authentication", |document| &mut document.authentication),
    ("assertionMethod", |document| &mut document.assertion_method),
    ("capabilityInvocation", |document| {
        &mut document.capability_invocation
    }),
    ("capabilityDelegation", |document| {
        &mut document.capability_delegation
    }),
    ("keyAgreement", |document| &mut document.key_agreement),
];

const OTHER_TEXTS: [Texts; 3] = [
    ("@context", |document| &mut document.context),
    ("controller", |document| &mut document.controller),
    ("alsoKnownAs", |document| &mut document.also_known_as),
];

fn texts() -> impl Iterator<Item = Texts> {
    RELATIONSHIPS.into_iter().chain(OTHER_TEXTS)
}

fn added(mut document: DidDoc, mut more: DidDoc) -> Result<DidDoc, InvalidEdit> {
    for (_, list_of) in texts() {
        let new = std::mem::take(list_of(&mut more));
        let list = list_of(&mut document);
        for entry in new {
            if !list.contains(&entry) {
                list.push(entry);
            }
        }
    }
    add_each(
        &mut document.verification_method,
        more.verification_method,
        |method| &method.id,
    )?;
    add_each(&mut document.service, more.service, |service| &service.id)?;
    Ok(document)
}

fn add_each<T: PartialEq>(
    list: &mut Vec<T>,
    more: Vec<T>,
    id: fn(&T) -> &String,
) -> Result<(), InvalidEdit> {
    for entry in more {
        match list.iter().find(|present| id(present) == id(&entry)) {
            None => list.push(entry),
            Some(present) if *present == entry => {}
            Some(_) => {
                let id = id(&entry).clone();
                return Err(InvalidEdit::Taken { id });
            }
        }
    }
    Ok(())
}

fn removed(mut document: DidDoc, mut less: DidDoc) -> Result<DidDoc, InvalidEdit> {
    for (section, list_of) in texts() {
        for entry in std::mem::take(list_of(&mut less)) {
            remove_one(list_of(&mut document), section, entry, |present| present)?;
        }
    }
    for method in less.verification_method {
        for (_, list_of) in RELATIONSHIPS {
            list_of(&mut document).retain(|entry| *entry != method.id);
        }
        let methods = &mut document.verification_method;
        remove_one(methods, "verificationMethod", method.id, |present| {
            &present.id
        })?;
    }
    for service in less.service {
        remove_one(&mut document.service, "service", service.id, |present| {
            &present.id
        })?;
    }
    Ok(document)
}

fn remove_one<T>(
    list: &mut Vec<T>,
    section: &'static str,
    entry: String,
    id: fn(&T) -> &String,
) -> Result<(), InvalidEdit> {
    let before = list.len();
    list.retain(|present| *id(present) != entry);
    if list.len() == before {
        return Err(InvalidEdit::Absent { section, entry });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use did::proto::{Service, VerificationMethod};

    use super::*;

    fn method(id: &str, material: &str) -> VerificationMethod {
        VerificationMethod {
            id: id.into(),
            verification_material: material.into(),
            ..VerificationMethod::default()
        }
    }

    fn service(id: &str) -> Service {
        Service {
            id: id.into(),
            ..Service::default()
        }
    }

    fn present() -> DidDoc {
        DidDoc {
            id: "d".into(),
            verification_method: vec![method("d#1", "a"), method("d#2", "b")],
            authentication: vec!["d#1".into(), "d#2".into()],
            key_agreement: vec!["d#2".into()],
            service: vec![service("d#s")],
            also_known_as: vec!["x".into()],
            ..DidDoc::default()
        }
    }

    #[test]
    fn what_is_added_is_there_once_and_the_rest_stays() {
        let more = DidDoc {
            verification_method: vec![method("d#1", "a"), method("d#3", "c")],
            authentication: vec!["d#3".into(), "d#1".into()],
            service: vec![service("d#t")],
            ..DidDoc::default()
        };
        let expected = DidDoc {
            verification_method: vec![method("d#1", "a"), method("d#2", "b"), method("d#3", "c")],
            authentication: vec!["d#1".into(), "d#2".into(), "d#3".into()],
            service: vec![service("d#s"), service("d#t")],
            ..present()
        };
        assert_eq!(edited(present(), [Edit::Add(more)]), Ok(expected));
    }

    #[test]
    fn another_entry_under_the_same_id_is_never_replaced() {
        let other = DidDoc {
            verification_method: vec![method("d#1", "z")],
            ..DidDoc::default()
        };
        let taken = InvalidEdit::Taken { id: "d#1".into() };
        assert_eq!(edited(present(), [Edit::Add(other)]), Err(taken));
    }

    #[test]
    fn a_method_that_goes_takes_along_what_refers_to_it() {
        let less = DidDoc {
            verification_method: vec![method("d#2", "")],
            service: vec![service("d#s")],
            also_known_as: vec!["x".into()],
            ..DidDoc::default()
        };
        let expected = DidDoc {
            verification_method: vec![method("d#1", "a")],
            authentication: vec!["d#1".into()],
            key_agreement: vec![],
            service: vec![],
            also_known_as: vec![],
            ..present()
        };
        assert_eq!(edited(present(), [Edit::Remove(less)]), Ok(expected));
    }

    #[test]
    fn what_is_not_there_cannot_be_removed() {
        let absent = |section, entry: &str| {
            Err(InvalidEdit::Absent {
                section,
                entry: entry.into(),
            })
        };
        for (less, expected) in [
            (
                DidDoc {
                    verification_method: vec![method("d#9", "")],
                    ..DidDoc::default()
                },
                absent("verificationMethod", "d#9"),
            ),
            (
                DidDoc {
                    service: vec![service("d#9")],
                    ..DidDoc::default()
                },
                absent("service", "d#9"),
            ),
            (
                DidDoc {
                    assertion_method: vec!["d#1".into()],
                    ..DidDoc::default()
                },
                absent("assertionMethod", "d#1"),
            ),
        ] {
            assert_eq!(edited(present(), [Edit::Remove(less)]), expected);
        }
    }

    #[test]
    fn changes_follow_each_other() {
        let one = DidDoc {
            also_known_as: vec!["y".into()],
            ..DidDoc::default()
        };
        let edits = [
            Edit::Set(DidDoc {
                also_known_as: vec![],
                ..present()
            }),
            Edit::Add(one.clone()),
            Edit::Remove(one),
        ];
        let expected = DidDoc {
            also_known_as: vec![],
            ..present()
        };
        assert_eq!(edited(present(), edits), Ok(expected));
    }
}
