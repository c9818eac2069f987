//! What is limited for all clients together: memory for bodies that are large by nature, and readers that stay.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::rate::Once;

/// Longest body of a request that creates a resource, in bytes: 2 MiB of data, which take twice as much in hexadecimal.
pub const RESOURCE_BODY_BYTES_MAX: usize = 5 << 20;
/// Memory that large bodies may take together, in KiB.
const BULK_KIB: u32 = 64 << 10;
/// Readers that follow the feed at once. A connection each; [`crate::config::Limits::connections_max`] bounds all.
const FOLLOWERS_MAX: usize = 256;
/// Passwords that are hashed at once. Each takes a processor and much memory.
const PASSWORDS_MAX: usize = 2;
/// How long a password may wait for its turn.
const PASSWORD_WAIT: Duration = Duration::from_secs(2);

/// The limits that all clients share.
pub struct Gate {
    bulk: Arc<Semaphore>,
    followers: Arc<Semaphore>,
    passwords: Arc<Semaphore>,
    /// Nonces of requests.
    pub nonces: Once,
    life: watch::Sender<Life>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Open,
    Closing,
}

/// Room that is taken; it is given back when this is dropped.
#[must_use]
pub struct Room {
    _permit: OwnedSemaphorePermit,
}

/// All room is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Too many large bodies at once.
    #[error("too many large requests are being read; try again in a moment")]
    Bulk,
    /// Too many followers.
    #[error("the feed has {FOLLOWERS_MAX} followers already; read it in pages instead")]
    Followers,
    /// Too many passwords at once.
    #[error("too many passwords are being checked; try again in a moment")]
    Passwords,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate {
            bulk: Arc::new(Semaphore::new(BULK_KIB as usize)),
            followers: Arc::new(Semaphore::new(FOLLOWERS_MAX)),
            passwords: Arc::new(Semaphore::new(PASSWORDS_MAX)),
            nonces: Once::default(),
            life: watch::Sender::new(Life::Open),
        }
    }
}

impl Gate {
    /// Room for a body of up to so many bytes.
    ///
    /// # Errors
    /// [`Full::Bulk`].
    pub fn bulk(&self, bytes_max: usize) -> Result<Room, Full> {
        let kib = u32::try_from(bytes_max.div_ceil(1024)).unwrap_or(BULK_KIB);
        room(&self.bulk, kib.min(BULK_KIB)).ok_or(Full::Bulk)
    }

    /// A place for a body that may hold a resource, and how long it may be. One that is not longer than others, which
    /// may have `usual` bytes, needs none.
    ///
    /// # Errors
    /// [`Full::Bulk`].
    pub fn room_for_resource(
        &self,
        body: &Body,
        usual: usize,
    ) -> Result<(Option<Room>, usize), Full> {
        let bytes_max = usual.max(RESOURCE_BODY_BYTES_MAX);
        match self.room_for(body, usual, bytes_max)? {
            Some(place) => Ok((Some(place), bytes_max)),
            None => Ok((None, usual)),
        }
    }

    /// A place for a body of up to `bytes_max`; one that says that it has no more than `usual` bytes needs none.
    ///
    /// # Errors
    /// [`Full::Bulk`].
    pub fn room_for(
        &self,
        body: &Body,
        usual: usize,
        bytes_max: usize,
    ) -> Result<Option<Room>, Full> {
        match body.size_hint().upper() {
            Some(length) if length <= usual as u64 => Ok(None),
            Some(length) => {
                let length = usize::try_from(length).unwrap_or(bytes_max);
                self.bulk(length.min(bytes_max)).map(Some)
            }
            None => self.bulk(bytes_max).map(Some),
        }
    }

    /// A place for one that follows.
    ///
    /// # Errors
    /// [`Full::Followers`].
    pub fn follower(&self) -> Result<Room, Full> {
        room(&self.followers, 1).ok_or(Full::Followers)
    }

    /// A place for hashing one password, as soon as there is one.
    ///
    /// # Errors
    /// [`Full::Passwords`] after two seconds.
    pub async fn password(&self) -> Result<Room, Full> {
        let waiting = Arc::clone(&self.passwords).acquire_owned();
        match tokio::time::timeout(PASSWORD_WAIT, waiting).await {
            Ok(Ok(permit)) => Ok(Room { _permit: permit }),
            Ok(Err(_)) | Err(_) => Err(Full::Passwords),
        }
    }

    /// From now on, answers that have no end are ended.
    pub fn close(&self) {
        self.life.send_replace(Life::Closing);
    }

    /// Waits for [`Gate::close`].
    pub fn closing(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut life = self.life.subscribe();
        async move {
            // An error means that the server itself is gone.
            let _ = life.wait_for(|life| *life == Life::Closing).await;
        }
    }
}

fn room(semaphore: &Arc<Semaphore>, permits: u32) -> Option<Room> {
    let permit = Arc::clone(semaphore).try_acquire_many_owned(permits).ok()?;
    Some(Room { _permit: permit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_given_back() {
        let gate = Gate::default();
        let held: Vec<Room> = (0..8).map(|_| gate.bulk(8 << 20).unwrap()).collect();
        assert_eq!(gate.bulk(1).err(), Some(Full::Bulk));
        drop(held);
        let all = gate.bulk(usize::MAX).unwrap();
        assert_eq!(gate.bulk(1).err(), Some(Full::Bulk));
        drop(all);
        assert!(gate.bulk(1).is_ok());

        let held: Vec<Room> = (0..FOLLOWERS_MAX)
            .map(|_| gate.follower().unwrap())
            .collect();
        assert_eq!(gate.follower().err(), Some(Full::Followers));
        drop(held);
        assert!(gate.follower().is_ok());
    }

    #[tokio::test]
    async fn closing_is_seen_by_those_who_wait_and_by_those_who_come_late() {
        let gate = Gate::default();
        let early = gate.closing();
        gate.close();
        early.await;
        gate.closing().await;
    }
}
