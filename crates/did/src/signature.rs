//! One signature of an operation.

use crate::did_url::MethodId;

/// One signature over the payload. Whether it verifies is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    /// The method under which it was made, in normal form.
    pub method: MethodId,
    /// 64 bytes for Ed25519, DER for ECDSA, modulus length for RSA.
    pub bytes: Vec<u8>,
}
