//! One source of configuration, in which any setting may be absent.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::auth::AuthLayer;
use super::cheqd::CheqdLayers;
use super::comet::CometLayer;
use super::grpc::GrpcLayer;
use super::publication::PublicationLayer;
use super::rates::RatesLayer;
use super::registration::RegistrationLayer;
use super::resolution::ResolutionLayer;
use super::settings::{CreateMode, LogFormat, Network, Secret};

/// Settings as one source gives them. The two secrets have no name in the file: they come from the environment only.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layer {
    pub(super) listen: Option<SocketAddr>,
    pub(super) data: Option<PathBuf>,
    pub(super) guard: Option<PathBuf>,
    pub(super) networks: Option<Vec<Network>>,
    pub(super) cheqd: CheqdLayers,
    pub(super) ledger: LedgerLayer,
    pub(super) keystore: KeystoreLayer,
    pub(super) publication: PublicationLayer,
    pub(super) resolution: ResolutionLayer,
    pub(super) tls: TlsLayer,
    pub(super) limits: LimitsLayer,
    pub(super) rates: RatesLayer,
    pub(super) auth: AuthLayer,
    pub(super) registration: RegistrationLayer,
    pub(super) comet: CometLayer,
    pub(super) grpc: GrpcLayer,
    pub(super) cors: CorsLayer,
    pub(super) log: LogLayer,
    #[serde(skip)]
    pub(super) bootstrap_api_key: Option<Secret>,
    #[serde(skip)]
    pub(super) keystore_passphrase: Option<Secret>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LedgerLayer {
    pub(super) create: Option<CreateMode>,
    pub(super) origin: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct KeystoreLayer {
    pub(super) passphrase_file: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TlsLayer {
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LimitsLayer {
    pub(super) body_bytes: Option<usize>,
    pub(super) json_depth: Option<usize>,
    pub(super) connections_max: Option<usize>,
    pub(super) header_timeout_ms: Option<u64>,
    pub(super) request_timeout_ms: Option<u64>,
    pub(super) drain_timeout_ms: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CorsLayer {
    pub(super) origins: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LogLayer {
    pub(super) format: Option<LogFormat>,
    pub(super) filter: Option<String>,
}

impl Layer {
    /// Reads a configuration file's text.
    ///
    /// # Errors
    /// On a syntax error, an unknown key (named) or a value of the wrong type.
    pub fn parse(text: &str) -> Result<Layer, toml::de::Error> {
        toml::from_str(text)
    }

    /// This layer, completed by a lower one.
    #[must_use]
    pub fn over(self, lower: Layer) -> Layer {
        Layer {
            listen: self.listen.or(lower.listen),
            data: self.data.or(lower.data),
            guard: self.guard.or(lower.guard),
            networks: self.networks.or(lower.networks),
            cheqd: self.cheqd.over(lower.cheqd),
            ledger: LedgerLayer {
                create: self.ledger.create.or(lower.ledger.create),
                origin: self.ledger.origin.or(lower.ledger.origin),
            },
            keystore: self.keystore.over(lower.keystore),
            publication: self.publication.over(lower.publication),
            resolution: self.resolution.over(lower.resolution),
            tls: TlsLayer {
                certificate: self.tls.certificate.or(lower.tls.certificate),
                key: self.tls.key.or(lower.tls.key),
            },
            limits: self.limits.over(lower.limits),
            rates: self.rates.over(lower.rates),
            auth: self.auth.over(lower.auth),
            registration: self.registration.over(lower.registration),
            comet: self.comet.over(lower.comet),
            grpc: self.grpc.over(lower.grpc),
            cors: CorsLayer {
                origins: self.cors.origins.or(lower.cors.origins),
            },
            log: LogLayer {
                format: self.log.format.or(lower.log.format),
                filter: self.log.filter.or(lower.log.filter),
            },
            bootstrap_api_key: self.bootstrap_api_key.or(lower.bootstrap_api_key),
            keystore_passphrase: self.keystore_passphrase.or(lower.keystore_passphrase),
        }
    }
}

impl KeystoreLayer {
    fn over(self, lower: KeystoreLayer) -> KeystoreLayer {
        KeystoreLayer {
            passphrase_file: self.passphrase_file.or(lower.passphrase_file),
            key_file: self.key_file.or(lower.key_file),
        }
    }
}

impl LimitsLayer {
    fn over(self, lower: LimitsLayer) -> LimitsLayer {
        LimitsLayer {
            body_bytes: self.body_bytes.or(lower.body_bytes),
            json_depth: self.json_depth.or(lower.json_depth),
            connections_max: self.connections_max.or(lower.connections_max),
            header_timeout_ms: self.header_timeout_ms.or(lower.header_timeout_ms),
            request_timeout_ms: self.request_timeout_ms.or(lower.request_timeout_ms),
            drain_timeout_ms: self.drain_timeout_ms.or(lower.drain_timeout_ms),
        }
    }
}
