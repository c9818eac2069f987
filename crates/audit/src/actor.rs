//! Who did something, and by which request.

use std::fmt;
use std::net::IpAddr;

use crate::{ApiKeyId, TokenId, UserId};

/// Who did something: an argument of every function that changes anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// Who did it.
    pub actor: Actor,
    /// The id of the HTTP request, if it was one.
    pub request_id: Option<String>,
    /// The client's address.
    pub address: Option<IpAddr>,
}

impl Attribution {
    /// By this program itself.
    #[must_use]
    pub fn system() -> Attribution {
        Attribution::of(Actor::System)
    }

    /// By the operator at the command line.
    #[must_use]
    pub fn command_line() -> Attribution {
        Attribution::of(Actor::CommandLine)
    }

    /// By an actor, without a request.
    #[must_use]
    pub fn of(actor: Actor) -> Attribution {
        Attribution {
            actor,
            request_id: None,
            address: None,
        }
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// This program itself.
    System,
    /// The operator at the command line of the server's machine.
    CommandLine,
    /// A program with an API key.
    ApiKey(ApiKeyId),
    /// A person or a service account.
    User {
        /// The user.
        user: UserId,
        /// The token; none where the user has just logged in.
        token: Option<TokenId>,
    },
    /// A program with a client's username and password.
    Client {
        /// The project; its name has no slash.
        project: String,
        /// The client's name in it.
        username: String,
    },
    /// An unauthenticated client.
    Anonymous,
}

impl Actor {
    /// The actor in a text, as [`Actor`]'s `Display` writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Actor> {
        match text {
            "system" => return Some(Actor::System),
            "command-line" => return Some(Actor::CommandLine),
            "anonymous" => return Some(Actor::Anonymous),
            _ => {}
        }
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "api-key" => ApiKeyId::parse(rest).map(Actor::ApiKey),
            "user" => {
                let (user, token) = match rest.split_once('/') {
                    Some((user, token)) => (user, Some(TokenId::parse(token)?)),
                    None => (rest, None),
                };
                UserId::parse(user).map(|user| Actor::User { user, token })
            }
            "client" => {
                let (project, username) = rest.split_once('/')?;
                Some(Actor::Client {
                    project: project.to_owned(),
                    username: username.to_owned(),
                })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::System => f.write_str("system"),
            Actor::CommandLine => f.write_str("command-line"),
            Actor::ApiKey(id) => write!(f, "api-key:{id}"),
            Actor::User {
                user,
                token: Some(token),
            } => write!(f, "user:{user}/{token}"),
            Actor::User { user, token: None } => write!(f, "user:{user}"),
            Actor::Client { project, username } => write!(f, "client:{project}/{username}"),
            Actor::Anonymous => f.write_str("anonymous"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_come_back_from_their_text() {
        let (user, token) = (UserId::generate().unwrap(), TokenId::generate().unwrap());
        let actors = [
            Actor::System,
            Actor::CommandLine,
            Actor::ApiKey(ApiKeyId::parse("0123abcd").unwrap()),
            Actor::User {
                user: user.clone(),
                token: Some(token),
            },
            Actor::User { user, token: None },
            Actor::Client {
                project: "default".into(),
                username: "a/b:c".into(),
            },
            Actor::Anonymous,
        ];
        for actor in actors {
            assert_eq!(Actor::parse(&actor.to_string()), Some(actor));
        }
        for text in ["", "root", "api-key:xyz", "user:us-1", "client:default"] {
            assert_eq!(Actor::parse(text), None, "{text}");
        }
    }
}
