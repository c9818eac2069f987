//! How values are written in a receipt's JSON: helpers for `#[serde(with)]`.

/// Values that have one text each: DIDs, digests.
pub(super) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Bytes in standard base64 with padding.
pub(super) mod base64 {
    use std::borrow::Cow;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        STANDARD
            .decode(text.as_bytes())
            .map_err(|error| D::Error::custom(format_args!("expected base64: {error}")))
    }
}

/// Bytes in base64, or `null`.
pub(super) mod optional_base64 {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Bytes(#[serde(with = "super::base64")] Vec<u8>);

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => super::base64::serialize(bytes, to),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(Option::<Bytes>::deserialize(from)?.map(|bytes| bytes.0))
    }
}

/// A list of digests, each in base64.
pub(super) mod hashes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::Hash;

    #[derive(Serialize, Deserialize)]
    struct Bytes(#[serde(with = "super::base64")] Vec<u8>);

    pub fn serialize<S: Serializer>(hashes: &[Hash], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(hashes.iter().map(|hash| Bytes(hash.as_bytes().to_vec())))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Hash>, D::Error> {
        let list = Vec::<Bytes>::deserialize(from)?;
        let hash = |Bytes(bytes): Bytes| {
            let bytes: [u8; 32] = bytes.try_into().ok()?;
            Some(Hash::from(bytes))
        };
        list.into_iter()
            .map(|bytes| hash(bytes).ok_or_else(|| D::Error::custom("expected 32 bytes")))
            .collect()
    }
}

/// The encoding of a state value, or `null`.
pub(super) mod state_value {
    use serde::{Deserializer, Serializer, de::Error};

    use crate::state::StateValue;

    pub fn serialize<S: Serializer>(value: &Option<StateValue>, to: S) -> Result<S::Ok, S::Error> {
        super::optional_base64::serialize(&value.as_ref().map(StateValue::encode), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<StateValue>, D::Error> {
        let bytes = super::optional_base64::deserialize(from)?;
        bytes
            .map(|bytes| StateValue::decode(&bytes).map_err(D::Error::custom))
            .transpose()
    }
}

/// The encoding of a state proof.
pub(super) mod state_proof {
    use serde::{Deserializer, Serializer, de::Error};

    use crate::state::StateProof;

    pub fn serialize<S: Serializer>(proof: &StateProof, to: S) -> Result<S::Ok, S::Error> {
        super::base64::serialize(proof.encode(), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StateProof, D::Error> {
        StateProof::decode(&super::base64::deserialize(from)?).map_err(D::Error::custom)
    }
}
