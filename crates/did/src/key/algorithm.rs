//! The algorithms of keys. A new one begins here: the compiler then names every place that has to handle it.

use crate::closed::closed_enum;

closed_enum! {
    /// The algorithms that a key of a DID document can have. The names are those in receipts: of the curve, or `RSA`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum KeyAlgorithm {
        /// Ed25519 (RFC 8032).
        Ed25519 => "Ed25519",
        /// ECDSA on P-256 over SHA-256 (FIPS 186-5).
        P256 => "P-256",
        /// ECDSA on P-384 over SHA-256.
        P384 => "P-384",
        /// ECDSA on P-521 over SHA-256.
        P521 => "P-521",
        /// RSASSA-PSS with SHA-256 (RFC 8017).
        Rsa => "RSA",
    }
}
