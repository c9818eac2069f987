//! The kinds of operations.

use crate::closed::closed_enum;
use crate::limits::{
    MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES, MAX_RESOURCE_MESSAGE_BYTES, MAX_RESOURCE_PAYLOAD_BYTES,
};
use crate::rejection::Rejection;

closed_enum! {
    /// What an operation does to its DID.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum OperationKind {
        /// The first version.
        Create => "create",
        /// A further version.
        Update => "update",
        /// The last version.
        Deactivate => "deactivate",
        /// A resource in its collection; the DID itself stays as it is.
        CreateResource => "createResource",
    }
}

closed_enum! {
    /// What an operation that makes a version of a DID does. The numbers are those in leaves of the log.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[repr(u8)]
    pub enum VersionKind {
        /// Creates the DID.
        Create = 1,
        /// Replaces its document.
        Update = 2,
        /// Deactivates it, for ever.
        Deactivate = 3,
    }
}

impl From<VersionKind> for OperationKind {
    fn from(kind: VersionKind) -> Self {
        match kind {
            VersionKind::Create => Self::Create,
            VersionKind::Update => Self::Update,
            VersionKind::Deactivate => Self::Deactivate,
        }
    }
}

impl OperationKind {
    /// The kind of the version that it makes; `None` for a resource.
    pub fn of_version(self) -> Option<VersionKind> {
        match self {
            Self::Create => Some(VersionKind::Create),
            Self::Update => Some(VersionKind::Update),
            Self::Deactivate => Some(VersionKind::Deactivate),
            Self::CreateResource => None,
        }
    }

    /// Type URL of the message in a transaction.
    pub fn type_url(self) -> &'static str {
        match self {
            Self::Create => "/cheqd.did.v2.MsgCreateDidDoc",
            Self::Update => "/cheqd.did.v2.MsgUpdateDidDoc",
            Self::Deactivate => "/cheqd.did.v2.MsgDeactivateDidDoc",
            Self::CreateResource => "/cheqd.resource.v2.MsgCreateResource",
        }
    }

    /// The reverse of [`OperationKind::type_url`].
    pub fn of_type_url(type_url: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.type_url() == type_url)
    }

    /// Code 1205, or 1206 for a resource, as the cheqd ledger has it.
    pub(crate) fn refuse(self, details: impl Into<String>) -> Rejection {
        match self {
            Self::Create | Self::Update | Self::Deactivate => Rejection::basic(details),
            Self::CreateResource => Rejection::namespace(details),
        }
    }

    pub(crate) fn refuse_payload(self, reason: impl std::fmt::Display) -> Rejection {
        self.refuse(format!("payload: {reason}."))
    }

    pub(crate) fn payload_bytes_max(self) -> usize {
        match self {
            Self::Create | Self::Update | Self::Deactivate => MAX_PAYLOAD_BYTES,
            Self::CreateResource => MAX_RESOURCE_PAYLOAD_BYTES,
        }
    }

    pub(crate) fn message_bytes_max(self) -> usize {
        match self {
            Self::Create | Self::Update | Self::Deactivate => MAX_MESSAGE_BYTES,
            Self::CreateResource => MAX_RESOURCE_MESSAGE_BYTES,
        }
    }

    pub(crate) fn payload_name(self) -> &'static str {
        match self {
            Self::Create => "MsgCreateDidDocPayload",
            Self::Update => "MsgUpdateDidDocPayload",
            Self::Deactivate => "MsgDeactivateDidDocPayload",
            Self::CreateResource => "MsgCreateResourcePayload",
        }
    }
}
