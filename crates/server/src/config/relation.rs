//! How settings depend on each other: defaults that follow from other settings, and values that contradict each other.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::declaration::{Setting, Shown};
use super::paths::{Places, sibling};
use super::settings::{Cheqd, Settings, TABLES, Tls};
use super::source::{get, set};
use super::value::{Domain, Fees, Network, Secret};
use super::{ConfigError, Unlock};

/// Nodes of one network.
const NODES_MAX: usize = 8;
/// Pages on which passkeys may sign.
const ORIGINS_MAX: usize = 16;

/// A setting that contradicts another one: its name, and what is expected.
pub(super) type Contradiction = (String, String);

/// The settings that apply to a configuration, by their full names: those of a remote network apply once a network.
pub(super) fn applying(table: &Table) -> Vec<(String, &'static Setting)> {
    let remote = match get(table, "cheqd") {
        Some(Value::Table(networks)) => networks.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let names = |setting: &'static Setting| match setting.name.strip_prefix("cheqd.mainnet.") {
        None => vec![(setting.name.to_owned(), setting)],
        Some(key) => remote
            .iter()
            .map(|network| (format!("cheqd.{network}.{key}"), setting))
            .collect(),
    };
    let settings = TABLES.iter().flat_map(|table| table.settings);
    settings.flat_map(names).collect()
}

/// Fills in what is not given.
pub(super) fn complete(
    table: &mut Table,
    places: &Places,
    has_passphrase: bool,
) -> Result<(), ConfigError> {
    // A table of the file with nothing in it counts as absent.
    if matches!(table.get(Tls::TABLE.name()), Some(Value::Table(tls)) if tls.is_empty()) {
        table.remove(Tls::TABLE.name());
    }
    let optional = [
        Settings::TABLE.name(),
        Cheqd::TABLE.name(),
        Tls::TABLE.name(),
    ];
    for inner in TABLES
        .iter()
        .filter(|inner| !optional.contains(&inner.name()))
    {
        fill(table, inner.name(), || Some(Table::new().into()));
    }
    for (name, setting) in applying(table) {
        if let Shown::Default(value) = setting.shown {
            fill(table, &name, || value.parse().ok());
        }
    }
    if get(table, "data").is_none() {
        let data = places.data().and_then(path).ok_or(ConfigError::NoHome)?;
        set(table, "data", data);
    }
    let text = |table: &Table, name: &str| Some(get(table, name)?.as_str()?.to_owned());
    if let Some(data) = text(table, "data").map(PathBuf::from) {
        fill(table, "guard", || path(sibling(&data, ".guard")));
        if !has_passphrase && get(table, "keystore.passphrase_file").is_none() {
            let key_file = sibling(&data, ".keys").join("root.key");
            fill(table, "keystore.key_file", || path(key_file));
        }
    }
    let listen = text(table, "listen");
    fill(table, "publication.url", || {
        let listen: SocketAddr = listen?.parse().ok()?;
        Some(format!("http://{listen}").into())
    });
    let domain = text(table, "auth.relying_party").map(Domain::try_from);
    if let Some(Ok(domain)) = domain {
        fill(table, "auth.origins", || {
            Some(vec![format!("https://{}", *domain)].into())
        });
    }
    let first = get(table, "networks").and_then(|list| list.get(0)?.as_str());
    let first = first.unwrap_or(Network::Testnet.as_str()).to_owned();
    fill(table, "comet.network", || Some(first.into()));
    let network = text(table, "comet.network");
    fill(table, "comet.chain_id", || {
        network.map(|network| format!("atropos-{network}-1").into())
    });
    for (network, chain) in [
        (Network::Mainnet, "cheqd-mainnet-1"),
        (Network::Testnet, "cheqd-testnet-6"),
    ] {
        if get(table, &format!("cheqd.{network}")).is_some() {
            fill(table, &format!("cheqd.{network}.chain_id"), || {
                Some(chain.into())
            });
        }
    }
    Ok(())
}

fn fill(table: &mut Table, name: &str, value: impl FnOnce() -> Option<Value>) {
    if get(table, name).is_none()
        && let Some(value) = value()
    {
        set(table, name, value);
    }
}

fn path(path: PathBuf) -> Option<Value> {
    path.into_os_string().into_string().ok().map(Value::from)
}

/// Refuses a table in which a setting is missing that another one needs.
pub(super) fn is_whole(table: &Table) -> Result<(), Contradiction> {
    for (given, needed) in [
        ("tls.certificate", "tls.key"),
        ("tls.key", "tls.certificate"),
        ("auth.origins", "auth.relying_party"),
    ] {
        if get(table, given).is_some() && get(table, needed).is_none() {
            return refuse(needed, format!("is needed beside {given}"));
        }
    }
    for network in [Network::Testnet, Network::Mainnet] {
        let name = |key: &str| format!("cheqd.{network}.{key}");
        let is_given = get(table, &format!("cheqd.{network}")).is_some();
        for (key, what) in [
            ("nodes", format!("name 1 to {NODES_MAX} nodes")),
            (
                "payer_file",
                "is needed: a file with the recovery phrase of the account that pays".into(),
            ),
        ] {
            if is_given && get(table, &name(key)).is_none() {
                return refuse(name(key), what);
            }
        }
    }
    Ok(())
}

/// Refuses settings that contradict each other.
pub(super) fn agree(settings: &Settings) -> Result<(), Contradiction> {
    outside("guard", &settings.guard, &settings.data)?;
    let mut seen = settings.networks.clone();
    seen.sort_unstable();
    seen.dedup();
    let is_empty = seen.is_empty() && settings.cheqd.is_empty();
    if is_empty || seen.len() != settings.networks.len() {
        return refuse("networks", "name at least one network, and each only once");
    }
    for (network, remote) in &settings.cheqd {
        remote_agrees(*network, remote, settings)?;
    }
    let publication = &settings.publication;
    if publication.max_silence_s < publication.freshness_s {
        return refuse(
            "publication.max_silence_s",
            "must not be shorter than publication.freshness_s: the quorum is not asked more often",
        );
    }
    if let Some(origins) = &settings.auth.origins
        && !(1..=ORIGINS_MAX).contains(&origins.len())
    {
        return refuse(
            "auth.origins",
            format!("1 to {ORIGINS_MAX} origins are possible"),
        );
    }
    let comet = &settings.comet;
    let first = settings
        .networks
        .first()
        .copied()
        .unwrap_or(Network::Testnet);
    let is_wanted = comet.listen.is_some() || comet.network != first;
    if is_wanted && !settings.networks.contains(&comet.network) {
        let reason = format!(
            "{} is not among the networks that are served",
            comet.network
        );
        return refuse("comet.network", reason);
    }
    if comet.fees == Fees::Static && comet.faucet.is_none() {
        return refuse(
            "comet.faucet",
            "is needed where fees are static: no other account could pay",
        );
    }
    Ok(())
}

fn remote_agrees(
    network: Network,
    remote: &Cheqd,
    settings: &Settings,
) -> Result<(), Contradiction> {
    let name = |key: &str| format!("cheqd.{network}.{key}");
    if settings.networks.contains(&network) {
        let reason = "is also in `networks`: this server either keeps the log of a network or reaches it through nodes";
        return refuse(format!("cheqd.{network}"), reason);
    }
    if !(1..=NODES_MAX).contains(&remote.nodes.len()) {
        return refuse(name("nodes"), format!("name 1 to {NODES_MAX} nodes"));
    }
    outside(name("payer_file"), &remote.payer_file, &settings.data)?;
    let cut = settings.limits.request_timeout_ms;
    if remote.deadline_ms >= cut {
        let reason =
            format!("must be less than limits.request_timeout_ms ({cut}), where a request is cut");
        return refuse(name("deadline_ms"), reason);
    }
    Ok(())
}

/// What opens the keystore: exactly one of three.
pub(super) fn unlock(
    settings: &Settings,
    passphrase: Option<Secret>,
) -> Result<Unlock, Contradiction> {
    let keystore = &settings.keystore;
    let unlock = match (passphrase, &keystore.passphrase_file, &keystore.key_file) {
        (Some(passphrase), None, None) => return Ok(Unlock::Passphrase(passphrase)),
        (None, Some(path), None) => Unlock::PassphraseFile(path.clone()),
        (None, None, Some(path)) => Unlock::KeyFile(path.clone()),
        _ => {
            let reason = "give one of ATROPOS_KEYSTORE_PASSPHRASE, passphrase_file and key_file, not several";
            return refuse("keystore", reason);
        }
    };
    let files = [
        ("keystore.passphrase_file", &keystore.passphrase_file),
        ("keystore.key_file", &keystore.key_file),
    ];
    for (name, path) in files {
        if let Some(path) = path {
            outside(name, path, &settings.data)?;
        }
    }
    Ok(unlock)
}

/// Copies of the data directory must not contain `path`.
fn outside(name: impl Into<String>, path: &Path, data: &Path) -> Result<(), Contradiction> {
    if path.starts_with(data) {
        let reason = format!("must not lie inside the data directory {}", data.display());
        return refuse(name, reason);
    }
    Ok(())
}

fn refuse<T>(name: impl Into<String>, reason: impl Into<String>) -> Result<T, Contradiction> {
    Err((name.into(), reason.into()))
}
