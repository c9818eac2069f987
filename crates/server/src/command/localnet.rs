//! `atropos localnet`: a cheqd network on this machine, with everything cheqd's own clients need, for development.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, bail};
use chain::{Address, Chain, PayerKey, faucet};
use clap::Args;

use crate::config::{Fees, Places, Settings, Sources};
use crate::logging;
use crate::output::line;
use crate::start::run::{Listening, run_reporting};

/// The phrases of the accounts: test vectors of BIP-39, which no one can mistake for secrets.
const PHRASES: [&str; 3] = [
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
];
/// The phrase of the account that holds the whole supply at the start.
const FAUCET_PHRASE: &str = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong";
/// What each of the accounts gets where fees are static: a million CHEQ.
const GIFT_NCHEQ: u64 = 1_000_000_000_000_000;
/// The file that marks a folder as created by this command.
const MARK: &str = "localnet";

/// A cheqd network on this machine, for development: the ledger, the RPC and gRPC ports of a node, and the server's own
/// interfaces.
#[derive(Args)]
pub struct Localnet {
    /// Fees of the transactions: free, or static for the fixed fees of the cheqd network.
    #[arg(long, default_value = "free", value_name = "FEES")]
    fees: Fees,
}

pub(super) async fn run(
    arguments: Localnet,
    flags: Vec<(String, String)>,
    environment: impl IntoIterator<Item = (String, String)>,
    file: Option<&Path>,
) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir().context("cannot make a temporary directory")?;
    let here = temporary.path().join("data");
    let config = defaults(arguments.fees, &here)?
        .file(file)?
        .environment(environment)?
        .flags(flags)
        .config(&Places::of_this_process())?;
    logging::start(&config.settings.log)?;
    let data = &config.settings.data;
    mark(data)?;
    let keeps = (*data != here).then_some(data.as_path());
    run_reporting(&config, async |listening| {
        report(&config.settings, &listening, keeps).await
    })
    .await?;
    temporary
        .close()
        .context("cannot remove the temporary directory")
}

/// Defaults that differ from those of a server. File, environment and flags override them.
fn defaults(fees: Fees, data: &Path) -> anyhow::Result<Sources> {
    let faucet = PayerKey::from_phrase(FAUCET_PHRASE)?.address();
    Ok(Sources::default()
        .with("data", &data.to_string_lossy())
        .with("comet.listen", "127.0.0.1:26657")
        .with("comet.fees", fees.as_str())
        .with("comet.faucet", &faucet.to_string())
        .with("grpc.listen", "127.0.0.1:9090")
        .with("log.filter", "warn"))
}

/// Claims a folder for this command, unless it contains anything else: its data belongs to accounts with public keys.
fn mark(data: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data);
    made.with_context(|| format!("cannot make the folder {}", data.display()))?;
    let mut entries = data
        .read_dir()
        .with_context(|| format!("cannot read the folder {}", data.display()))?;
    let mark = data.join(MARK);
    if entries.next().is_some() && !mark.exists() {
        bail!(
            "{} was not created by `atropos localnet`; give another folder with --data",
            data.display()
        );
    }
    fs::write(&mark, "Data of `atropos localnet`. For development only.\n")
        .with_context(|| format!("cannot write {}", mark.display()))
}

async fn report(
    settings: &Settings,
    listening: &Listening,
    keeps: Option<&Path>,
) -> anyhow::Result<()> {
    let chain = listening.app.chain.as_ref().context("there is no chain")?;
    let faucet = PayerKey::from_phrase(FAUCET_PHRASE)?;
    let accounts = PHRASES
        .iter()
        .map(|phrase| Ok((*phrase, PayerKey::from_phrase(phrase)?.address())))
        .collect::<anyhow::Result<Vec<_>>>()?;
    if settings.comet.fees == Fees::Static {
        let addresses: Vec<Address> = accounts.iter().map(|(_, address)| *address).collect();
        faucet::fund(chain, &faucet, &addresses, GIFT_NCHEQ).await?;
    }
    line("\nA cheqd network on this machine. FOR DEVELOPMENT ONLY.\n")?;
    report_addresses(settings, listening, chain, keeps)?;
    line("\nAccounts. THESE PHRASES ARE PUBLIC: never use them anywhere else.\n")?;
    for (phrase, address) in &accounts {
        line(format!("  {address}  {}", balance(chain, address)?))?;
        line(format!("    {phrase}"))?;
    }
    let address = faucet.address();
    line(format!(
        "  {address}  {} (faucet)",
        balance(chain, &address)?
    ))?;
    line(format!("    {FAUCET_PHRASE}"))?;
    report_snippet(listening)
}

fn report_addresses(
    settings: &Settings,
    listening: &Listening,
    chain: &Chain,
    keeps: Option<&Path>,
) -> anyhow::Result<()> {
    let network = settings.comet.network;
    if let Some(comet) = listening.comet {
        line(format!("  CometBFT RPC  http://{comet}"))?;
    }
    if let Some(grpc) = listening.grpc {
        line(format!("  gRPC          {grpc}"))?;
    }
    let scheme = if settings.tls.is_some() {
        "https"
    } else {
        "http"
    };
    line(format!(
        "  HTTP          {scheme}://{0} (resolver: {scheme}://{0}/1.0/identifiers/)",
        listening.http
    ))?;
    line(format!("  chain id      {}", chain.chain_id()))?;
    line(format!("  DIDs          did:cheqd:{network}:…"))?;
    line(match settings.comet.fees {
        Fees::Free => {
            "  fees          free: any account may sign at once, including those not listed below"
        }
        Fees::Static => {
            "  fees          static: 50 CHEQ to create, 25 to update, 10 to deactivate a DID"
        }
    })?;
    line(match keeps {
        Some(data) => format!("  data          {}", data.display()),
        None => "  data          in a temporary folder, removed at the end; --data FOLDER keeps it"
            .to_owned(),
    })?;
    if let Some(key) = &listening.first_key {
        line(format!(
            "  API key       {} (header x-api-key; shown only once)",
            key.secret.reveal()
        ))?;
    }
    Ok(())
}

fn report_snippet(listening: &Listening) -> anyhow::Result<()> {
    let Some(comet) = listening.comet else {
        return Ok(());
    };
    line(format!(
        "
With @cheqd/sdk:

  import {{ createCheqdSDK, createCosmosPayerWallet, DIDModule, ResourceModule }} from '@cheqd/sdk';

  const wallet = await createCosmosPayerWallet(
    '{}');
  const sdk = await createCheqdSDK({{
    modules: [DIDModule, ResourceModule], rpcUrl: 'http://{comet}', wallet }});

Every key of a DID must sign its deactivation, even one that is not under `authentication`. Ctrl-C stops everything.
",
        PHRASES[0]
    ))?;
    Ok(())
}

fn balance(chain: &Chain, address: &Address) -> anyhow::Result<String> {
    let ncheq = chain.account(address)?.map_or(0, |account| account.balance);
    Ok(format!("{} CHEQ", ncheq / 1_000_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        for _ in 0..2 {
            mark(&data).unwrap();
        }
        let other = folder.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("atropos.sqlite"), "").unwrap();
        let error = mark(&other).unwrap_err().to_string();
        assert!(error.contains("--data"), "{error}");
        assert!(!other.join(MARK).exists());
    }
}
