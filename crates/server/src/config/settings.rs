//! Every setting, once: its name, its type, its default and its documentation.
//!
//! To add one, add a row here and run `UPDATE_FIXTURES=1 cargo test -p atropos --lib config`, which writes
//! `atropos.example.toml` and `docs/settings.md` again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use access::{RelyingParty, SigningSettings};
use serde::{Deserialize, Serialize};

use super::declaration::Kind::{List, Number, Text};
use super::declaration::{Setting, Shown, Source, Table, table};
use super::value::{
    Account, BaseUrl, ChainId, CreateMode, Domain, Fees, LogFilter, LogFormat, LogOrigin, Network,
    NodeUrl, Origins, PageOrigin, Profile, RegistrationProfile, WebhookTargets,
};

/// The tables, in the order of the example file.
pub const TABLES: &[Table] = &[
    Settings::TABLE,
    Cheqd::TABLE,
    Ledger::TABLE,
    Keystore::TABLE,
    Publication::TABLE,
    Resolution::TABLE,
    Tls::TABLE,
    Limits::TABLE,
    Rates::TABLE,
    Auth::TABLE,
    Registration::TABLE,
    Comet::TABLE,
    Grpc::TABLE,
    Cors::TABLE,
    Log::TABLE,
];

/// The two secrets. They never reach [`Settings`], which may be shown.
pub const SECRETS: &[Setting] = &[
    secret(
        "keystore.passphrase",
        "Passphrase that opens the keystore. It excludes `keystore.passphrase_file` and `keystore.key_file`.",
    ),
    secret(
        "bootstrap_api_key",
        "API key that the server accepts from its first start on, instead of a random one.",
    ),
];

const fn secret(name: &'static str, documentation: &'static str) -> Setting {
    Setting {
        name,
        documentation,
        kind: Text,
        shown: Shown::Example(""),
        source: Source::Environment,
    }
}

/// Longest time that may be configured: an hour. Longer ones are mistakes of unit.
const TIMEOUT_MS_MAX: i64 = 3_600_000;
const DAY_S: i64 = 86_400;
/// Highest rate: the server is never faster.
const RATE_MAX: i64 = 10_000_000;

table! {
    /// Every setting that may be shown.
    Anywhere "" Settings {
        /// Address and port to listen on.
        listen: SocketAddr, Text, Default = "127.0.0.1:3000";
        /// Directory of the log, the index and the store. Default: `$XDG_DATA_HOME/atropos` or
        /// `~/.local/share/atropos`.
        data: PathBuf, Text, Example = "/var/lib/atropos";
        /// Directory of the head guard, outside the data. The guard detects that the data was rolled back, so it must
        /// not be rolled back with it: keep it on another volume. Default: the path of the data directory with `.guard`
        /// appended.
        guard: PathBuf, Text, Example = "/var/lib/atropos.guard";
        /// Networks whose logs this server keeps: `testnet`, `mainnet`.
        networks: Vec<Network>, List, Default = ["testnet"];
    }
    tables {
        /// Remote networks.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        cheqd: BTreeMap<Network, Cheqd>,
        /// The ledger.
        ledger: Ledger,
        /// The keystore.
        keystore: Keystore,
        /// How the logs become public.
        publication: Publication,
        /// How DIDs are read over HTTP.
        resolution: Resolution,
        /// TLS; without it the server speaks plain HTTP.
        tls: Option<Tls>,
        /// Limits on what one client can use.
        limits: Limits,
        /// Rate limits.
        rates: Rates,
        /// Sessions, challenges and passkeys.
        auth: Auth,
        /// How the routes of DIF DID Registration answer.
        registration: Registration,
        /// Cosmos transactions and queries, for cheqd's client libraries.
        comet: Comet,
        /// Queries over gRPC.
        grpc: Grpc,
        /// Who may read from a browser.
        cors: Cors,
        /// Logging.
        log: Log,
    }
}

table! {
    /// A remote network: the server reads and writes it through nodes of the cheqd network. See docs/engines.md. These
    /// settings can only be given in the file.
    File "cheqd.mainnet." Cheqd {
        /// Chain id. A node of another chain is refused. Default: `cheqd-mainnet-1`, `cheqd-testnet-6`.
        chain_id: String, Text, Example = "cheqd-mainnet-1";
        /// JSON-RPC addresses of the network's nodes, the preferred one first.
        nodes: Vec<NodeUrl>, List, Example = ["https://rpc.cheqd.net"];
        /// File with the recovery phrase of the account that pays. Only its owner may be able to read it, and it must
        /// lie outside the data.
        payer_file: PathBuf, Text, Example = "/etc/atropos/mainnet.phrase";
        /// Highest fee for one transaction, in ncheq.
        fee_max_ncheq: u64, Number(1, i64::MAX), Default = 1000000000000;
        /// Margin on a price that is converted from US dollars, in percent.
        slippage_percent: u32, Number(0, 100), Default = 10;
        /// Time between two queries for a transaction, in milliseconds.
        poll_ms: u64, Number(10, 60_000), Default = 1000;
        /// Time for one request to a node, in milliseconds.
        request_timeout_ms: u64, Number(10, 60_000), Default = 5000;
        /// Time that a request waits for its block, in milliseconds. Must be less than `limits.request_timeout_ms`.
        deadline_ms: u64, Number(1, TIMEOUT_MS_MAX), Default = 25000;
        /// Number of blocks after which a transaction is void.
        timeout_blocks: u64, Number(2, 1_000_000), Default = 20;
        /// Age of the newest block, in seconds, from which a node counts as cut off. Use 0 for chains that make blocks
        /// only when there is something to put into them.
        block_age_max_s: u64, Number(0, DAY_S), Default = 120;
    }
}

table! {
    /// How a ledger is created.
    Anywhere "ledger." Ledger {
        /// Whether a start may create a log: `if-absent` or `never`. Use `never` in production, where a volume that is
        /// not mounted must not look like a new ledger, and run `atropos ledger init` once.
        create: CreateMode, Text, Default = "if-absent";
        /// Name of the logs in their checkpoints, followed by `/<network>`. It must be unique, such as a host name, and
        /// is fixed when a log is created. Default: a random name.
        origin: Option<LogOrigin>, Text, Example = "log.example.org";
    }
}

table! {
    /// What opens the keystore: a passphrase in ATROPOS_KEYSTORE_PASSPHRASE, a file with a passphrase, or a file with a
    /// random key. Both files must lie outside the data directory: a copy of the data alone must not open any key.
    Anywhere "keystore." Keystore {
        /// File with the passphrase of the keystore.
        passphrase_file: Option<PathBuf>, Text, Example = "/run/secrets/atropos-passphrase";
        /// File with the random key that opens the keystore. Default: `root.key` in the path of the data directory with
        /// `.keys` appended.
        key_file: Option<PathBuf>, Text, Example = "/var/lib/atropos.keys/root.key";
    }
}

table! {
    /// How the logs become public. Without a policy there are no witnesses: the head guard is then the only safeguard
    /// that detects a server restored to an older state.
    Anywhere "publication." Publication {
        /// Public address of this server, without a final `/`. Status lists contain it. Default: `http://` and the
        /// address in `listen`.
        url: BaseUrl, Text, Example = "https://dids.example.org";
        /// Time between two checkpoints that go to the witnesses, in milliseconds. Operations in between share one.
        interval_ms: u64, Number(10, 60_000), Default = 1000;
        /// Age of cosignatures, in seconds, after which the same checkpoint is cosigned again. This keeps "active"
        /// fresh without any traffic.
        freshness_s: u64, Number(1, DAY_S), Default = 60;
        /// Time without a quorum, in seconds, after which no DID is reported as active. Deactivated DIDs stay
        /// deactivated.
        max_silence_s: u64, Number(1, 30 * DAY_S), Default = 180;
        /// File with the witnesses and the quorum (C2SP tlog-policy): `witness <name> <key> <address>`, `group`,
        /// `quorum`.
        policy: Option<PathBuf>, Text, Example = "/etc/atropos/witnesses.txt";
        /// Allowed targets of webhooks: `public` or `anywhere`. `public` allows https to addresses of public networks;
        /// `anywhere` is for development.
        webhooks: WebhookTargets, Text, Default = "public";
    }
}

table! {
    /// How DIDs are read over HTTP; see docs/resolution.md.
    Anywhere "resolution." Resolution {
        /// Clients for which DIDs are resolved: `standard` or `universal-resolver-driver`. `standard` is DID Resolution
        /// v1. `universal-resolver-driver` is for a server behind a Universal Resolver: errors have their bare names,
        /// and a deactivated DID comes with its last document, without which that resolver would answer "not found".
        profile: Profile, Text, Default = "standard";
        /// Time for which a cache may serve an active DID without revalidation, in seconds. A deactivation can go
        /// unseen there for as long. With 0 every request is revalidated.
        active_max_age_s: u64, Number(0, 300), Default = 0;
    }
}

table! {
    /// TLS 1.2 and 1.3. Without a certificate the server speaks plain HTTP.
    Anywhere "tls." Tls {
        /// Certificate chain, PEM, the server's own certificate first.
        certificate: PathBuf, Text, Example = "/etc/atropos/certificate.pem";
        /// Private key of the certificate, PEM (PKCS#8, PKCS#1 or SEC1).
        key: PathBuf, Text, Example = "/etc/atropos/key.pem";
    }
}

table! {
    /// Limits on what one client can use. None of them can be switched off.
    Anywhere "limits." Limits {
        /// Largest request body, in bytes.
        body_bytes: usize, Number(1, 64 << 20), Default = 262144;
        /// Deepest nesting of a JSON body.
        json_depth: usize, Number(1, 64), Default = 16;
        /// Number of open connections. Further ones are closed at once.
        connections_max: usize, Number(1, 1 << 20), Default = 1024;
        /// Time to send the headers of a request and to finish a TLS handshake, in milliseconds.
        header_timeout_ms: u64, Number(1, TIMEOUT_MS_MAX), Default = 10000;
        /// Time to answer a request, its body included, in milliseconds.
        request_timeout_ms: u64, Number(1, TIMEOUT_MS_MAX), Default = 30000;
        /// Time that running requests get when the server stops, in milliseconds.
        drain_timeout_ms: u64, Number(1, TIMEOUT_MS_MAX), Default = 10000;
    }
}

table! {
    /// Rate limits. Beyond them the server answers 429 with Retry-After. Each number is also the size of a burst. Reads
    /// without an account are not counted.
    Anywhere "rates." Rates {
        /// Requests per second with one API key, token or client. A server on two cores makes some 10000 operations
        /// durable in a second, so the default only stops clients out of control. Lower it to share a server.
        key_requests_per_s: NonZeroU32, Number(1, RATE_MAX), Default = 20000;
        /// Requests per second of one tenant, with all of its keys.
        tenant_requests_per_s: NonZeroU32, Number(1, RATE_MAX), Default = 40000;
        /// Refusals per minute for missing or invalid signatures, of one caller, or of one address without an account.
        failed_signatures_per_min: NonZeroU32, Number(1, RATE_MAX), Default = 600;
        /// Invalid credentials per minute from one address (IPv6: one network of 64 bits). Beyond it passwords are no
        /// longer checked; valid keys and tokens still work. Behind a proxy all clients share its address: raise the
        /// limit there.
        failed_logins_per_min: NonZeroU32, Number(1, RATE_MAX), Default = 60;
    }
}

table! {
    /// Sessions, challenges and passkeys; see docs/auth-api.md.
    Anywhere "auth." Auth {
        /// Lifetime of a session, in seconds.
        session_s: u64, Number(1, DAY_S), Default = 3600;
        /// Time to answer a challenge, in seconds. A user has to find their key and touch it in this time.
        challenge_s: u64, Number(1, 600), Default = 120;
        /// Time to send a request after it was signed, in seconds.
        user_action_s: u64, Number(1, 600), Default = 60;
        /// Domain name of the passkeys. Without it there are no passkeys.
        relying_party: Option<Domain>, Text, Example = "wallet.example";
        /// Pages from which passkeys may sign. Default: `https://` and the domain name.
        origins: Option<Vec<PageOrigin>>, List, Example = ["https://wallet.example"];
    }
}

table! {
    /// The routes of DIF DID Registration; see docs/registration.md.
    Anywhere "registration." Registration {
        /// How the registration routes answer: `standard` or `cheqd-registrar`. `standard` follows the specification;
        /// `cheqd-registrar` follows cheqd's own registrar, for its clients.
        profile: RegistrationProfile, Text, Default = "standard";
    }
}

table! {
    /// Cosmos transactions and queries for cheqd's client libraries, over CometBFT's JSON-RPC; see docs/comet.md.
    Anywhere "comet." Comet {
        /// Address and port for cheqd's client libraries (CometBFT JSON-RPC). Default: off.
        listen: Option<SocketAddr>, Text, Example = "127.0.0.1:26657";
        /// Network that the transactions change. Default: the first of `networks`.
        network: Network, Text, Example = "testnet";
        /// Chain id that the transactions are signed for. Default: `atropos-<network>-1`.
        chain_id: ChainId, Text, Example = "atropos-testnet-1";
        /// Fees of the transactions: `free` or `static`. With `free` every account exists and pays nothing. With
        /// `static` the fixed fees of the cheqd network apply, and the faucet must fund an account first.
        fees: Fees, Text, Default = "free";
        /// Account that holds the whole supply, 1,000,000,000 CHEQ, at the start. Needed with static fees.
        faucet: Option<Account>, Text, Example = "cheqd1rnr5jrt4exl0samwj0yegv99jeskl0hsxmcz96";
    }
}

table! {
    /// The queries of cheqd's own clients over gRPC; see docs/grpc.md. They read the network in `comet.network`. With a
    /// certificate in `tls` this port speaks TLS too.
    Anywhere "grpc." Grpc {
        /// Address and port for queries over gRPC. Default: off.
        listen: Option<SocketAddr>, Text, Example = "127.0.0.1:9090";
    }
}

table! {
    /// Cross-origin requests.
    Anywhere "cors." Cors {
        /// Origins whose pages may use the public read routes; `*` alone allows all.
        origins: Origins, List, Default = ["*"];
    }
}

table! {
    /// Logging.
    Anywhere "log." Log {
        /// Format of a log line: `text` or `json`.
        format: LogFormat, Text, Default = "text";
        /// What is logged, in the syntax of tracing filters, such as `info,atropos=debug`. Requests that only read are
        /// logged at `debug`.
        filter: LogFilter, Text, Default = "info";
    }
}

impl Limits {
    /// [`Limits::header_timeout_ms`] as a duration.
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    /// [`Limits::request_timeout_ms`] as a duration.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// [`Limits::drain_timeout_ms`] as a duration.
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.drain_timeout_ms)
    }
}

impl Auth {
    /// These settings as access control takes them.
    pub fn signing(&self) -> SigningSettings {
        let ms = |seconds: u64| seconds.saturating_mul(1000);
        let origins = self.origins.iter().flatten();
        SigningSettings {
            session_ms: ms(self.session_s),
            challenge_ms: ms(self.challenge_s),
            action_ms: ms(self.user_action_s),
            party: self.relying_party.as_ref().map(|id| RelyingParty {
                id: id.to_string(),
                name: "Atropos".into(),
                origins: origins.map(|origin| origin.to_string()).collect(),
            }),
        }
    }
}
