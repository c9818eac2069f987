//! What a receipt of a deactivation needs, and what the tree of states no longer holds later.

use proof::state::{StateProof, StateValue};

use super::record::{EntryRecord, read, read_value, write_value};

/// A deactivation and the DIDs that it was judged on, as they were under a state leaf before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The deactivation.
    pub(crate) operation: EntryRecord,
    /// Log index of the state leaf: the one that the deactivation names, or the newest before its import.
    pub(crate) state_leaf: u64,
    /// In the order in which its leaf names them.
    pub(crate) consulted: Vec<SeenDid>,
}

/// A consulted DID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenDid {
    /// Proves `state` under the state root of that moment.
    pub(crate) proof: StateProof,
    /// What it was; `None` if it did not exist.
    pub(crate) state: Option<SeenState>,
}

/// What a consulted DID was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenState {
    pub(crate) value: StateValue,
    /// The entry that carries its document.
    pub(crate) document: EntryRecord,
}

impl Evidence {
    /// Every entry of the log that it refers to.
    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = &mut EntryRecord> {
        let states = self.consulted.iter_mut().flat_map(|seen| &mut seen.state);
        states
            .map(|state| &mut state.document)
            .chain([&mut self.operation])
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.consulted.len() * 1024);
        self.operation.write(&mut bytes);
        bytes.extend_from_slice(&self.state_leaf.to_be_bytes());
        bytes.extend_from_slice(&(self.consulted.len() as u16).to_be_bytes());
        for seen in &self.consulted {
            let proof = seen.proof.encode();
            bytes.extend_from_slice(&(proof.len() as u16).to_be_bytes());
            bytes.extend_from_slice(&proof);
            bytes.push(u8::from(seen.state.is_some()));
            if let Some(state) = &seen.state {
                write_value(&mut bytes, &state.value);
                state.document.write(&mut bytes);
            }
        }
        bytes
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let operation = EntryRecord::read(bytes)?;
        let state_leaf = u64::from_be_bytes(read(bytes)?);
        let count = u16::from_be_bytes(read(bytes)?);
        let consulted = (0..count)
            .map(|_| SeenDid::read(bytes))
            .collect::<Option<_>>()?;
        bytes.is_empty().then_some(Self {
            operation,
            state_leaf,
            consulted,
        })
    }
}

impl SeenDid {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let length = usize::from(u16::from_be_bytes(read(bytes)?));
        let (proof, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        let state = match read(bytes)? {
            [0] => None,
            [1] => Some(SeenState {
                value: read_value(bytes)?,
                document: EntryRecord::read(bytes)?,
            }),
            _ => return None,
        };
        Some(Self {
            proof: StateProof::decode(proof).ok()?,
            state,
        })
    }
}
