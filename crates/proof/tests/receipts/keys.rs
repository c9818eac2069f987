//! Keys that a method's fragment names: `ed2018-1`, `ed2020-1` and `ed-1` are one Ed25519 key in three types of
//! methods, `p256-1`, `p384-1`, `p521-1` and `rsa-1` are JSON Web Keys. The number is the seed. Everything is
//! deterministic.

use std::convert::Infallible;
use std::sync::LazyLock;

use did::proto::{SignInfo, VerificationMethod};
use did::{MethodType, PublicKey};
use ed25519_dalek::{Signer, SigningKey};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use proof::sha256;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, RsaPrivateKey};

/// Two primes for tests, made by OpenSSL.
const RSA_PRIMES: [&str; 2] = [
    "d73b0147b28855fea106138f934cf6997bd108a78111c571e485526aa6fba80cf0c36075f9159558d6e97effb1812f6c\
     c48420aca87e5d92fc5a7cc1cee2d766d8de3094eccf1bc810cd2ee5812ee598b4ac3b032fd4d8cc209abcac0f249ca9\
     168aa62e5c31da5bd346f3b3fd578bcaa163d6574c98933abfe8659178650efb",
    "d4bd330816977fa89b9bd403620eedd4ea83d1a743c2ce27b64d355dc41cb5dd951c34c9860256d5a5b03b7d13895ef7\
     7b12e61c396d2fef4cdfdf3765083aaaa1eba147337eb1d11a4d1c26179373d7acfe9623de8d4a7062703214473e1595\
     45c8abc3bc312ac5de5c4d806be2fcacee56e1741a93f1e0eef27f7b2f96a61b",
];

static RSA: LazyLock<RsaPrivateKey> = LazyLock::new(|| {
    let [p, q] = RSA_PRIMES.map(|hex| BoxedUint::from_be_slice_vartime(&hex::decode(hex).unwrap()));
    RsaPrivateKey::from_p_q(p, q, BoxedUint::from(65_537_u64)).unwrap()
});

/// A private key.
#[derive(Clone, Copy)]
enum Key {
    Ed25519([u8; 32]),
    P256([u8; 32]),
    P384([u8; 48]),
    P521([u8; 66]),
    Rsa,
}

/// The verification method `#<fragment>` of a DID.
pub fn method(did: &str, fragment: &str) -> VerificationMethod {
    let method_type = match fragment.split('-').next().unwrap() {
        "ed2018" => MethodType::Ed25519VerificationKey2018,
        "ed2020" => MethodType::Ed25519VerificationKey2020,
        _ => MethodType::JsonWebKey2020,
    };
    VerificationMethod {
        id: format!("{did}#{fragment}"),
        verification_method_type: method_type.to_string(),
        controller: did.to_owned(),
        verification_material: method_type.encode(&public(key(fragment))).unwrap(),
    }
}

/// The signature of the key that the method's id names.
pub fn signature(id: &str, payload: &[u8]) -> SignInfo {
    let (_, fragment) = id.split_once('#').unwrap();
    SignInfo {
        verification_method_id: id.to_owned(),
        signature: sign(key(fragment), payload),
    }
}

fn key(fragment: &str) -> Key {
    let (kind, seed) = fragment.split_once('-').unwrap();
    let seed: u8 = seed.parse().unwrap();
    match kind {
        "ed2018" | "ed2020" | "ed" => Key::Ed25519([seed; 32]),
        "p256" => Key::P256([seed; 32]),
        "p384" => Key::P384([seed; 48]),
        // The order of the curve has 521 bits, one in the first byte.
        "p521" => Key::P521(std::array::from_fn(|at| if at == 0 { 0 } else { seed })),
        "rsa" => Key::Rsa,
        _ => panic!("{fragment} names no key"),
    }
}

fn public(key: Key) -> PublicKey {
    match key {
        Key::Ed25519(seed) => {
            let key = SigningKey::from_bytes(&seed).verifying_key();
            PublicKey::from_ed25519(key.as_bytes()).unwrap()
        }
        Key::P256(scalar) => {
            let key = p256::ecdsa::SigningKey::from_slice(&scalar).unwrap();
            PublicKey::from_p256_sec1(&key.verifying_key().to_sec1_point(true).to_bytes()).unwrap()
        }
        Key::P384(scalar) => {
            let key = p384::ecdsa::SigningKey::from_slice(&scalar).unwrap();
            PublicKey::from_p384_sec1(&key.verifying_key().to_sec1_point(true).to_bytes()).unwrap()
        }
        Key::P521(scalar) => {
            let key = p521::ecdsa::SigningKey::from_slice(&scalar).unwrap();
            PublicKey::from_p521_sec1(&key.verifying_key().to_sec1_point(true).to_bytes()).unwrap()
        }
        Key::Rsa => {
            let modulus = RSA.n().to_be_bytes_trimmed_vartime();
            PublicKey::from_rsa(&modulus, &[1, 0, 1]).unwrap()
        }
    }
}

fn sign(key: Key, payload: &[u8]) -> Vec<u8> {
    let digest = *sha256(payload).as_bytes();
    match key {
        Key::Ed25519(seed) => SigningKey::from_bytes(&seed)
            .sign(payload)
            .to_bytes()
            .to_vec(),
        Key::P256(scalar) => {
            let key = p256::ecdsa::SigningKey::from_slice(&scalar).unwrap();
            let signature: p256::ecdsa::DerSignature = key.sign_prehash(&digest).unwrap();
            signature.as_bytes().to_vec()
        }
        Key::P384(scalar) => {
            let key = p384::ecdsa::SigningKey::from_slice(&scalar).unwrap();
            let signature: p384::ecdsa::DerSignature = key.sign_prehash(&digest).unwrap();
            signature.as_bytes().to_vec()
        }
        Key::P521(scalar) => {
            let key = p521::ecdsa::SigningKey::from_slice(&scalar).unwrap();
            let signature: p521::ecdsa::DerSignature = key.sign_prehash(&digest).unwrap();
            signature.as_bytes().to_vec()
        }
        Key::Rsa => {
            let key = rsa::pss::SigningKey::<rsa::sha2::Sha256>::new(RSA.clone());
            let mut salt = Chain(sha256(payload).as_bytes().to_vec());
            key.sign_with_rng(&mut salt, payload).to_vec()
        }
    }
}

/// Numbers that look random and are always the same.
struct Chain(Vec<u8>);

impl TryRng for Chain {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        for byte in into {
            self.0 = sha256(&self.0).as_bytes().to_vec();
            *byte = self.0[0];
        }
        Ok(())
    }
}

impl TryCryptoRng for Chain {}
