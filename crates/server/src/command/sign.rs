//! `atropos sign`: a holder looks at a statement and signs it, without any server.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use keystore::LoneKey;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use zeroize::Zeroizing;

use super::file::{read, write_new};
use crate::output;
use crate::statement::{
    Checked, FILE_BYTES_MAX, FileSignature, SIGNATURES_FORMAT, SignatureFile, StatementFile,
};

/// Longest key file that is read, in bytes.
const KEY_BYTES_MAX: u64 = 8192;
/// What has to be typed.
const YES: &str = "yes";

/// Show a statement in plain words, check it, and sign it. Works offline.
///
/// The file comes from `GET /v1/ceremonies/{id}/statement`, or from a link. Its contents are checked against
/// the bytes that are signed.
#[derive(Args)]
pub struct Sign {
    /// The statement; `-` is standard input.
    statement: PathBuf,
    /// File with the private key, readable only by its owner: PEM (PKCS #8), a JWK, or 32 bytes in hexadecimal or
    /// base64. Ed25519 or P-256.
    #[arg(long, value_name = "FILE", required_unless_present = "show")]
    key: Option<PathBuf>,
    /// Where the signatures go, a new file; `-` is standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Fill only this slot; repeatable. Default: every slot that the key can fill.
    #[arg(long, value_name = "NUMBER")]
    slot: Vec<u32>,
    /// Only show the statement.
    #[arg(long, conflicts_with_all = ["key", "yes", "qr"])]
    show: bool,
    /// Sign without asking: for scripts.
    #[arg(long)]
    yes: bool,
    /// Print the signatures as a QR code, too.
    #[arg(long)]
    qr: bool,
}

pub(super) fn run(arguments: &Sign) -> anyhow::Result<()> {
    let checked = statement(&arguments.statement)?;
    let Some(key) = &arguments.key else {
        return Ok(output::line(checked.summary(&[]))?);
    };
    let keys = LoneKey::read(&key_text(key)?)
        .with_context(|| format!("{} does not contain a usable private key", key.display()))?;
    let own: Vec<_> = keys.iter().map(LoneKey::public_key).collect();
    let signatures = signatures(&checked, &keys, &arguments.slot)?;
    output::note(checked.summary(&own))?;
    if !arguments.yes {
        confirm(&arguments.statement)?;
    }
    let file = SignatureFile {
        format: Some(SIGNATURES_FORMAT.to_owned()),
        ceremony: Some(checked.ceremony.clone()),
        signatures,
    };
    let compact = serde_json::to_string(&file)?;
    if arguments.out == Path::new("-") {
        output::line(&compact)?;
    } else {
        write_new(&arguments.out, compact.as_bytes())?;
        output::note(format!("signed: {}", arguments.out.display()))?;
    }
    if arguments.qr {
        output::note(qr(&compact)?)?;
    }
    Ok(())
}

/// A statement file that agrees with its own bytes.
fn statement(path: &Path) -> anyhow::Result<Checked> {
    let bytes = read(path, FILE_BYTES_MAX)?;
    let file: StatementFile = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not a statement file", path.display()))?;
    Ok(Checked::of(&file)?)
}

/// The text of a key file that only its owner can read.
fn key_text(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let unreadable = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(unreadable)?;
    let mode = file
        .metadata()
        .with_context(unreadable)?
        .permissions()
        .mode();
    ensure!(
        mode & 0o077 == 0,
        "{} can be read by others; first: chmod 600 {}",
        path.display(),
        path.display()
    );
    let mut text = Zeroizing::new(String::with_capacity(KEY_BYTES_MAX as usize));
    file.take(KEY_BYTES_MAX)
        .read_to_string(&mut text)
        .with_context(unreadable)?;
    Ok(text)
}

/// One signature for each slot that one of the keys can fill.
fn signatures(
    checked: &Checked,
    keys: &[LoneKey],
    wanted: &[u32],
) -> anyhow::Result<Vec<FileSignature>> {
    let mut signatures = Vec::new();
    for key in keys {
        for (slot, method) in checked.fillable(key.public_key()) {
            if !wanted.is_empty() && !wanted.contains(&slot.slot) {
                continue;
            }
            let statement = checked
                .statements
                .get(slot.statement)
                .context("the file has a slot without a statement")?;
            let signature = key.sign(statement.operation.payload())?;
            signatures.push(FileSignature {
                slot: Some(slot.slot),
                method: method.to_string(),
                signature: STANDARD.encode(signature),
            });
        }
    }
    for slot in wanted {
        ensure!(
            signatures.iter().any(|one| one.slot == Some(*slot)),
            "this key does not belong to slot {slot}"
        );
    }
    if signatures.is_empty() {
        let kids: Vec<String> = keys.iter().map(|key| key.public_key().to_hex()).collect();
        bail!(
            "the statement does not need a signature of this key; its public key is {}",
            kids.join(" or ")
        );
    }
    Ok(signatures)
}

fn confirm(statement: &Path) -> anyhow::Result<()> {
    ensure!(
        statement != Path::new("-"),
        "with the statement on standard input there is no one to ask; read it first, then give --yes"
    );
    output::note(format!("To sign, type {YES}:"))?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    ensure!(answer.trim() == YES, "nothing was signed");
    Ok(())
}

/// The text as a QR code in block characters.
fn qr(text: &str) -> anyhow::Result<String> {
    let code = QrCode::new(text)
        .context("these are too many signatures for one QR code; name slots with --slot")?;
    Ok(code.render::<Dense1x2>().quiet_zone(true).build())
}
