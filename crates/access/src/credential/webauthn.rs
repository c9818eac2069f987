//! WebAuthn: what authenticators answer (W3C Web Authentication, level 2, sections 6.1, 6.5 and 7).

use ciborium::Value;
use sha2::{Digest, Sha256};

use super::client_data::{self, SignedFor};
use crate::key::{DigestName, VerifyingKey};

/// Longest attestation object and authenticator data, in bytes.
pub(crate) const AUTHENTICATOR_BYTES_MAX: usize = 4096;
/// Longest id of a credential, in bytes (section 4 of the standard).
const CREDENTIAL_ID_BYTES_MAX: usize = 1023;
/// Nesting of CBOR: an attestation object has three levels.
const CBOR_DEPTH_MAX: usize = 8;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// For whom authenticators sign here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// A domain name: `wallet.example`.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// Where the pages may come from: `https://wallet.example`.
    pub origins: Vec<String>,
}

/// A credential that an authenticator has made.
#[derive(Debug)]
pub(crate) struct Attested {
    pub(crate) key: VerifyingKey,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) sign_count: u32,
    pub(crate) origin: String,
}

/// Checks what an authenticator answers when it makes a credential: attestation `none`, or by the new key itself.
pub(crate) fn attested(
    party: &RelyingParty,
    challenge: &str,
    client_data: &[u8],
    attestation_object: &[u8],
) -> Result<Attested, &'static str> {
    let origin = client_data::check(
        client_data,
        SignedFor::WebauthnCreate,
        challenge,
        &party.origins,
    )?;
    let object = map(whole(attestation_object)?)?;
    let Some(Value::Bytes(data)) = text_member(&object, "authData") else {
        return Err("the attestation object has no authData");
    };
    let parsed = Data::parse(data)?;
    parsed.check(party)?;
    let Some((credential_id, cose)) = parsed.credential else {
        return Err("the authenticator data hold no credential");
    };
    let (key, algorithm) = cose_key(cose)?;
    let statement = text_member(&object, "attStmt").cloned();
    let statement = map(statement.ok_or("the attestation object has no attStmt")?)?;
    match text_member(&object, "fmt") {
        Some(Value::Text(format)) if format == "none" && statement.is_empty() => {}
        Some(Value::Text(format)) if format == "packed" => {
            self_attested(
                &key,
                algorithm,
                &statement,
                &[data, &hash(client_data)[..]].concat(),
            )?;
        }
        _ => {
            return Err(
                "the attestation should be of the format `none`, or `packed` by the key itself",
            );
        }
    }
    Ok(Attested {
        key,
        credential_id: credential_id.to_vec(),
        sign_count: parsed.sign_count,
        origin,
    })
}

/// Checks what an authenticator answers when it signs; returns its counter.
pub(crate) fn asserted(
    party: &RelyingParty,
    challenge: &str,
    key: &VerifyingKey,
    (client_data, authenticator_data, signature): (&[u8], &[u8], &[u8]),
) -> Result<u32, &'static str> {
    client_data::check(
        client_data,
        SignedFor::WebauthnGet,
        challenge,
        &party.origins,
    )?;
    let parsed = Data::parse(authenticator_data)?;
    parsed.check(party)?;
    let signed = [authenticator_data, &hash(client_data)].concat();
    key.verify(DigestName::Sha256, &signed, signature)
        .map_err(|_| "the signature does not verify")?;
    Ok(parsed.sign_count)
}

/// Authenticator data.
struct Data<'a> {
    party_hash: &'a [u8],
    flags: u8,
    sign_count: u32,
    /// Id and COSE key.
    credential: Option<(&'a [u8], Value)>,
}

impl<'a> Data<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Data<'a>, &'static str> {
        let cut = "the authenticator data are cut off";
        if bytes.len() > AUTHENTICATOR_BYTES_MAX {
            return Err("the authenticator data are too long");
        }
        let (party_hash, rest) = bytes.split_at_checked(32).ok_or(cut)?;
        let (&flags, rest) = rest.split_first().ok_or(cut)?;
        let (count, mut rest) = rest.split_first_chunk::<4>().ok_or(cut)?;
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (_aaguid, after) = rest.split_at_checked(16).ok_or(cut)?;
            let (length, after) = after.split_first_chunk::<2>().ok_or(cut)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if !(1..=CREDENTIAL_ID_BYTES_MAX).contains(&length) {
                return Err("the credential id is empty or too long");
            }
            let (id, after) = after.split_at_checked(length).ok_or(cut)?;
            rest = after;
            credential = Some((id, item(&mut rest)?));
        }
        if flags & HAS_EXTENSIONS != 0 {
            map(item(&mut rest)?)?;
        }
        if !rest.is_empty() {
            return Err("the authenticator data are longer than they say");
        }
        Ok(Data {
            party_hash,
            flags,
            sign_count: u32::from_be_bytes(*count),
            credential,
        })
    }

    fn check(&self, party: &RelyingParty) -> Result<(), &'static str> {
        if self.party_hash != hash(party.id.as_bytes()) {
            return Err("the authenticator signs for another relying party");
        }
        if self.flags & USER_PRESENT == 0 {
            return Err("the user was not present");
        }
        if self.flags & USER_VERIFIED == 0 {
            return Err("the user was not verified");
        }
        Ok(())
    }
}

fn self_attested(
    key: &VerifyingKey,
    algorithm: i128,
    statement: &[(Value, Value)],
    signed: &[u8],
) -> Result<(), &'static str> {
    let same = text_member(statement, "alg").and_then(number) == Some(algorithm);
    let chain = text_member(statement, "x5c").is_some();
    match text_member(statement, "sig") {
        Some(Value::Bytes(signature)) if same && !chain => key
            .verify(DigestName::Sha256, signed, signature)
            .map_err(|_| "the attestation does not verify"),
        _ => Err("the attestation should be by the new key itself"),
    }
}

/// ES256 on P-256, or RS256 (RFC 9053; RFC 8812).
fn cose_key(value: Value) -> Result<(VerifyingKey, i128), &'static str> {
    let members = map(value)?;
    let at = |label: i128| {
        let found = members.iter().find(|(key, _)| number(key) == Some(label));
        found.map(|(_, value)| value)
    };
    let bytes = |label| match at(label) {
        Some(Value::Bytes(bytes)) => Ok(bytes.as_slice()),
        _ => Err("a part of the public key is missing"),
    };
    let kinds = [1, 3].map(|label| at(label).and_then(number));
    let key = match kinds {
        [Some(2), Some(-7)] if at(-1).and_then(number) == Some(1) => {
            VerifyingKey::from_p256_coordinates(bytes(-2)?, bytes(-3)?)
        }
        [Some(3), Some(-257)] => VerifyingKey::from_rsa(bytes(-1)?, bytes(-2)?),
        _ => return Err("the algorithm should be ES256 or RS256"),
    };
    let algorithm = kinds[1].unwrap_or_default();
    key.map(|key| (key, algorithm))
        .map_err(|_| "the public key is not taken")
}

/// One CBOR item and nothing after it.
fn whole(mut bytes: &[u8]) -> Result<Value, &'static str> {
    if bytes.len() > AUTHENTICATOR_BYTES_MAX {
        return Err("the attestation object is too long");
    }
    let value = item(&mut bytes)?;
    if bytes.is_empty() {
        Ok(value)
    } else {
        Err("the attestation object is followed by more")
    }
}

fn item(bytes: &mut &[u8]) -> Result<Value, &'static str> {
    ciborium::de::from_reader_with_recursion_limit(bytes, CBOR_DEPTH_MAX)
        .map_err(|_| "the CBOR cannot be read")
}

fn map(value: Value) -> Result<Vec<(Value, Value)>, &'static str> {
    let Value::Map(members) = value else {
        return Err("a CBOR map was expected");
    };
    let twice = members
        .iter()
        .enumerate()
        .any(|(at, (key, _))| members[..at].iter().any(|(other, _)| other == key));
    if twice || members.len() > 32 {
        return Err("a CBOR map has a key twice, or too many");
    }
    Ok(members)
}

fn text_member<'a>(members: &'a [(Value, Value)], name: &str) -> Option<&'a Value> {
    let found = members
        .iter()
        .find(|(key, _)| matches!(key, Value::Text(text) if text == name));
    found.map(|(_, value)| value)
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(number) => Some(i128::from(*number)),
        _ => None,
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests;
