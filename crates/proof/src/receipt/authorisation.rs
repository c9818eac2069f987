//! A deactivation, judged once more on what the receipt shows, by the code that judged it in the ledger.

use did::{
    BoundVersion, Circumstances, Did, Document, Head, Operation, OperationKind, Proposal,
    RequiredSet, Signature, judge, proto::SignInfo,
};

use super::envelope::Parts;
use super::evidence::{Evidence, Proven, Shown, head_of};
use super::examine::Found;
use super::reasons::NoProof;
use super::summary::{self, DeactivatedSummary, ImportSummary, Summary};
use super::time::rfc3339;
use crate::NetworkId;
use crate::leaf::{
    Consulted, ConsultedStatus, Leaf, LeafReference, OperationLeaf, StateLeaf, VersionKind,
};
use crate::state::Status;

/// The rule set that `did::judge` is.
const RULE_SET: u16 = 1;

/// An operation leaf of this log, or one of an older log with how it came here.
struct Ending {
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
    shown: &Shown<'_>,
    index: u64,
    leaf: Leaf,
) -> Result<Found, NoProof> {
    let ending = Ending::of(leaf)?;
    ending.check_subject(&parts.did, state)?;
    ending.check_order(parts.state.index, index, state)?;
    let dids = ending.check_consulted(shown)?;
    ending.check_continues(&parts.did, shown)?;
    let evidence = ending.evidence(shown, &dids)?;
    let summary = Judged::of(&ending, evidence)?.summary(&parts.did, shown, index)?;
    Ok(Found {
        summary: Summary::Deactivated(Box::new(summary)),
        network_id: state.network_id,
        log_index: index,
        time_ms: ending.time_ms(),
    })
}

impl Ending {
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

    /// When this log took it, by this log's clock.
    fn time_ms(&self) -> u64 {
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

    /// The state leaf is the one that the operation names, and stands before it. An import names none.
    fn check_order(&self, shown: u64, index: u64, state: &StateLeaf) -> Result<(), NoProof> {
        let named = self.leaf.judged_under;
        if self.import.is_none() && named != shown {
            return Err(NoProof::OtherStateLeaf { named, shown });
        }
        if shown >= index {
            return Err(NoProof::StateNotBefore);
        }
        if state.time_ms > self.time_ms() || self.leaf.time_ms > self.time_ms() {
            return Err(NoProof::TimeRunsBackwards);
        }
        Ok(())
    }

    /// What the leaf says it rests on is what is shown: the same DIDs, with the status and the head that they had. An
    /// import's heads are those of the older log, and stand in no state value of this one.
    fn check_consulted(&self, shown: &Shown<'_>) -> Result<Vec<(Did, Head)>, NoProof> {
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
        shown.are_exactly(dids.iter().map(|(did, _)| did))?;
        for ((did, head), Consulted { status, .. }) in dids.iter().zip(&self.leaf.consulted) {
            let same = match (shown.get(did), status) {
                (Some(Proven::Absent), ConsultedStatus::Absent) => true,
                (Some(Proven::There { value, .. }), status) => {
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

    /// It is the operation after the one that the subject's state value names.
    fn check_continues(&self, did: &Did, shown: &Shown<'_>) -> Result<(), NoProof> {
        let previous = match &self.import {
            Some(import) => import.previous,
            None => self.leaf.previous,
        };
        let continues = match shown.get(did) {
            Some(Proven::There { value, .. }) => {
                value.sequence.checked_add(1) == Some(self.leaf.sequence)
                    && previous.as_ref().map(to_head) == Some(head_of(value))
            }
            Some(Proven::Absent) | None => false,
        };
        if continues {
            Ok(())
        } else {
            Err(NoProof::NotTheNextOperation)
        }
    }

    fn evidence(&self, shown: &Shown<'_>, dids: &[(Did, Head)]) -> Result<Evidence, NoProof> {
        let mut evidence = Evidence::default();
        for (did, head) in dids {
            if let Some(proven) = shown.get(did) {
                evidence.add(did, proven, *head)?;
            }
        }
        Ok(evidence)
    }

    /// What was submitted, as far as a leaf keeps it.
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

/// A deactivation that the rules accept.
struct Judged<'e> {
    ending: &'e Ending,
    proposal: Proposal,
    signatures: Vec<Signature>,
    evidence: Evidence,
}

impl<'e> Judged<'e> {
    fn of(ending: &'e Ending, mut evidence: Evidence) -> Result<Self, NoProof> {
        let proposal = ending.proposal()?;
        let did = proposal.operation.did();
        let circumstances = Circumstances {
            namespace: did.namespace().unwrap_or_default(),
            network_id: ending.leaf.network_id.as_bytes(),
            time_ms: ending.leaf.time_ms,
        };
        let accepted = judge(
            std::slice::from_ref(&proposal),
            &circumstances,
            &mut evidence,
        )?
        .pop()
        .ok_or(NoProof::NotAnOperation)?;
        let leaf = &ending.leaf;
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
        let asked = accepted.consulted.iter().map(|seen| seen.did.as_str());
        let mut idle = leaf
            .consulted
            .iter()
            .filter(|written| !asked.clone().any(|asked| asked == written.did));
        if let Some(idle) = idle.next() {
            let did = idle.did.clone();
            return Err(NoProof::ConsultedForNothing { did });
        }
        Ok(Self {
            ending,
            signatures: accepted.signatures,
            proposal,
            evidence,
        })
    }

    fn summary(
        mut self,
        subject: &Did,
        shown: &Shown<'_>,
        index: u64,
    ) -> Result<DeactivatedSummary, NoProof> {
        let (Some(Proven::There { value, .. }), Some(document)) =
            (shown.get(subject), self.evidence.document(subject).cloned())
        else {
            return Err(NoProof::SubjectNotShown);
        };
        let required = RequiredSet::of(&document, &mut self.evidence)?;
        let documents = self.signing_documents(&document, &required);
        let leaf = &self.ending.leaf;
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
            ended_signers: summary::texts(required.deactivated()),
            excluded: excluded.collect(),
            bound: self.proposal.bound.as_ref().map(summary::bound),
            import: self
                .ending
                .import
                .as_ref()
                .map(|import| import.summary.clone()),
        })
    }

    /// The subject's document, and those of the controllers that stand in for it.
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
