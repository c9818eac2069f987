//! Wallets outside, and what they do with a ceremony.

use std::time::Duration;

use did::{Did, MethodId, MethodType, OperationKind, PublicKey, proto};
use ed25519_dalek::{Signer, SigningKey};
use registrar::BoundScope;
use registrar::ceremony::{
    Act, Binding, Ceremonies, Ceremony, CeremonyAccess, CeremonyError, CeremonyId, NewCeremony,
    Offered, Owner, Release, SlotKeys, SlotState, State,
};

use crate::common::{Place, TENANT, random_did};

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);
pub const WEEK: Duration = Duration::from_secs(7 * 86_400);
pub const TYPE: MethodType = MethodType::Ed25519VerificationKey2020;

/// An external key.
pub struct Wallet(SigningKey);

pub fn wallet(seed: u8) -> Wallet {
    Wallet(SigningKey::from_bytes(&[seed; 32]))
}

impl Wallet {
    pub fn key(&self) -> PublicKey {
        PublicKey::from_ed25519(self.0.verifying_key().as_bytes()).unwrap()
    }

    pub fn sign(&self, payload: &[u8]) -> Vec<u8> {
        self.0.sign(payload).to_bytes().to_vec()
    }

    /// A signature of the first statement, under `<did>#<fragment>`.
    pub fn offer(&self, ceremony: &Ceremony, did: &Did, fragment: &str) -> Offered {
        self.offer_for(ceremony, 0, did, fragment)
    }

    pub fn offer_for(
        &self,
        ceremony: &Ceremony,
        statement: usize,
        did: &Did,
        fragment: &str,
    ) -> Offered {
        Offered {
            slot: None,
            method: MethodId::parse(&format!("{did}#{fragment}")).unwrap(),
            bytes: self.sign(&ceremony.statements[statement].payload),
        }
    }
}

pub fn method(did: &str, fragment: &str, wallet: &Wallet) -> proto::VerificationMethod {
    proto::VerificationMethod {
        id: format!("{did}#{fragment}"),
        verification_method_type: TYPE.to_string(),
        controller: did.into(),
        verification_material: TYPE.encode(&wallet.key()).unwrap(),
    }
}

/// A document that controls itself, with these wallets under `key-1`, `key-2`, ….
pub fn document(did: &str, wallets: &[&Wallet]) -> proto::DidDoc {
    let methods = (1..).zip(wallets);
    proto::DidDoc {
        id: did.into(),
        controller: vec![did.into()],
        verification_method: methods
            .map(|(number, wallet)| method(did, &format!("key-{number}"), wallet))
            .collect(),
        ..proto::DidDoc::default()
    }
}

pub fn tenant() -> Owner {
    Owner::Tenant(TENANT.into())
}

pub fn new(act: Act) -> NewCeremony {
    NewCeremony {
        owner: tenant(),
        act,
        valid_for: WEEK,
        cooling: Duration::ZERO,
        release: Release::Submit,
    }
}

pub fn create(document: proto::DidDoc) -> NewCeremony {
    new(Act::Create {
        document,
        version_id: None,
    })
}

pub fn update(document: proto::DidDoc) -> NewCeremony {
    new(Act::Update {
        document,
        version_id: None,
    })
}

pub fn end(did: &Did, scope: BoundScope) -> NewCeremony {
    new(Act::Deactivate {
        did: did.clone(),
        binding: Binding::Bound(scope),
    })
}

/// The way of the owner to a ceremony.
pub struct Mine(Owner, CeremonyId);

impl Mine {
    pub fn via(&self) -> CeremonyAccess<'_> {
        CeremonyAccess::Owner {
            owner: &self.0,
            id: &self.1,
        }
    }
}

pub fn mine(ceremony: &Ceremony) -> Mine {
    Mine(ceremony.owner.clone(), ceremony.id.clone())
}

pub async fn sign(
    ceremonies: &Ceremonies,
    ceremony: &Ceremony,
    offered: Vec<Offered>,
) -> Result<Ceremony, CeremonyError> {
    ceremonies.sign(mine(ceremony).via(), offered).await
}

pub async fn commit(
    ceremonies: &Ceremonies,
    ceremony: &Ceremony,
) -> Result<Ceremony, CeremonyError> {
    ceremonies.commit(mine(ceremony).via()).await
}

/// A DID with these wallets, made by a ceremony.
pub async fn made(place: &Place, wallets: &[&Wallet]) -> Did {
    made_from(place, document(&random_did(), wallets), wallets).await
}

/// The same with a document of one's own; the wallets sign as `key-1`, `key-2`, ….
pub async fn made_from(place: &Place, document: proto::DidDoc, wallets: &[&Wallet]) -> Did {
    let ceremonies = place.registrar.ceremonies();
    let did = Did::parse(&document.id).unwrap();
    let started = ceremonies.start(create(document)).await.unwrap();
    let offered = (1..)
        .zip(wallets)
        .map(|(number, wallet)| wallet.offer(&started, &did, &format!("key-{number}")));
    sign(&ceremonies, &started, offered.collect())
        .await
        .unwrap();
    let committed = commit(&ceremonies, &started).await.unwrap();
    assert_eq!(committed_kinds(&committed), [OperationKind::Create]);
    did
}

/// Changes a DID without changing its keys; its first wallet signs.
pub async fn renamed(place: &Place, wallet: &Wallet, did: &Did, name: &str) {
    let mut document = present(place, did);
    document.also_known_as = vec![name.into()];
    changed(place, did, document, &[(wallet, "key-1")]).await;
}

/// Changes a DID; these wallets sign.
pub async fn changed(
    place: &Place,
    did: &Did,
    document: proto::DidDoc,
    signers: &[(&Wallet, &str)],
) {
    let ceremonies = place.registrar.ceremonies();
    let started = ceremonies.start(update(document)).await.unwrap();
    let offered = signers
        .iter()
        .map(|(wallet, fragment)| wallet.offer(&started, did, fragment));
    sign(&ceremonies, &started, offered.collect())
        .await
        .unwrap();
    commit(&ceremonies, &started).await.unwrap();
}

pub fn present(place: &Place, did: &Did) -> proto::DidDoc {
    place.ledger.latest(did).unwrap().unwrap().document
}

pub fn has_ended(place: &Place, did: &Did) -> bool {
    place.ledger.latest(did).unwrap().unwrap().deactivated
}

pub fn committed_kinds(ceremony: &Ceremony) -> Vec<OperationKind> {
    match &ceremony.state {
        State::Committed(committed) => committed.iter().map(|one| one.kind).collect(),
        other => panic!("{other:?}"),
    }
}

/// What each open slot waits for: a method, or a whole DID where any of its methods is enough.
pub fn open_slots(ceremony: &Ceremony) -> Vec<String> {
    let open = ceremony.slots.iter().filter(|slot| match slot.state {
        SlotState::Missing | SlotState::Requested | SlotState::Refused { .. } => true,
        SlotState::Signed { .. } | SlotState::NotNeeded => false,
    });
    open.map(|slot| match &slot.keys {
        SlotKeys::Method { method, .. } => method.to_string(),
        SlotKeys::AnyOf(_) => slot.signer.to_string(),
    })
    .collect()
}

pub fn ids(did: &Did, fragments: &[&str]) -> Vec<String> {
    fragments
        .iter()
        .map(|fragment| format!("{did}#{fragment}"))
        .collect()
}
