//! Every limit that an input of this crate must keep. Sizes are bytes of UTF-8 or of protobuf.

/// Largest payload (the bytes that are signed).
pub const MAX_PAYLOAD_BYTES: usize = 32 * 1024;
/// Largest whole message: a payload and its signatures.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Largest content of a resource.
pub const MAX_RESOURCE_DATA_BYTES: usize = 2 * 1024 * 1024;
/// Largest payload of a resource: its content and what is said of it.
pub const MAX_RESOURCE_PAYLOAD_BYTES: usize = MAX_RESOURCE_DATA_BYTES + MAX_PAYLOAD_BYTES;
/// Largest whole message of a resource.
pub const MAX_RESOURCE_MESSAGE_BYTES: usize = MAX_RESOURCE_DATA_BYTES + MAX_MESSAGE_BYTES;
/// Longest name, version label or type of a resource.
pub const MAX_RESOURCE_TEXT_BYTES: usize = 64;
/// Most other places of a resource that its maker may name.
pub const MAX_ALTERNATIVE_URIS: usize = 32;
/// Longest URI of another place of a resource.
pub const MAX_ALTERNATIVE_URI_BYTES: usize = 256;
/// Longest description of another place of a resource.
pub const MAX_URI_DESCRIPTION_BYTES: usize = 128;
/// Longest DID, DID URL or other identifier.
pub const MAX_ID_BYTES: usize = 256;
/// Longest string of a document that is not an identifier.
pub const MAX_STRING_BYTES: usize = 8 * 1024;
/// Longest version id.
pub const MAX_VERSION_ID_BYTES: usize = 64;
/// Longest type of a service.
pub const MAX_SERVICE_TYPE_BYTES: usize = 255;
/// Longest public key in JWK form.
pub const MAX_JWK_BYTES: usize = 4 * 1024;
/// Longest base58 text of an Ed25519 key; 34 bytes take at most 47 characters.
pub const MAX_BASE58_KEY_BYTES: usize = 64;

/// Most verification methods of a document.
pub const MAX_METHODS: usize = 64;
/// Most entries in the controller list of a document.
pub const MAX_CONTROLLERS: usize = 8;
/// Most distinct DIDs besides the subject among the controllers of a document and of its methods.
pub const MAX_OTHER_SIGNERS: usize = 8;
/// Most distinct controllers besides the subject of a document that lists no method.
///
/// All methods of these controllers sign in place of the missing ones, and still have to fit one deactivation.
pub const MAX_SUBSTITUTE_SIGNERS: usize = 4;
/// Most services of a document.
pub const MAX_SERVICES: usize = 64;
/// Most entries of `@context`.
pub const MAX_CONTEXTS: usize = 16;
/// Most entries of any other list: a relationship, `alsoKnownAs`, the lists of a service.
pub const MAX_ENTRIES: usize = 64;

/// Most signatures of one message.
pub const MAX_SIGNATURES: usize = 640;
/// Longest signature; RSA with 4096 bits takes 512.
pub const MAX_SIGNATURE_BYTES: usize = 1024;
/// What one signature takes in a log entry besides its method id and its bytes.
pub const SIGNATURE_OVERHEAD_BYTES: usize = 8;
/// Largest sum over all methods of id, longest signature and [`SIGNATURE_OVERHEAD_BYTES`].
///
/// It keeps the worst-case deactivation of every document inside one log entry of 65,535 bytes.
pub const MAX_SIGNING_COST_BYTES: usize = 15_000;

/// Smallest RSA modulus.
pub const MIN_RSA_BITS: usize = 2048;
/// Largest RSA modulus.
pub const MAX_RSA_BITS: usize = 4096;
