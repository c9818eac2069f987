//! One budget for each of many, in bounded memory. The arithmetic (GCRA) is the crate `governor`'s.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{NotUntil, Quota, RateLimiter};

/// Those that are remembered at once. Beyond it, newcomers share one budget until others are forgotten.
const REMEMBERED_MAX: usize = 65_536;
/// Time between two searches for those that can be forgotten: each looks at all.
const SWEEP_INTERVAL_NS: u64 = 1_000_000_000;

type Limiter<K, S, C> = RateLimiter<K, S, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// A budget for each `K`: so many at once, and so many in each period after that.
pub(super) struct Budgets<K: Clone + Eq + Hash, C: Clock = DefaultClock> {
    spends: Limiter<K, Spends<K>, C>,
    looks: Limiter<K, Looks<K>, C>,
}

/// The budget is spent; it is worth coming back after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent(pub(super) Duration);

impl<K: Clone + Eq + Hash> Budgets<K> {
    pub(super) fn per_second(count: NonZeroU32) -> Self {
        Self::new(Quota::per_second(count), DefaultClock::default())
    }

    pub(super) fn per_minute(count: NonZeroU32) -> Self {
        Self::new(Quota::per_minute(count), DefaultClock::default())
    }
}

impl<K: Clone + Eq + Hash, C: Clock + Clone> Budgets<K, C> {
    fn new(quota: Quota, clock: C) -> Self {
        Self::over(Table::new(quota), quota, clock)
    }

    fn over(table: Shared<K>, quota: Quota, clock: C) -> Self {
        Self {
            spends: RateLimiter::new(quota, Spends(Arc::clone(&table)), clock.clone()),
            looks: RateLimiter::new(quota, Looks(table), clock),
        }
    }

    /// Takes one.
    pub(super) fn spend(&self, who: &K) -> Result<(), Spent> {
        let spent = self.spends.check_key(who);
        spent.map_err(|until| wait(&until, self.spends.clock()))
    }

    /// Whether one is left, without taking it.
    pub(super) fn look(&self, who: &K) -> Result<(), Spent> {
        let seen = self.looks.check_key(who);
        seen.map_err(|until| wait(&until, self.looks.clock()))
    }
}

fn wait<C: Clock>(until: &NotUntil<C::Instant>, clock: &C) -> Spent {
    Spent(until.wait_time_from(clock.now()))
}

/// When the budget of each would be whole again if nothing were spent any more.
struct Table<K> {
    known: HashMap<K, Nanos>,
    /// The budget of all who find no room.
    shared: Option<Nanos>,
    swept_ns: u64,
    interval_ns: u64,
}

type Shared<K> = Arc<Mutex<Table<K>>>;

struct Spends<K>(Shared<K>);

struct Looks<K>(Shared<K>);

impl<K: Clone + Eq + Hash> StateStore for Spends<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, who: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut table = locked(&self.0);
        if let Some(state) = table.known.get_mut(who) {
            let (answer, next) = decide(Some(*state))?;
            *state = next;
            return Ok(answer);
        }
        let (answer, next) = decide(None)?;
        if table.has_room(next) {
            table.known.insert(who.clone(), next);
            return Ok(answer);
        }
        let (answer, next) = decide(table.shared)?;
        table.shared = Some(next);
        Ok(answer)
    }
}

impl<K: Clone + Eq + Hash> StateStore for Looks<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, who: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let table = locked(&self.0);
        let state = match table.known.get(who) {
            Some(state) => Some(*state),
            None if table.known.len() < REMEMBERED_MAX => None,
            None => table.shared,
        };
        decide(state).map(|(answer, _)| answer)
    }
}

impl<K: Eq + Hash> Table<K> {
    fn new(quota: Quota) -> Shared<K> {
        let interval_ns = u64::try_from(quota.replenish_interval().as_nanos()).unwrap_or(u64::MAX);
        Arc::new(Mutex::new(Table {
            known: HashMap::new(),
            shared: None,
            swept_ns: 0,
            interval_ns,
        }))
    }

    /// Makes room, if need be, by forgetting those whose budget is whole. `next` is the state of one that was whole
    /// until now.
    fn has_room(&mut self, next: Nanos) -> bool {
        let now_ns = next.as_u64().saturating_sub(self.interval_ns);
        let full = self.known.len() >= REMEMBERED_MAX;
        if full && now_ns.saturating_sub(self.swept_ns) >= SWEEP_INTERVAL_NS {
            self.swept_ns = now_ns;
            self.known.retain(|_, state| state.as_u64() > now_ns);
        }
        self.known.len() < REMEMBERED_MAX
    }
}

fn locked<K>(table: &Mutex<Table<K>>) -> MutexGuard<'_, Table<K>> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();

    fn three_per_second() -> (Budgets<usize, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        // A clock of the wild never stands at the moment of its start.
        clock.advance(Duration::from_secs(10));
        let budgets = Budgets::new(Quota::per_second(THREE), clock.clone());
        clock.advance(Duration::from_secs(10));
        (budgets, clock)
    }

    #[test]
    fn each_has_a_budget_of_its_own_and_gets_it_back_with_time() {
        let (budgets, clock) = three_per_second();
        for _ in 0..3 {
            assert_eq!(budgets.spend(&1), Ok(()));
        }
        let Err(Spent(wait)) = budgets.spend(&1) else {
            panic!("the budget is spent");
        };
        assert!(
            wait > Duration::ZERO && wait <= Duration::from_millis(334),
            "{wait:?}"
        );
        assert_eq!(budgets.spend(&2), Ok(()));
        clock.advance(wait);
        assert_eq!(budgets.spend(&1), Ok(()));
        assert!(budgets.spend(&1).is_err());
    }

    #[test]
    fn looking_takes_nothing() {
        let (budgets, clock) = three_per_second();
        for _ in 0..10 {
            assert_eq!(budgets.look(&1), Ok(()));
        }
        for _ in 0..3 {
            assert_eq!(budgets.spend(&1), Ok(()));
        }
        assert!(budgets.look(&1).is_err());
        clock.advance(Duration::from_secs(1));
        assert_eq!(budgets.look(&1), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_whoever_finds_no_room_is_limited_all_the_same() {
        let clock = FakeRelativeClock::default();
        let quota = Quota::per_second(THREE);
        let table = Table::new(quota);
        let budgets = Budgets::over(Arc::clone(&table), quota, clock.clone());
        let known = || locked(&table).known.len();
        clock.advance(Duration::from_secs(10));
        for who in 0..REMEMBERED_MAX {
            assert_eq!(budgets.spend(&who), Ok(()));
        }
        for who in REMEMBERED_MAX..REMEMBERED_MAX + 3 {
            assert_eq!(budgets.spend(&who), Ok(()), "shared");
        }
        assert!(budgets.spend(&(REMEMBERED_MAX + 3)).is_err());
        assert!(budgets.look(&(REMEMBERED_MAX + 4)).is_err());
        assert_eq!(budgets.spend(&7), Ok(()), "whoever is known keeps a budget");
        assert_eq!(known(), REMEMBERED_MAX);
        clock.advance(Duration::from_secs(2));
        assert_eq!(budgets.spend(&(REMEMBERED_MAX + 3)), Ok(()));
        assert_eq!(known(), 1);
    }
}
