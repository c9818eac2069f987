//! Who did something to a credential, as others are told of them, for ever.

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};

use crate::audit::Actor;

/// Somebody as they were when they did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id: `us-…` for users, the actor's own name for others.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their address, where one is known.
    pub email: Option<String>,
}

impl Person {
    /// The address where one is known, else the name.
    #[must_use]
    pub fn addressed(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.name)
    }

    pub(crate) fn of(connection: &Connection, actor: &Actor) -> Result<Person, rusqlite::Error> {
        let named = |sql: &str, id: &str| -> Result<Option<String>, rusqlite::Error> {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([id], |row| row.get(0)).optional()
        };
        let person = |id: &str, name: Option<String>| Person {
            id: id.to_owned(),
            name: name.unwrap_or_else(|| id.to_owned()),
            email: None,
        };
        Ok(match actor {
            Actor::User { user, .. } => {
                let name = named("SELECT name FROM users WHERE id = ?1", user.as_str())?;
                let email = name.clone().filter(|name| name.contains('@'));
                Person {
                    email,
                    ..person(user.as_str(), name)
                }
            }
            Actor::ApiKey(id) => {
                let name = named("SELECT name FROM api_keys WHERE id = ?1", id.as_str())?;
                person(&actor.to_string(), name)
            }
            Actor::Client { username, .. } => {
                let email = named("SELECT email FROM clients WHERE username = ?1", username)?;
                Person {
                    email: email.filter(|email| !email.is_empty()),
                    ..person(&actor.to_string(), Some(username.clone()))
                }
            }
            Actor::CommandLine => person("command-line", Some("command line".to_owned())),
            Actor::System | Actor::Anonymous => person(&actor.to_string(), None),
        })
    }

    pub(crate) fn to_json(&self) -> String {
        json!({"id": self.id, "name": self.name, "email": self.email}).to_string()
    }

    pub(super) fn from_json(text: &str) -> Option<Person> {
        let value: Value = serde_json::from_str(text).ok()?;
        let member = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Person {
            id: member("id")?,
            name: member("name")?,
            email: member("email"),
        })
    }
}
