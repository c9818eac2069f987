//! Audit entries of what happens outside the store, such as a signature: many share one write, which checks that each
//! caller is still authenticated and that the approval rule of its tenant is kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use audit::{ActionId, Appender, Attribution, AuditError, Entry, Event};
use rusqlite::Connection;
use store::{Store, StoreError};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::rule::{self, ApprovalRule};
use crate::caller::{Caller, CredentialStatus};
use crate::error::{AccessError, RecordError};
use crate::{Access, authentication};

/// Entries in one write.
const GROUP_MAX: usize = 256;
/// Entries that may wait.
const WAITING_MAX: usize = 4096;

impl Access {
    /// Appends an entry of its own. `Ok` means that it is on disk.
    ///
    /// Many callers share one write of the store. When the caller stops waiting, the entry is nevertheless written.
    pub async fn record(&self, by: Attribution, event: Event) -> Result<Entry, AccessError> {
        self.enter(None, by, event)
            .await
            .map_err(|refused| match refused {
                RecordError::NotWritten(error) => error,
                // Without a caller nothing else is checked.
                RecordError::Rejected(_) | RecordError::ApprovalRequired => {
                    AuditError::TooLarge.into()
                }
            })
    }

    /// Appends an entry of what this caller is about to do, if it is still authenticated ([`Access::recheck`]) and the
    /// rule of its tenant allows it, both in the transaction that writes the entry. `keeps` is the strictest rule that
    /// is kept: [`ApprovalRule::On`] by what was approved or needs no approval.
    ///
    /// Otherwise as [`Access::record`].
    ///
    /// # Errors
    /// [`RecordError`]; no entry is written then.
    pub async fn record_use(
        &self,
        caller: &Caller,
        keeps: ApprovalRule,
        by: Attribution,
        event: Event,
    ) -> Result<Entry, RecordError> {
        let caller = caller.clone();
        self.enter(Some(Ground { caller, keeps }), by, event).await
    }

    async fn enter(
        &self,
        ground: Option<Ground>,
        by: Attribution,
        event: Event,
    ) -> Result<Entry, RecordError> {
        // What does not fit must not take others of its group with it.
        event.stored_details().map_err(AccessError::from)?;
        let (answer, answered) = oneshot::channel();
        let wanted = Wanted {
            ground,
            by,
            event,
            id: ActionId::generate().map_err(AccessError::from)?,
        };
        if self.recorder.enqueue(Waiting { wanted, answer })? == Turn::Mine {
            tokio::spawn(drain(self.store.clone(), Arc::clone(&self.recorder)));
        }
        answered
            .await
            .unwrap_or(Err(AccessError::from(StoreError::Busy).into()))
    }
}

/// The entries that wait to be written.
#[derive(Default)]
pub(crate) struct Recorder {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Whether a task writes what is queued.
    drained: bool,
}

struct Waiting {
    wanted: Wanted,
    answer: oneshot::Sender<Result<Entry, RecordError>>,
}

struct Wanted {
    /// What the entry depends on, if on anything.
    ground: Option<Ground>,
    by: Attribution,
    event: Event,
    id: ActionId,
}

/// Which task writes what is queued.
#[derive(PartialEq, Eq)]
enum Turn {
    Mine,
    Anothers,
}

impl Recorder {
    fn enqueue(&self, waiting: Waiting) -> Result<Turn, AccessError> {
        let mut queue = self.queue();
        if queue.waiting.len() >= WAITING_MAX {
            return Err(StoreError::Busy.into());
        }
        queue.waiting.push_back(waiting);
        if std::mem::replace(&mut queue.drained, true) {
            Ok(Turn::Anothers)
        } else {
            Ok(Turn::Mine)
        }
    }

    /// The next group; none, and the turn is over, when the queue is empty.
    fn group(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(GROUP_MAX);
        if count == 0 {
            queue.drained = false;
            return None;
        }
        Some(queue.waiting.drain(..count).collect())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn to write what is queued. It ends with its task, also when the task panics or is dropped with its runtime:
/// the waiting callers get an error, and the next entry starts a new turn.
struct TurnOf {
    recorder: Arc<Recorder>,
    /// Whether it ended regularly, with an empty queue. By now another task may have the turn.
    given_back: bool,
}

impl TurnOf {
    fn group(&mut self) -> Option<Vec<Waiting>> {
        let group = self.recorder.group();
        self.given_back = group.is_none();
        group
    }
}

impl Drop for TurnOf {
    fn drop(&mut self) {
        if !self.given_back {
            let mut queue = self.recorder.queue();
            queue.waiting.clear();
            queue.drained = false;
        }
    }
}

async fn drain(store: Store, recorder: Arc<Recorder>) {
    let mut turn = TurnOf {
        recorder,
        given_back: false,
    };
    loop {
        // Lets further entries in first: one write for many costs little more than one for a few.
        yield_now().await;
        let Some(group) = turn.group() else {
            return;
        };
        let (wanted, answers): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|one| (one.wanted, one.answer))
            .unzip();
        let written: Result<_, AccessError> = store
            .write(move |connection| append_all(connection, wanted))
            .await;
        match written {
            Ok(entries) => {
                for (answer, entry) in answers.into_iter().zip(entries) {
                    // A caller that no longer listens has lost only the answer.
                    drop(answer.send(entry));
                }
            }
            Err(error) => {
                for answer in answers {
                    drop(answer.send(Err(error.clone().into())));
                }
            }
        }
    }
}

fn append_all(
    connection: &Connection,
    wanted: Vec<Wanted>,
) -> Result<Vec<Result<Entry, RecordError>>, AuditError> {
    let mut appender = Appender::begin(connection)?;
    let mut checked = Checked::default();
    let mut entries = Vec::with_capacity(wanted.len());
    for one in wanted {
        let permitted = match one.ground {
            Some(ground) => checked.permits(connection, ground)?,
            None => Ok(()),
        };
        entries.push(match permitted {
            Ok(()) => Ok(appender.append(&one.by, one.event, one.id)?),
            Err(refused) => Err(refused),
        });
    }
    appender.finish()?;
    Ok(entries)
}

/// What an entry depends on: a caller that is about to do what it records.
struct Ground {
    caller: Caller,
    /// The strictest rule that is kept.
    keeps: ApprovalRule,
}

/// The callers that one transaction has checked: many entries of a group are of the same one, and nothing changes
/// meanwhile.
#[derive(Default)]
struct Checked(Vec<(Caller, CredentialStatus, ApprovalRule)>);

impl Checked {
    fn permits(
        &mut self,
        connection: &Connection,
        Ground { caller, keeps }: Ground,
    ) -> Result<Result<(), RecordError>, rusqlite::Error> {
        let known = self.0.iter().find(|(checked, ..)| *checked == caller);
        let (status, rule) = match known {
            Some((_, status, rule)) => (*status, *rule),
            None => {
                let status = authentication::status(connection, &caller)?;
                let rule = rule::of(connection, &caller.tenant)?;
                self.0.push((caller, status, rule));
                (status, rule)
            }
        };
        if let Err(rejected) = status.check() {
            return Ok(Err(rejected.into()));
        }
        Ok(match (rule, keeps) {
            (ApprovalRule::On, ApprovalRule::Off) => Err(RecordError::ApprovalRequired),
            _ => Ok(()),
        })
    }
}

#[cfg(test)]
mod tests {
    use audit::Action;

    use super::*;

    fn waiting() -> Waiting {
        let wanted = Wanted {
            ground: None,
            by: Attribution::system(),
            event: Event::new(None, Action::KeysSign, "x"),
            id: ActionId::generate().unwrap(),
        };
        let answer = oneshot::channel().0;
        Waiting { wanted, answer }
    }

    #[test]
    fn one_task_writes_all_that_is_queued_meanwhile() {
        let recorder = Recorder::default();
        assert!(recorder.enqueue(waiting()).unwrap() == Turn::Mine);
        for _ in 1..GROUP_MAX + 10 {
            assert!(recorder.enqueue(waiting()).unwrap() == Turn::Anothers);
        }
        assert_eq!(recorder.group().unwrap().len(), GROUP_MAX);
        assert_eq!(recorder.group().unwrap().len(), 10);
        assert!(recorder.group().is_none());
        assert!(recorder.enqueue(waiting()).unwrap() == Turn::Mine);
    }

    #[test]
    fn a_task_that_ends_in_the_middle_leaves_its_turn_to_the_next() {
        let recorder = Arc::new(Recorder::default());
        recorder.enqueue(waiting()).unwrap();
        let mut turn = TurnOf {
            recorder: Arc::clone(&recorder),
            given_back: false,
        };
        assert_eq!(turn.group().unwrap().len(), 1);
        drop(turn);
        assert!(recorder.enqueue(waiting()).unwrap() == Turn::Mine);
    }

    #[test]
    fn the_queue_is_bounded() {
        let recorder = Recorder::default();
        for _ in 0..WAITING_MAX {
            recorder.enqueue(waiting()).unwrap();
        }
        assert!(matches!(
            recorder.enqueue(waiting()),
            Err(AccessError::Store(StoreError::Busy))
        ));
    }
}
