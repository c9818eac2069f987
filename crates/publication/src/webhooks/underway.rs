//! Messages that are under way with a credential, so that they can be cut when it is switched off.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

/// All of them.
#[derive(Default)]
pub(crate) struct Underway {
    deliveries: watch::Sender<HashMap<u64, Delivery>>,
    /// Counts how often a credential was changed.
    changes: watch::Sender<u64>,
    next: AtomicU64,
}

struct Delivery {
    credential: String,
    cut: Arc<Notify>,
}

/// One of them. It lasts until this is dropped, which must come after what is sent was dropped.
pub(crate) struct UnderwayDelivery<'a> {
    underway: &'a Underway,
    number: u64,
    cut: Arc<Notify>,
}

impl Underway {
    /// Enters a delivery. Only after that the credential may be looked up: then it is either cut, or has found out that
    /// it must not begin.
    pub(crate) fn enter(&self, credential: &str) -> UnderwayDelivery<'_> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let cut = Arc::new(Notify::new());
        let delivery = Delivery {
            credential: credential.to_owned(),
            cut: Arc::clone(&cut),
        };
        self.deliveries
            .send_modify(|all| drop(all.insert(number, delivery)));
        UnderwayDelivery {
            underway: self,
            number,
            cut,
        }
    }

    /// Cuts what is under way with a credential, waits until it has finished, and wakes all that wait for a change.
    pub(crate) async fn cut(&self, credential: &str) {
        let numbers: Vec<u64> = {
            let all = self.deliveries.borrow();
            let own = all.iter().filter(|(_, one)| one.credential == credential);
            own.map(|(number, one)| {
                one.cut.notify_one();
                *number
            })
            .collect()
        };
        let finished =
            |all: &HashMap<u64, Delivery>| !numbers.iter().any(|one| all.contains_key(one));
        // The sender lives as long as `self`.
        let _ = self.deliveries.subscribe().wait_for(finished).await;
        self.changes
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Notifies of changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

impl UnderwayDelivery<'_> {
    /// Waits until it is cut.
    pub(crate) async fn until_cut(&self) {
        self.cut.notified().await;
    }
}

impl Drop for UnderwayDelivery<'_> {
    fn drop(&mut self) {
        let all = &self.underway.deliveries;
        all.send_modify(|all| drop(all.remove(&self.number)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn cutting_ends_those_of_the_credential_and_waits_for_them() {
        let underway = Arc::new(Underway::default());
        let mut changes = underway.changes();
        let other = underway.enter("other");
        let held = Arc::clone(&underway);
        let (entered, is_entered) = tokio::sync::oneshot::channel();
        let running = tokio::spawn(async move {
            let delivery = held.enter("one");
            entered.send(()).unwrap();
            delivery.until_cut().await;
        });
        is_entered.await.unwrap();
        underway.cut("one").await;
        let left: Vec<_> = {
            let all = underway.deliveries.borrow();
            all.values().map(|one| one.credential.clone()).collect()
        };
        assert_eq!(left, ["other"]);
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        drop(other);
        underway.cut("nobody").await;
        assert!(changes.has_changed().unwrap());
        running.await.unwrap();
    }
}
