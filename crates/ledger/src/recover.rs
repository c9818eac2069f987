//! Continuing after an accepted loss: another name, another key, and every DID unverified until its state is proven.
//!
//! What is there stays, byte for byte. The old head guard is kept beside the new one.

mod kept;

use proof::Hash;
use proof::leaf::{Leaf, LogKey, Predecessor, Recovery, TreeHead};
use proof::note::NoteSigner;
use thiserror::Error;

use crate::catch_up;
use crate::error::OpenError;
use crate::guard::{Guard, GuardError, GuardedHead};
use crate::identity::Identity;
use crate::log::{Segments, Tail};
use crate::open::{guard_error, make_and_lock, read_identity, repair_tail};
use crate::options::Options;
use crate::rotate::append;
use crate::signers::sign;
use clock::now_ms;

use kept::{Kept, KnownHead};

/// A log that goes on under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Number of entries that were kept.
    pub kept: u64,
    /// The newest head of the older log that is known, with its number of entries.
    pub known: Option<u64>,
    /// Number of entries now.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// The first checkpoint under the new name.
    pub checkpoint: String,
}

/// Why nothing was recovered.
#[derive(Debug, Error)]
pub enum RecoverError {
    /// Log or guard cannot be used at all.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Guard and data fit, and no newer checkpoint was presented.
    #[error(
        "nothing is lost: the log of {size} entries holds all that its head guard and the given checkpoint \
         know; open it"
    )]
    NothingLost {
        /// Number of entries.
        size: u64,
    },
    /// An earlier recovery was interrupted.
    #[error(
        "a recovery as `{origin}` was begun and interrupted: complete it under that name and with its key"
    )]
    Begun {
        /// The name that it was begun under.
        origin: String,
    },
    /// The name or the key has been used before.
    #[error(
        "the name `{0}` or its key has signed for this log before: recover under a new name with a new key"
    )]
    UsedBefore(String),
    /// The checkpoint of the older log cannot be believed.
    #[error("the given checkpoint is not one of the older log: {0}")]
    Known(String),
    /// The log or the guard cannot be written. Doing it again completes it.
    #[error("the recovery could not be written; do it again")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Lets a log go on of which entries were lost: with the whole frames that are there, under the name and key of
/// `signer`, neither of which was used before. `known` is the newest known checkpoint of the older log, as a
/// signed note; the head guard's counts too. The ledger must not be running.
///
/// Every DID whose newest operation was kept is unverified from then on: it is not called active and takes no operation
/// except its deactivation and an update, both signed by its complete set, until its operations are imported.
///
/// # Errors
/// [`RecoverError`] states what prevents it. Nothing was lost in any case but [`RecoverError::Write`].
pub fn recover(
    options: &Options,
    signer: &NoteSigner,
    known: Option<&[u8]>,
) -> Result<Recovered, RecoverError> {
    let _locks = make_and_lock(options)?;
    let guarded = guarded(options)?;
    let segments = std::sync::Arc::new(Segments::new(options.disk.clone(), &options.data));
    let genesis = read_genesis(options, &segments)?;
    if let Some(guarded) = &guarded
        && guarded.network_id != genesis.network_id
    {
        return Err(RecoverError::Open(OpenError::OtherGuard {
            guard: Guard::path(&options.guard),
            reason: "it guards another network",
        }));
    }
    let presented = known.map(KnownHead::parse).transpose()?;
    let sizes = [
        guarded.as_ref().map(|head| head.size),
        presented.as_ref().map(|presented| presented.head.size),
    ];
    let kept = Kept::scan(&segments, genesis.clone(), sizes.into_iter().flatten())?;
    if let Some(done) = finish(options, &kept, guarded.as_ref(), signer)? {
        return Ok(done);
    }
    if kept.identity.knows(signer.name(), &signer.public_key()) {
        return Err(RecoverError::UsedBefore(signer.name().to_owned()));
    }
    let known = lost(&kept, guarded.as_ref(), presented.as_ref())?;
    kept.set_aside(options, &segments).map_err(write)?;
    repair_tail(&segments, kept.end)?;
    kept::keep_guard(options).map_err(write)?;

    let head = kept.head();
    let caught_up = catch_up::anew(options, &segments, &genesis, &head)?;
    // Set aside above: different entries come now.
    caught_up.reader.blobs.clean(head.size).map_err(write)?;
    let mut tip = caught_up.tip;
    let leaf = Recovery {
        network_id: genesis.network_id,
        time_ms: now_ms().max(tip.time_ms()),
        origin: signer.name().to_owned(),
        log_keys: vec![LogKey::ed25519(&signer.public_key())],
        predecessor: Predecessor {
            origin: kept.identity.origin.clone(),
            size: head.size,
            root: head.root,
        },
        known,
    };
    let network_id = *genesis.network_id.as_bytes();
    let mut tail =
        Tail::new(segments, network_id, kept.end, options.segment_bytes_max).map_err(write)?;
    let position = append(&mut tip, &mut tail, &Leaf::Recovery(leaf)).map_err(write)?;
    let checkpoint = sign(tip.identity(), tip.size(), tip.root(), &[signer]).map_err(write)?;
    let new_head = tip.head(position, checkpoint);
    Guard::create(options.disk.as_ref(), &options.guard, &new_head).map_err(write)?;
    Ok(recovered(head.size, known, new_head))
}

fn recovered(kept: u64, known: Option<TreeHead>, head: GuardedHead) -> Recovered {
    Recovered {
        kept,
        known: known.map(|known| known.size),
        size: head.size,
        root: head.root,
        checkpoint: head.checkpoint,
    }
}

/// What the guard remembers; nothing when it is gone or damaged: that is a loss too.
fn guarded(options: &Options) -> Result<Option<GuardedHead>, RecoverError> {
    match Guard::read(options.disk.as_ref(), &options.guard) {
        Ok(head) => Ok(head),
        Err(GuardError::Damaged) => Ok(None),
        Err(error) => Err(guard_error(error).into()),
    }
}

fn read_genesis(options: &Options, segments: &Segments) -> Result<Identity, RecoverError> {
    let data = options.data.clone();
    if !crate::init::data_names(options.disk.as_ref(), &data)
        .map_err(OpenError::Io)?
        .first_segment
    {
        return Err(OpenError::Missing { data }.into());
    }
    let identity = read_identity(segments)?;
    if identity.namespace != options.namespace {
        return Err(RecoverError::Open(OpenError::OtherNamespace {
            data,
            found: identity.namespace,
            expected: options.namespace.clone(),
        }));
    }
    Ok(identity)
}

/// A recovery that was interrupted after its frame and before the guard: the guard is still missing.
fn finish(
    options: &Options,
    kept: &Kept,
    guarded: Option<&GuardedHead>,
    signer: &NoteSigner,
) -> Result<Option<Recovered>, RecoverError> {
    let identity = &kept.identity;
    let Some(loss) = identity.just_recovered(kept.size()) else {
        return Ok(None);
    };
    if guarded.is_some_and(|guarded| guarded.origin == identity.origin) {
        return Ok(None);
    }
    if signer.name() != identity.origin || signer.public_key() != identity.log_key {
        return Err(RecoverError::Begun {
            origin: identity.origin.clone(),
        });
    }
    let checkpoint = sign(identity, kept.size(), kept.root(), &[signer]).map_err(write)?;
    let head = GuardedHead {
        checkpoint,
        ..kept.head()
    };
    let (size, known) = (loss.kept.size, loss.known);
    kept::keep_guard(options).map_err(write)?;
    Guard::create(options.disk.as_ref(), &options.guard, &head).map_err(write)?;
    Ok(Some(recovered(size, known, head)))
}

/// The newest head that is known and that the kept entries do not lead to.
fn lost(
    kept: &Kept,
    guarded: Option<&GuardedHead>,
    presented: Option<&KnownHead>,
) -> Result<Option<TreeHead>, RecoverError> {
    if let Some(presented) = presented {
        presented.check_signature(&kept.identity)?;
    }
    let guard_head = guarded.map(|head| TreeHead {
        size: head.size,
        root: head.root,
    });
    let heads = [guard_head, presented.map(|presented| presented.head)];
    let newest = heads
        .into_iter()
        .flatten()
        .filter(|head| !kept.holds(head))
        .max_by_key(|head| head.size);
    if newest.is_none() && guarded.is_some() {
        return Err(RecoverError::NothingLost { size: kept.size() });
    }
    Ok(newest)
}

fn write(error: impl std::error::Error + Send + Sync + 'static) -> RecoverError {
    RecoverError::Write(Box::new(error))
}
