//! What people log in with and sign with.

use access::{RelyingParty, SigningSettings};
use serde::{Deserialize, Serialize};

use super::settings::invalid;
use super::sources::ConfigError;

/// What people log in with and sign with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Auth {
    /// Life of a session.
    pub session_s: u64,
    /// Life of a challenge. Somebody has to find their key and touch it meanwhile.
    pub challenge_s: u64,
    /// Life of a signed request that was not sent yet.
    pub user_action_s: u64,
    /// The domain name that passkeys are made for; without it there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relying_party: Option<String>,
    /// Pages from which passkeys may sign: `https://` and the domain name, where nothing else is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
}

impl Auth {
    /// The same, as it is used.
    pub fn signing(&self) -> SigningSettings {
        let ms = |seconds: u64| seconds.saturating_mul(1000);
        SigningSettings {
            session_ms: ms(self.session_s),
            challenge_ms: ms(self.challenge_s),
            action_ms: ms(self.user_action_s),
            party: self.relying_party.as_ref().map(|id| RelyingParty {
                id: id.clone(),
                name: "Atropos".into(),
                origins: self.origins.clone(),
            }),
        }
    }
}

/// The table as one source gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuthLayer {
    pub(super) session_s: Option<u64>,
    pub(super) challenge_s: Option<u64>,
    pub(super) user_action_s: Option<u64>,
    pub(super) relying_party: Option<String>,
    pub(super) origins: Option<Vec<String>>,
}

impl AuthLayer {
    pub(super) fn over(self, lower: AuthLayer) -> AuthLayer {
        AuthLayer {
            session_s: self.session_s.or(lower.session_s),
            challenge_s: self.challenge_s.or(lower.challenge_s),
            user_action_s: self.user_action_s.or(lower.user_action_s),
            relying_party: self.relying_party.or(lower.relying_party),
            origins: self.origins.or(lower.origins),
        }
    }
}

/// Longest session, a day; longest challenge and signed request, ten minutes: longer ones are mistakes of unit.
const SESSION_S_MAX: u64 = 86_400;
const SHORT_S_MAX: u64 = 600;
/// Pages from which passkeys may sign.
const ORIGINS_MAX: usize = 16;

/// Fills the gaps with defaults.
pub(super) fn resolve(layer: AuthLayer) -> Result<Auth, ConfigError> {
    let times = [
        ("auth.session_s", layer.session_s, 3600, SESSION_S_MAX),
        ("auth.challenge_s", layer.challenge_s, 120, SHORT_S_MAX),
        ("auth.user_action_s", layer.user_action_s, 60, SHORT_S_MAX),
    ];
    let mut seconds = [0; 3];
    for (slot, (setting, given, default, max)) in seconds.iter_mut().zip(times) {
        *slot = given.unwrap_or(default);
        if !(1..=max).contains(slot) {
            return Err(invalid(setting, format!("must be between 1 and {max}")));
        }
    }
    let relying_party = layer.relying_party.map(domain).transpose()?;
    let origins = match (&relying_party, layer.origins) {
        (None, None) => Vec::new(),
        (None, Some(_)) => {
            return Err(invalid(
                "auth.relying_party",
                "is needed beside auth.origins",
            ));
        }
        (Some(id), None) => vec![format!("https://{id}")],
        (Some(_), Some(list)) => origins(list)?,
    };
    let [session_s, challenge_s, user_action_s] = seconds;
    Ok(Auth {
        session_s,
        challenge_s,
        user_action_s,
        relying_party,
        origins,
    })
}

fn domain(text: String) -> Result<String, ConfigError> {
    let clean =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if (1..=253).contains(&text.len()) && text.bytes().all(clean) && !text.starts_with('.') {
        return Ok(text);
    }
    let reason = format!("{text:?} is not a domain name like wallet.example, in lower case");
    Err(invalid("auth.relying_party", reason))
}

fn origins(list: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let is_origin = |origin: &String| {
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://localhost").map(|_| "localhost"))
            .unwrap_or_default();
        let port = origin.rsplit_once(':').map_or("", |(_, port)| port);
        let port_fits = port.starts_with("//") || port.parse::<u16>().is_ok();
        !host.is_empty() && !host.contains(['/', '*', '@', '?', '#', ' ']) && port_fits
    };
    if (1..=ORIGINS_MAX).contains(&list.len()) && list.iter().all(is_origin) {
        return Ok(list);
    }
    let reason = format!(
        "1 to {ORIGINS_MAX} origins like https://wallet.example; only http://localhost:<port> is without TLS"
    );
    Err(invalid("auth.origins", reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(party: Option<&str>, list: Option<&[&str]>) -> AuthLayer {
        AuthLayer {
            relying_party: party.map(str::to_owned),
            origins: list.map(|list| list.iter().map(|&origin| origin.to_owned()).collect()),
            ..AuthLayer::default()
        }
    }

    #[test]
    fn passkeys_need_a_domain_and_sign_on_its_pages() {
        let none = resolve(layer(None, None)).unwrap();
        assert_eq!(none.signing().party, None);
        let alone = resolve(layer(Some("wallet.example"), None)).unwrap();
        assert_eq!(alone.origins, ["https://wallet.example"]);
        let local = ["http://localhost:8080", "https://a.example:8443"];
        assert_eq!(
            resolve(layer(Some("localhost"), Some(&local)))
                .unwrap()
                .origins,
            local
        );
        for (party, list) in [
            (None, Some(&["https://a.example"][..])),
            (Some("https://a.example"), None),
            (Some("A.example"), None),
            (Some("a.example"), Some(&[][..])),
            (Some("a.example"), Some(&["http://a.example"][..])),
            (Some("a.example"), Some(&["https://a.example/"][..])),
            (Some("a.example"), Some(&["http://localhost:x"][..])),
        ] {
            assert!(resolve(layer(party, list)).is_err(), "{party:?} {list:?}");
        }
    }

    #[test]
    fn times_have_limits() {
        let default = resolve(AuthLayer::default()).unwrap();
        let times = (
            default.session_s,
            default.challenge_s,
            default.user_action_s,
        );
        assert_eq!(times, (3600, 120, 60));
        for challenge_s in [0, SHORT_S_MAX + 1] {
            let layer = AuthLayer {
                challenge_s: Some(challenge_s),
                ..AuthLayer::default()
            };
            assert!(resolve(layer).is_err());
        }
    }
}
