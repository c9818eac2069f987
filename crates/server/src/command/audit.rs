//! `atropos audit`.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use access::{Access, Tenant};
use anyhow::{Context, bail};
use audit::{AUDIT_LINE_BYTES_MAX, Attribution, AuditCheck, AuditHead, LostHead};
use clap::{Args, Subcommand};

use super::tenant::{self, TenantName};
use crate::anchor::{audit_head_of, compare};
use crate::config::Config;
use crate::output;
use crate::start::{StartError, open_alone, open_keystore, open_store, options_of};

/// Actions on the audit log.
#[derive(Subcommand)]
pub enum AuditAction {
    /// Verify every row, and compare the head with the ledgers that no running server has open.
    Verify(Verify),
    /// Print the log, one JSON object a line. Works beside a running server.
    Export(Export),
    /// Accept for good that the store is an older copy. Revokes every credential in it, because some may have been
    /// revoked since, and prints a new API key.
    AcceptLoss(AcceptLoss),
}

/// Where the log is.
#[derive(Args)]
pub struct Verify {
    /// An export, instead of the store. It is verified on its own.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Which entries are printed.
#[derive(Args)]
pub struct Export {
    /// Name or id of the only tenant whose entries are printed in full. Default: all tenants.
    #[arg(long)]
    tenant: Option<String>,
}

/// The tenant that gets the new API key.
#[derive(Args)]
pub struct AcceptLoss {
    #[command(flatten)]
    tenant: TenantName,
}

pub(super) async fn run(action: AuditAction, config: &Config) -> anyhow::Result<()> {
    match action {
        AuditAction::Verify(Verify { file: Some(file) }) => verify_file(&file),
        AuditAction::Verify(Verify { file: None }) => verify(config),
        AuditAction::Export(arguments) => export(&arguments, config),
        AuditAction::AcceptLoss(arguments) => accept_loss(&arguments, config).await,
    }
}

fn verify_file(path: &Path) -> anyhow::Result<()> {
    let file =
        std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = std::io::BufReader::new(file);
    let mut check = AuditCheck::default();
    let mut line = String::new();
    loop {
        line.clear();
        let limit = AUDIT_LINE_BYTES_MAX as u64 + 2;
        let read = std::io::Read::take(&mut reader, limit).read_line(&mut line);
        if read.with_context(|| format!("cannot read {}", path.display()))? == 0 {
            break;
        }
        check.line(line.trim_end_matches(['\n', '\r']))?;
    }
    output::line(verified(check.head()))?;
    Ok(())
}

fn verify(config: &Config) -> anyhow::Result<()> {
    let store = open_store(&config.settings)?;
    let access = Access::open(store.clone());
    let head = access.audit().verify()?;
    let keystore = open_keystore(config, store.clone())?;
    let mut compared = Vec::new();
    for network in &config.settings.networks {
        let options = options_of(&config.settings, *network);
        if !ledger::Embedded::exists(&options)? {
            continue;
        }
        match open_alone(&config.settings, &store, &keystore, *network) {
            Ok(ledger) => {
                let networks = ledger::Networks::new(vec![ledger]);
                compare(&access, &networks)
                    .map_err(|(_, mismatch)| mismatch)
                    .with_context(|| {
                        format!("the audit log contradicts the ledger of {network}")
                    })?;
                compared.push(format!("{network}: consistent with the ledger"));
            }
            Err(StartError::Open {
                source: ledger::OpenError::InUse(_),
                ..
            }) => compared.push(format!(
                "{network}: not compared, because a running server has the ledger open"
            )),
            Err(error) => return Err(error.into()),
        }
    }
    output::line(verified(head))?;
    for line in compared {
        output::line(format!("  {line}"))?;
    }
    Ok(())
}

fn verified(head: AuditHead) -> String {
    format!(
        "verified\n  entries  {}\n  head     {}",
        head.size,
        hex::encode(head.hash)
    )
}

fn export(arguments: &Export, config: &Config) -> anyhow::Result<()> {
    let access = Access::open(open_store(&config.settings)?);
    let tenant = arguments
        .tenant
        .as_deref()
        .map(|tenant| tenant::find(&access, tenant))
        .transpose()?;
    let until = access.audit().head()?.size;
    let mut after: Option<u64> = None;
    while after.map_or(0, |after| after + 1) < until {
        let lines = access
            .audit()
            .lines(tenant.as_ref().map(|tenant| &tenant.id), after)?;
        for line in &lines.lines {
            output::line(line)?;
        }
        match lines.last {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    Ok(())
}

async fn accept_loss(arguments: &AcceptLoss, config: &Config) -> anyhow::Result<()> {
    let store = open_store(&config.settings)?;
    let access = Access::open(store.clone());
    let tenant = arguments.tenant.find(&access)?;
    if tenant.revoked_ms.is_some() {
        bail!(
            "the tenant `{}` is revoked; name another one with --tenant",
            tenant.name
        );
    }
    let keystore = open_keystore(config, store.clone())?;
    // Open until the end, so that no server starts in between.
    let mut held = Vec::new();
    for network in &config.settings.networks {
        held.push(open_alone(&config.settings, &store, &keystore, *network)?);
    }
    let lost = lost_heads(&access, ledger::Networks::new(held.clone()))?;
    if lost.is_empty() {
        bail!("nothing is lost: the audit log is consistent with every ledger");
    }
    let loss = access
        .accept_loss(
            lost.clone(),
            vault::ENDED_BY_LOSS,
            &Attribution::command_line(),
        )
        .await?;
    let by = Attribution::command_line();
    let (key, secret) = access
        .create_api_key(&tenant.id, "after a loss", &by)
        .await?;
    report(&lost, &loss)?;
    first_key(&tenant, key.id.as_str(), secret.reveal())?;
    Ok(())
}

fn lost_heads(access: &Access, networks: ledger::Networks) -> anyhow::Result<Vec<LostHead>> {
    let mut lost = Vec::new();
    for ledger in networks.logs() {
        let alone = ledger::Networks::new(vec![ledger.clone()]);
        if let (Err((_, mismatch)), Some(head)) = (compare(access, &alone), audit_head_of(ledger)) {
            if let crate::anchor::Mismatch::Access(error) = mismatch {
                return Err(error.into());
            }
            lost.push(LostHead {
                network: ledger.namespace().to_owned(),
                head,
            });
        }
    }
    Ok(lost)
}

fn report(lost: &[LostHead], loss: &access::Loss) -> std::io::Result<()> {
    for one in lost {
        let (network, size, hash) = (&one.network, one.head.size, hex::encode(one.head.hash));
        output::line(format!(
            "{network}: entries lost up to audit entry {size}, head {hash}"
        ))?;
    }
    for (kind, count) in &loss.ended {
        output::line(format!("  revoked {count} {kind}"))?;
    }
    output::line(format!(
        "audit entry {}: {}",
        loss.entry.index, loss.entry.id
    ))
}

fn first_key(tenant: &Tenant, id: &str, secret: &str) -> std::io::Result<()> {
    output::line(format!(
        "\n  API key {id} of the tenant `{}`, shown only once:\n\n    {secret}\n",
        tenant.name
    ))
}
