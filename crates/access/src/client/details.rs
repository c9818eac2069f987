//! What a client is, apart from its name and password.

use super::Network;

/// Characters of an e-mail address, a full name or a role, at most.
pub const TEXT_CHARS_MAX: usize = 256;
/// Characters of a description, at most.
pub const DESCRIPTION_CHARS_MAX: usize = 1024;
/// Blocks of addresses, roles, or items of metadata of one client, at most.
pub const LIST_MAX: usize = 32;
/// Characters of a key in the metadata, at most.
pub const METADATA_KEY_CHARS_MAX: usize = 64;
/// Characters of a value in the metadata, at most.
pub const METADATA_VALUE_CHARS_MAX: usize = 512;

/// A field of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The e-mail address.
    Email,
    /// The name of who uses it.
    FullName,
    /// The description.
    Description,
    /// The addresses it may come from.
    Networks,
    /// The names of its roles.
    Roles,
    /// The metadata.
    Metadata,
}

/// A field that cannot be as it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field.
    pub field: Field,
    /// What is wrong, for a person.
    pub message: String,
}

/// An item of metadata: kept and shown, never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadatum {
    /// Its key, unique in its client.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// What a request says of a client.
#[derive(Debug, Clone, Default)]
pub struct ClientDraft {
    /// The e-mail address.
    pub email: String,
    /// The name of who uses it.
    pub full_name: String,
    /// A description; may be empty.
    pub description: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// From when on it is no longer let in.
    pub expires_ms: Option<u64>,
    /// From where it may come; empty: from anywhere.
    pub networks: Vec<String>,
    /// Names of roles. They are kept and shown; what a client may do is what it was granted.
    pub roles: Vec<String>,
    /// Further items.
    pub metadata: Vec<Metadatum>,
}

/// What a client is, apart from its name and password. Every field is within its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDetails {
    pub(crate) email: String,
    pub(crate) full_name: String,
    pub(crate) description: String,
    pub(crate) enabled: bool,
    pub(crate) expires_ms: Option<u64>,
    pub(crate) networks: Vec<Network>,
    pub(crate) roles: Vec<String>,
    pub(crate) metadata: Vec<Metadatum>,
}

impl ClientDetails {
    /// Checks a draft.
    ///
    /// # Errors
    /// Every field that cannot be as it is.
    pub fn parse(draft: ClientDraft) -> Result<ClientDetails, Vec<FieldFault>> {
        let faults: Vec<FieldFault> = [
            email(&draft.email),
            full_name(&draft.full_name),
            description(&draft.description),
            networks(&draft.networks),
            roles(&draft.roles),
            metadata(&draft.metadata),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let networks = draft
            .networks
            .iter()
            .filter_map(|text| Network::parse(text));
        Ok(ClientDetails {
            networks: networks.collect(),
            email: draft.email,
            full_name: draft.full_name,
            description: draft.description,
            enabled: draft.enabled,
            expires_ms: draft.expires_ms,
            roles: draft.roles,
            metadata: draft.metadata,
        })
    }

    /// The e-mail address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The name of who uses it.
    #[must_use]
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// The description.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether it may be used, unless it expired.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.enabled
    }

    /// From when on it is no longer let in.
    #[must_use]
    pub fn expires_ms(&self) -> Option<u64> {
        self.expires_ms
    }

    /// From where it may come; empty: from anywhere.
    #[must_use]
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// The names of its roles.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// Further items.
    #[must_use]
    pub fn metadata(&self) -> &[Metadatum] {
        &self.metadata
    }
}

fn fault(field: Field, message: impl Into<String>) -> Option<FieldFault> {
    Some(FieldFault {
        field,
        message: message.into(),
    })
}

fn fits(text: &str, chars_max: usize) -> bool {
    text.chars().take(chars_max + 1).count() <= chars_max
}

fn plain(text: &str, chars_max: usize) -> bool {
    fits(text, chars_max) && !text.chars().any(char::is_control)
}

/// A mailbox is known to exist only once mail arrived; this sees to the form.
fn email(text: &str) -> Option<FieldFault> {
    let form = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !text.contains(char::is_whitespace)
    });
    if form && plain(text, TEXT_CHARS_MAX) {
        None
    } else {
        fault(
            Field::Email,
            format!("give an e-mail address of at most {TEXT_CHARS_MAX} characters"),
        )
    }
}

fn full_name(text: &str) -> Option<FieldFault> {
    if !text.trim().is_empty() && plain(text, TEXT_CHARS_MAX) {
        None
    } else {
        fault(
            Field::FullName,
            format!(
                "give a name of 1 to {TEXT_CHARS_MAX} characters, none of them control characters"
            ),
        )
    }
}

fn description(text: &str) -> Option<FieldFault> {
    if fits(text, DESCRIPTION_CHARS_MAX) {
        None
    } else {
        fault(
            Field::Description,
            format!("at most {DESCRIPTION_CHARS_MAX} characters"),
        )
    }
}

fn networks(texts: &[String]) -> Option<FieldFault> {
    if texts.len() > LIST_MAX {
        return fault(Field::Networks, format!("at most {LIST_MAX} entries"));
    }
    let wrong = texts.iter().find(|text| Network::parse(text).is_none())?;
    let shown: String = wrong.chars().take(64).collect();
    fault(
        Field::Networks,
        format!(
            "{shown:?} is neither an IP address nor a block such as 10.0.0.0/8 without bits behind its prefix"
        ),
    )
}

fn roles(names: &[String]) -> Option<FieldFault> {
    let wrong = |name: &String| name.trim().is_empty() || !plain(name, TEXT_CHARS_MAX);
    if names.len() > LIST_MAX || names.iter().any(wrong) {
        return fault(
            Field::Roles,
            format!("at most {LIST_MAX} names of 1 to {TEXT_CHARS_MAX} characters"),
        );
    }
    None
}

fn metadata(items: &[Metadatum]) -> Option<FieldFault> {
    let wrong = |item: &Metadatum| {
        item.key.is_empty()
            || !plain(&item.key, METADATA_KEY_CHARS_MAX)
            || !fits(&item.value, METADATA_VALUE_CHARS_MAX)
    };
    let twice =
        |(at, item): (usize, &Metadatum)| items[..at].iter().any(|earlier| earlier.key == item.key);
    if items.len() > LIST_MAX || items.iter().any(wrong) || items.iter().enumerate().any(twice) {
        return fault(
            Field::Metadata,
            format!(
                "at most {LIST_MAX} items with distinct keys of 1 to {METADATA_KEY_CHARS_MAX} characters and values of \
                 at most {METADATA_VALUE_CHARS_MAX}"
            ),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> ClientDraft {
        ClientDraft {
            email: "user@example.org".into(),
            full_name: "John Doe".into(),
            enabled: true,
            ..ClientDraft::default()
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert!(ClientDetails::parse(draft()).is_ok());
        let item = |key: &str| Metadatum {
            key: key.into(),
            value: String::new(),
        };
        let wrong = ClientDraft {
            email: "nobody".into(),
            full_name: " ".into(),
            description: "x".repeat(DESCRIPTION_CHARS_MAX + 1),
            networks: vec!["10.0.0.1/8".into()],
            roles: vec![String::new()],
            metadata: vec![item("a"), item("a")],
            ..draft()
        };
        let faults = ClientDetails::parse(wrong).unwrap_err();
        let fields: Vec<Field> = faults.iter().map(|fault| fault.field).collect();
        let all = [
            Field::Email,
            Field::FullName,
            Field::Description,
            Field::Networks,
            Field::Roles,
            Field::Metadata,
        ];
        assert_eq!(fields, all);
    }

    #[test]
    fn lists_have_limits() {
        let many = |text: &str| vec![text.to_owned(); LIST_MAX + 1];
        for wrong in [
            ClientDraft {
                networks: many("::1"),
                ..draft()
            },
            ClientDraft {
                roles: many("a"),
                ..draft()
            },
        ] {
            assert_eq!(ClientDetails::parse(wrong).unwrap_err().len(), 1);
        }
    }
}
