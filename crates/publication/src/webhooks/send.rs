//! One attempt to deliver one message.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use url_host::literal_address;

use super::resolve::{Guarded, NameSource, Unreachable};
use super::{InvalidUrl, PublicAddress, Reach, Schemes};

/// Most bytes of a receiver's URL.
pub const URL_BYTES_MAX: usize = 2048;
/// How long a receiver has for its answer, and to take the connection.
const ANSWER: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait that a receiver may ask for, in seconds.
const RETRY_AFTER_MAX_S: u64 = 24 * 60 * 60;

/// What is sent.
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) timestamp_s: u64,
    pub(crate) signature: String,
    /// What the receiver gets besides.
    pub(crate) credential: Option<(HeaderName, HeaderValue)>,
    pub(crate) body: Vec<u8>,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered,
    /// The receiver wants no more.
    Gone,
    Failed {
        reason: String,
        /// What the receiver requested.
        retry_after_s: Option<u64>,
    },
}

/// The HTTP client of all webhooks. It follows no redirect, uses no proxy, keeps no connection, and reads no answer
/// beyond its head.
pub(crate) struct Sender {
    client: Client,
    reach: Arc<Reach>,
}

impl Sender {
    pub(crate) fn new(
        reach: Reach,
        names: Arc<dyn NameSource>,
        user_agent: &str,
    ) -> Result<Self, reqwest::Error> {
        let reach = Arc::new(reach);
        let client = outbound::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(ANSWER)
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(0)
            .referer(false)
            .https_only(reach.schemes == Schemes::HttpsOnly)
            .user_agent(user_agent)
            .dns_resolver(Arc::new(Guarded::new(names, Arc::clone(&reach))))
            .build()?;
        Ok(Self { client, reach })
    }

    /// Checks a URL as far as possible without a look-up.
    pub(crate) fn check(&self, text: &str) -> Result<Url, InvalidUrl> {
        check(text, &self.reach)
    }

    pub(crate) async fn send(&self, url: &str, message: Message) -> Outcome {
        // Again, at every attempt: what may be reached can have been narrowed since.
        let url = match self.check(url) {
            Ok(url) => url,
            Err(invalid) => return Outcome::failed(invalid.to_string()),
        };
        let mut request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.timestamp_s)
            .header("webhook-signature", message.signature)
            .body(message.body);
        if let Some((name, value)) = message.credential {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(answer) => of_answer(&answer),
            Err(error) => Outcome::failed(reason_of(&error)),
        }
    }
}

impl Outcome {
    fn failed(reason: impl Into<String>) -> Self {
        Self::Failed {
            reason: reason.into(),
            retry_after_s: None,
        }
    }
}

fn check(text: &str, reach: &Reach) -> Result<Url, InvalidUrl> {
    if text.len() > URL_BYTES_MAX {
        return Err(InvalidUrl::TooLong);
    }
    let url = Url::parse(text).map_err(|_| InvalidUrl::Malformed)?;
    let allowed = match reach.schemes {
        Schemes::HttpsOnly => url.scheme() == "https",
        Schemes::HttpToo => matches!(url.scheme(), "https" | "http"),
    };
    if !allowed {
        return Err(InvalidUrl::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(InvalidUrl::Surplus);
    }
    let host = url.host_str().ok_or(InvalidUrl::Malformed)?;
    // An address in the URL is connected to without asking for a name.
    if let Some(address) = literal_address(host) {
        PublicAddress::check(address, reach)?;
    }
    Ok(url)
}

/// Addresses as [`Url`] writes them: it has read every spelling (`0x7f.1`, `2130706433`) already.
mod url_host {
    use super::IpAddr;

    pub(super) fn literal_address(host: &str) -> Option<IpAddr> {
        let host = host
            .strip_prefix('[')
            .map_or(host, |rest| rest.trim_end_matches(']'));
        host.parse().ok()
    }
}

fn of_answer(answer: &Response) -> Outcome {
    let status = answer.status();
    if status.is_success() {
        return Outcome::Delivered;
    }
    if status == StatusCode::GONE {
        return Outcome::Gone;
    }
    let reason = if status.is_redirection() {
        format!(
            "the receiver answered {}; redirects are not followed",
            status.as_u16()
        )
    } else {
        format!("the receiver answered {}", status.as_u16())
    };
    let retry_after_s = answer
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(|wait: u64| wait.min(RETRY_AFTER_MAX_S));
    Outcome::Failed {
        reason,
        retry_after_s,
    }
}

/// Tells the subscriber what it needs to know, and nothing about the inside of the server's network.
fn reason_of(error: &reqwest::Error) -> String {
    match unreachable_in(error) {
        Some(Unreachable::Unknown(name, _)) => format!("the name {name} is not known"),
        Some(Unreachable::NoAddress(name)) => format!("the name {name} has no address"),
        Some(Unreachable::Refused { name, .. }) => {
            format!("the name {name} leads to an address that is not public")
        }
        None if error.is_timeout() => {
            format!(
                "the receiver did not answer within {} seconds",
                ANSWER.as_secs()
            )
        }
        None if error.is_connect() => {
            "no connection to the receiver: it is not there, or its certificate is not valid"
                .to_owned()
        }
        None => "the receiver broke off the connection, or did not speak HTTP".to_owned(),
    }
}

fn unreachable_in(error: &reqwest::Error) -> Option<&Unreachable> {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<Unreachable>() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_lead_inside_are_refused_in_every_spelling() {
        let reach = Reach::default();
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00:ec2::254]/",
            "https://10.0.0.1:8443/",
            "https://0/",
        ] {
            assert!(
                matches!(check(url, &reach), Err(InvalidUrl::Refused(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn urls_are_plain_https() {
        let reach = Reach::default();
        assert!(check("https://receiver.example/hook?a=b", &reach).is_ok());
        assert!(check("https://1.1.1.1/", &reach).is_ok());
        for (url, error) in [
            ("http://receiver.example/", InvalidUrl::Scheme),
            ("ftp://receiver.example/", InvalidUrl::Scheme),
            ("file:///etc/passwd", InvalidUrl::Scheme),
            ("https://user@receiver.example/", InvalidUrl::Surplus),
            ("https://:secret@receiver.example/", InvalidUrl::Surplus),
            ("https://receiver.example/#a", InvalidUrl::Surplus),
            ("receiver.example", InvalidUrl::Malformed),
            ("https://", InvalidUrl::Malformed),
            (
                &format!("https://receiver.example/{}", "a".repeat(URL_BYTES_MAX)),
                InvalidUrl::TooLong,
            ),
        ] {
            assert_eq!(check(url, &reach), Err(error), "{url}");
        }
        assert!(check("http://127.0.0.1:9000/", &Reach::anywhere()).is_ok());
        assert_eq!(
            check("ftp://127.0.0.1/", &Reach::anywhere()),
            Err(InvalidUrl::Scheme)
        );
    }
}
