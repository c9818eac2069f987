//! The name of an actor, as records keep it: it stays when the user or the client changes.

use audit::Actor;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};

/// An actor as it was when it did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id: `us-…` for users, the actor's own name for others.
    pub id: String,
    /// The name.
    pub name: String,
    /// The e-mail address, where one is known.
    pub email: Option<String>,
}

impl Person {
    /// The e-mail address where one is known, else the name.
    #[must_use]
    pub fn addressed(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.name)
    }

    /// The actor's name at present, in the transaction of what it does.
    pub fn of(connection: &Connection, actor: &Actor) -> Result<Person, rusqlite::Error> {
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

    /// As records keep it.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!({"id": self.id, "name": self.name, "email": self.email}).to_string()
    }

    /// The person in a record; `None` in a text of another form.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Person> {
        let value: Value = serde_json::from_str(text).ok()?;
        let member = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Person {
            id: member("id")?,
            name: member("name")?,
            email: member("email"),
        })
    }
}
