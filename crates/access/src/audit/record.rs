//! Entries that tell of something outside the store, such as a signature: many share one write.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use store::{Store, WriteError};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::attribution::Attribution;
use super::entry::{Entry, Event};
use super::rows::{self, End};
use crate::approval::{ApprovalRule, Ground, Seen};
use crate::{Access, AccessError, ActionId, Caller, UseRefused};

/// Entries in one write.
const GROUP_MAX: usize = 256;
/// Entries that may wait.
const WAITING_MAX: usize = 4096;

impl Access {
    /// Appends an entry of its own. `Ok` means that it is on disk.
    ///
    /// Many callers share one write of the store. When the caller stops waiting, the entry is nevertheless written.
    ///
    /// # Errors
    ///
    /// [`AccessError::AuditUnwritable`], [`AccessError::Busy`], or those of the store.
    pub async fn record(&self, by: Attribution, event: Event) -> Result<Entry, AccessError> {
        self.enter(None, by, event)
            .await
            .map_err(|refused| match refused {
                UseRefused::Unrecorded(error) => error,
                // Nobody is looked at here.
                UseRefused::Denied(_) | UseRefused::ApprovalDemanded => {
                    AccessError::AuditUnwritable
                }
            })
    }

    /// Appends an entry of what this caller is about to do, if it still may come in ([`Access::recheck`]) and the rule
    /// of its tenant allows it, both as they stand in the very transaction that writes the entry. `keeps` is the
    /// strictest rule that is kept: [`ApprovalRule::On`] by what was approved or needs no approval.
    ///
    /// Otherwise as [`Access::record`].
    ///
    /// # Errors
    ///
    /// [`UseRefused`]; no entry is written then.
    pub async fn record_use(
        &self,
        caller: &Caller,
        keeps: ApprovalRule,
        by: Attribution,
        event: Event,
    ) -> Result<Entry, UseRefused> {
        let caller = caller.clone();
        self.enter(Some(Ground { caller, keeps }), by, event).await
    }

    async fn enter(
        &self,
        ground: Option<Ground>,
        by: Attribution,
        event: Event,
    ) -> Result<Entry, UseRefused> {
        // What does not fit must not take others of its group with it.
        rows::fitting(&event)?;
        let (answer, answered) = oneshot::channel();
        let wanted = Wanted {
            ground,
            by,
            event,
            id: ActionId::generate()?,
        };
        if self.recorder.enqueue(Waiting { wanted, answer })? == Turn::Mine {
            tokio::spawn(drain(self.store.clone(), Arc::clone(&self.recorder)));
        }
        answered.await.unwrap_or(Err(AccessError::Busy.into()))
    }
}

/// Those who wait for their entry.
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
    answer: oneshot::Sender<Result<Entry, UseRefused>>,
}

struct Wanted {
    /// What the entry rests on, if it does on anything.
    ground: Option<Ground>,
    by: Attribution,
    event: Event,
    id: ActionId,
}

/// Who writes what is queued.
#[derive(PartialEq, Eq)]
enum Turn {
    Mine,
    Anothers,
}

impl Recorder {
    fn enqueue(&self, waiting: Waiting) -> Result<Turn, AccessError> {
        let mut queue = self.queue();
        if queue.waiting.len() >= WAITING_MAX {
            return Err(AccessError::Busy);
        }
        queue.waiting.push_back(waiting);
        if std::mem::replace(&mut queue.drained, true) {
            Ok(Turn::Anothers)
        } else {
            Ok(Turn::Mine)
        }
    }

    /// The next group; none, and nobody's turn any more, when nobody waits.
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

/// The turn to write what is queued. Of a task that is dropped with its runtime, or that panics, the turn ends with it:
/// those who wait are told, and the next one begins anew.
struct TurnOf {
    recorder: Arc<Recorder>,
    /// Whether it was given back in order, with nobody waiting. By now another task may have it.
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
        // Whoever is about to come gets in first: one write for many costs little more than one for a few.
        yield_now().await;
        let Some(group) = turn.group() else {
            return;
        };
        let (wanted, answers): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|one| (one.wanted, one.answer))
            .unzip();
        match store
            .write(move |connection| append_all(connection, wanted))
            .await
        {
            Ok(entries) => {
                for (answer, entry) in answers.into_iter().zip(entries) {
                    // Who no longer listens has lost only the answer.
                    drop(answer.send(entry));
                }
            }
            Err(error) => {
                for answer in answers {
                    drop(answer.send(Err(again(&error).into())));
                }
            }
        }
    }
}

fn append_all(
    connection: &Connection,
    wanted: Vec<Wanted>,
) -> Result<Vec<Result<Entry, UseRefused>>, rusqlite::Error> {
    let mut end = End::of(connection, rows::head(connection)?)?;
    let mut seen = Seen::default();
    let mut entries = Vec::with_capacity(wanted.len());
    for one in wanted {
        let Wanted {
            ground,
            by,
            event,
            id,
        } = one;
        let leave = match ground {
            Some(ground) => seen.leave(connection, ground)?,
            None => Ok(()),
        };
        entries.push(match leave {
            Ok(()) => Ok(rows::append_as(connection, &by, event, (&mut end, id))?),
            Err(refused) => Err(refused),
        });
    }
    end.keep(connection)?;
    Ok(entries)
}

/// The same error for one more of those who shared the write.
fn again(error: &WriteError<rusqlite::Error>) -> AccessError {
    match error {
        WriteError::Busy => AccessError::Busy,
        WriteError::Failed(error) => AccessError::Store(error.clone()),
        WriteError::Refused(error) => {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "audit entries could not be written"
            );
            AccessError::AuditUnwritable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Action;

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
    fn one_writes_for_all_who_came_meanwhile() {
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
    fn those_who_wait_are_bounded() {
        let recorder = Recorder::default();
        for _ in 0..WAITING_MAX {
            recorder.enqueue(waiting()).unwrap();
        }
        assert!(matches!(
            recorder.enqueue(waiting()),
            Err(AccessError::Busy)
        ));
    }
}
