//! One change of a DID at a time: each builds on what the one before has left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use did::Did;
use tokio::sync::OwnedMutexGuard;

/// The changes that are being prepared here. A DID is listed only while one is.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<Did, Queue>>>);

#[derive(Default)]
struct Queue {
    order: Arc<tokio::sync::Mutex<()>>,
    /// Tasks that have the turn or wait for it.
    places: usize,
}

/// The right to change a DID, until it is dropped. Others are shut out only here, not on the ledger.
pub(crate) struct Turn {
    _order: OwnedMutexGuard<()>,
    _place: Place,
}

impl Turns {
    /// Waits until no other change of this DID is being prepared.
    pub(crate) async fn of(&self, did: &Did) -> Turn {
        let (place, order) = self.enter(did);
        Turn {
            _order: order.lock_owned().await,
            _place: place,
        }
    }

    fn enter(&self, did: &Did) -> (Place, Arc<tokio::sync::Mutex<()>>) {
        let mut queues = self.queues();
        let queue = queues.entry(did.clone()).or_default();
        queue.places += 1;
        let place = Place {
            turns: self.clone(),
            did: did.clone(),
        };
        (place, Arc::clone(&queue.order))
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<Did, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue of a DID, also of one that gave up waiting.
struct Place {
    turns: Turns,
    did: Did,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.turns.queues();
        let Some(queue) = queues.get_mut(&self.did) else {
            return;
        };
        queue.places -= 1;
        if queue.places == 0 {
            queues.remove(&self.did);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn did(number: u8) -> Did {
        Did::parse(&format!("did:cheqd:testnet:{}", uuid_of(number))).unwrap()
    }

    fn uuid_of(number: u8) -> uuid::Uuid {
        uuid::Uuid::from_bytes([number; 16])
    }

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_did_has_one_turn_and_another_did_its_own() {
        let turns = Turns::default();
        let (one, other) = (did(1), did(2));
        let Poll::Ready(first) = poll(pin!(turns.of(&one))) else {
            panic!("the turn is free");
        };
        let mut second = pin!(turns.of(&one));
        assert!(poll(second.as_mut()).is_pending());
        assert!(poll(pin!(turns.of(&other))).is_ready());
        drop(first);
        assert!(poll(second).is_ready());
    }

    #[test]
    fn nothing_is_left_of_turns_that_ended_or_were_given_up() {
        let turns = Turns::default();
        let one = did(1);
        {
            let Poll::Ready(first) = poll(pin!(turns.of(&one))) else {
                panic!("the turn is free");
            };
            let mut patient = Box::pin(turns.of(&one));
            let mut impatient = Box::pin(turns.of(&one));
            assert!(poll(patient.as_mut()).is_pending());
            assert!(poll(impatient.as_mut()).is_pending());
            drop(first);
            drop(impatient);
            assert_eq!(turns.queues().len(), 1);
            assert!(poll(patient.as_mut()).is_ready());
        }
        assert!(turns.queues().is_empty());
    }
}
