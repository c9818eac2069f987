//! Step 5 for a deactivation: it is judged once more, by the ledger's own code, on the evidence of the receipt alone.

use did::{
    BoundVersion, Circumstances, Did, Document, Head, Operation, OperationKind, Proposal,
    RequiredSet, Signature, judge, proto::SignInfo,
};

use super::dids::{ProvenDids, ProvenState, head_of};
use super::evidence::Evidence;
use super::parts::Parts;
use super::reasons::NoProof;
use super::summary::{self, DeactivatedSummary, ImportSummary, Summary};
use super::time::{LogTimes, rfc3339};
use super::verdict::Claim;
use crate::NetworkId;
use crate::leaf::{
    Consulted, ConsultedStatus, Leaf, LeafReference, OperationLeaf, StateLeaf, VersionKind,
};
use crate::state::Status;

/// The rule set of `did::judge`.
const RULE_SET: u16 = 1;

/// The operation leaf of a deactivation, and the import around it if an older log accepted it.
struct Deactivation {
    leaf: OperationLeaf,
    import: Option<Imported>,
}

struct Imported {
    network_id: NetworkId,
    time_ms: u64,
    previous: Option<LeafReference>,
    summary: ImportSummary,
}

pub(super) fn check(
    parts: &Parts,
    state: &StateLeaf,
    dids: &ProvenDids<'_>,
    index: u64,
    leaf: Leaf,
) -> Result<Claim, NoProof> {
    let deactivation = Deactivation::of(leaf)?;
    deactivation.check_subject(&parts.did, state)?;
    deactivation.check_order(parts.state.index, index)?;
    deactivation.times(state).check_order()?;
    let consulted = deactivation.check_consulted(dids)?;
    deactivation.check_continues(&parts.did, dids)?;
    let evidence = evidence(dids, &consulted)?;
    let summary = Judged::of(&deactivation, evidence)?.summary(&parts.did, dids, index)?;
    Ok(Claim {
        summary: Summary::Deactivated(Box::new(summary)),
        network_id: state.network_id,
        log_index: index,
        time_ms: deactivation.accepted_ms(),
    })
}

impl Deactivation {
    fn of(leaf: Leaf) -> Result<Self, NoProof> {
        match leaf {
            Leaf::Operation(leaf) => Ok(Self { leaf, import: None }),
            Leaf::Import(import) => {
                let operation = import.imported_operation();
                let (Ok(Some(leaf)), Some(imported)) = (operation, &import.operation) else {
                    return Err(NoProof::ImportOfNothing);
                };
                let summary = ImportSummary {
                    origin: import.origin.clone(),
                    log_index: imported.index,
                    time: rfc3339(import.time_ms),
                };
                Ok(Self {
                    leaf,
                    import: Some(Imported {
                        network_id: import.network_id,
                        time_ms: import.time_ms,
                        previous: import.previous,
                        summary,
                    }),
                })
            }
            _ => Err(NoProof::NotAnOperation),
        }
    }

    /// When this log accepted it, by its own clock.
    fn accepted_ms(&self) -> u64 {
        self.import
            .as_ref()
            .map_or(self.leaf.time_ms, |import| import.time_ms)
    }

    fn check_subject(&self, did: &Did, state: &StateLeaf) -> Result<(), NoProof> {
        let leaf = &self.leaf;
        let imported = self.import.as_ref().map(|import| import.network_id);
        for found in imported.into_iter().chain([leaf.network_id]) {
            if found != state.network_id {
                let expected = state.network_id;
                return Err(NoProof::OtherNetwork { expected, found });
            }
        }
        if leaf.rule_set != RULE_SET {
            return Err(NoProof::UnknownRuleSet(leaf.rule_set));
        }
        if leaf.kind != VersionKind::Deactivate {
            return Err(NoProof::NotADeactivation);
        }
        if leaf.did != did.as_str() {
            let found = leaf.did.clone();
            return Err(NoProof::OperationOfOther { found });
        }
        Ok(())
    }

    /// The state leaf is the one that the operation names, and precedes it. An import names none.
    fn check_order(&self, state_index: u64, index: u64) -> Result<(), NoProof> {
        let named = self.leaf.judged_under;
        if self.import.is_none() && named != state_index {
            return Err(NoProof::OtherStateLeaf {
                named,
                found: state_index,
            });
        }
        if state_index >= index {
            return Err(NoProof::StateNotBefore);
        }
        Ok(())
    }

    fn times(&self, state: &StateLeaf) -> LogTimes {
        LogTimes {
            state_ms: state.time_ms,
            operation_ms: self.leaf.time_ms,
            accepted_ms: self.accepted_ms(),
        }
    }

    /// The DIDs that the leaf lists as consulted are those of the receipt, with the same status and head. The heads in
    /// an import are those of the older log, which no state value of this log contains.
    fn check_consulted(&self, proven: &ProvenDids<'_>) -> Result<Vec<(Did, Head)>, NoProof> {
        let mut dids = Vec::with_capacity(self.leaf.consulted.len());
        for Consulted { did, status } in &self.leaf.consulted {
            let parsed = did.parse().ok();
            let Some(did) = parsed.filter(|parsed: &Did| parsed.as_str() == did) else {
                return Err(NoProof::ConsultedNoDid { found: did.clone() });
            };
            let reference = match status {
                ConsultedStatus::Absent => None,
                ConsultedStatus::Active(head) | ConsultedStatus::Deactivated(head) => Some(head),
            };
            dids.push((did, reference.map_or(Head::UNWRITTEN, to_head)));
        }
        proven.are_exactly(dids.iter().map(|(did, _)| did))?;
        for ((did, head), Consulted { status, .. }) in dids.iter().zip(&self.leaf.consulted) {
            let same = match (proven.get(did), status) {
                (Some(ProvenState::Absent), ConsultedStatus::Absent) => true,
                (Some(ProvenState::Exists { value, .. }), status) => {
                    let same_status = matches!(
                        (value.status, status),
                        (Status::Active, ConsultedStatus::Active(_))
                            | (Status::Deactivated { .. }, ConsultedStatus::Deactivated(_))
                    );
                    same_status && (self.import.is_some() || head_of(value) == *head)
                }
                _ => false,
            };
            if !same {
                return Err(NoProof::ConsultedOtherwise { did: did.clone() });
            }
        }
        Ok(dids)
    }

    /// The operation follows the one in the subject's state value.
    fn check_continues(&self, did: &Did, proven: &ProvenDids<'_>) -> Result<(), NoProof> {
        let previous = match &self.import {
            Some(import) => import.previous,
            None => self.leaf.previous,
        };
        let continues = match proven.get(did) {
            Some(ProvenState::Exists { value, .. }) => {
                value.sequence.checked_add(1) == Some(self.leaf.sequence)
                    && previous.as_ref().map(to_head) == Some(head_of(value))
            }
            Some(ProvenState::Absent) | None => false,
        };
        if continues {
            Ok(())
        } else {
            Err(NoProof::NotTheNextOperation)
        }
    }

    /// What was submitted, as far as the leaf keeps it.
    fn proposal(&self) -> Result<Proposal, NoProof> {
        let signatures = self.leaf.signatures.iter().map(|signature| SignInfo {
            verification_method_id: signature.method_id.clone(),
            signature: signature.bytes.clone(),
        });
        let payload = &self.leaf.payload;
        let operation = Operation::parse(OperationKind::Deactivate, payload, signatures.collect())
            .map_err(NoProof::InvalidStatement)?;
        if operation.did().as_str() != self.leaf.did {
            return Err(NoProof::PayloadOfOther {
                found: operation.did().clone(),
            });
        }
        let preimage = self.leaf.bound_preimage.as_deref();
        let bound = preimage.map(BoundVersion::decode).transpose();
        Ok(Proposal {
            operation,
            bound: bound.map_err(NoProof::UnreadablePreimage)?,
        })
    }
}

fn evidence(proven: &ProvenDids<'_>, consulted: &[(Did, Head)]) -> Result<Evidence, NoProof> {
    let mut evidence = Evidence::default();
    for (did, head) in consulted {
        if let Some(state) = proven.get(did) {
            evidence.add(did, state, *head)?;
        }
    }
    Ok(evidence)
}

/// A deactivation that the rules accept.
struct Judged<'e> {
    deactivation: &'e Deactivation,
    proposal: Proposal,
    signatures: Vec<Signature>,
    evidence: Evidence,
}

impl<'e> Judged<'e> {
    fn of(deactivation: &'e Deactivation, mut evidence: Evidence) -> Result<Self, NoProof> {
        let proposal = deactivation.proposal()?;
        let did = proposal.operation.did();
        let circumstances = Circumstances {
            namespace: did.namespace().unwrap_or_default(),
            network_id: deactivation.leaf.network_id.as_bytes(),
            time_ms: deactivation.leaf.time_ms,
        };
        let accepted = judge(
            std::slice::from_ref(&proposal),
            &circumstances,
            &mut evidence,
        )?
        .pop()
        .ok_or(NoProof::NotAnOperation)?;
        let leaf = &deactivation.leaf;
        let counted = accepted
            .signatures
            .iter()
            .map(|signature| (signature.method.as_str(), &signature.bytes));
        let written = leaf
            .signatures
            .iter()
            .map(|signature| (signature.method_id.as_str(), &signature.bytes));
        if !counted.eq(written) {
            return Err(NoProof::UncountedSignature);
        }
        let is_consulted = |did: &str| {
            let mut consulted = accepted.consulted.iter();
            consulted.any(|consulted| consulted.did.as_str() == did)
        };
        if let Some(unused) = leaf
            .consulted
            .iter()
            .find(|written| !is_consulted(&written.did))
        {
            let did = unused.did.clone();
            return Err(NoProof::ConsultedForNothing { did });
        }
        Ok(Self {
            deactivation,
            signatures: accepted.signatures,
            proposal,
            evidence,
        })
    }

    fn summary(
        mut self,
        subject: &Did,
        proven: &ProvenDids<'_>,
        index: u64,
    ) -> Result<DeactivatedSummary, NoProof> {
        let (Some(ProvenState::Exists { value, .. }), Some(document)) = (
            proven.get(subject),
            self.evidence.document(subject).cloned(),
        ) else {
            return Err(NoProof::SubjectNotShown);
        };
        let required = RequiredSet::of(&document, &mut self.evidence)?;
        let documents = self.signing_documents(&document, &required);
        let leaf = &self.deactivation.leaf;
        let excluded = documents
            .iter()
            .flat_map(|document| document.inline_methods());
        Ok(DeactivatedSummary {
            version_id: self.proposal.operation.version_id().to_owned(),
            log_index: index,
            time: rfc3339(leaf.time_ms),
            rule_set: leaf.rule_set,
            network_id: leaf.network_id,
            authority_since: value.authority_since,
            distinct_keys: required.distinct_keys() as u64,
            methods: summary::methods(&required, &documents, &self.signatures),
            signers: summary::signers(&required, &self.signatures),
            deactivated_signers: summary::texts(required.deactivated()),
            excluded: excluded.collect(),
            bound: self.proposal.bound.as_ref().map(summary::bound),
            import: self
                .deactivation
                .import
                .as_ref()
                .map(|import| import.summary.clone()),
        })
    }

    /// The subject's document, and those of the controllers that sign for it.
    fn signing_documents<'d>(
        &'d self,
        document: &'d Document,
        required: &RequiredSet,
    ) -> Vec<&'d Document> {
        let mut documents = vec![document];
        for (method, _) in required.methods() {
            let signing = self.evidence.document(&method.did());
            if let Some(signing) = signing.filter(|one| !documents.contains(one)) {
                documents.push(signing);
            }
        }
        documents
    }
}

fn to_head(reference: &LeafReference) -> Head {
    let LeafReference { index, hash } = reference;
    Head {
        index: *index,
        leaf_hash: *hash.as_bytes(),
    }
}
