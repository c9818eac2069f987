//! Many at once: none is lost, and a sequence is wrong only where a node would say so.

use std::sync::Arc;

use cosmos::TxHash;

use crate::world::{Holder, Payer, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_creates_of_twenty_payers() {
    let world = Arc::new(World::new());
    let payers = (1..=20u8).map(|seed| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let payer = Payer::new(seed);
            for number in 0..10 {
                let holder = Holder::new(u32::from(seed) * 100 + number, 1);
                let bytes = payer.transaction(vec![holder.create()]);
                assert_eq!(world.deliver(&bytes).await.outcome, Ok(()));
            }
            assert_eq!(world.sequence(&payer), 10);
        })
    });
    for payer in payers.collect::<Vec<_>>() {
        payer.await.unwrap();
    }
    for seed in 1..=20u32 {
        for number in 0..10 {
            assert_exists(&world, &Holder::new(seed * 100 + number, 1));
        }
    }
}

/// In whatever order they arrive: one that comes before its time is refused and leaves no trace, and is taken once it
/// is the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_creates_of_one_payer() {
    let world = Arc::new(World::new());
    let payer = Payer::new(1);
    let transactions: Vec<Vec<u8>> = (0..200)
        .map(|number| payer.transaction(vec![Holder::new(number, 1).create()]))
        .collect();
    let sending = transactions
        .into_iter()
        .enumerate()
        .map(|(sequence, bytes)| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                loop {
                    let Err(failure) = world.submit(&bytes).await.checked else {
                        return TxHash::of(&bytes);
                    };
                    assert_eq!(failure.code, 32, "{failure}");
                    assert!(
                        failure.log.contains(&format!(", got {sequence}: ")),
                        "{failure}"
                    );
                    tokio::task::yield_now().await;
                }
            })
        });
    let mut places = Vec::new();
    for sent in sending.collect::<Vec<_>>() {
        let included = world
            .chain
            .transaction(&sent.await.unwrap())
            .unwrap()
            .unwrap();
        assert_eq!(included.outcome, Ok(()));
        places.push((included.height, included.position));
    }
    assert!(places.is_sorted(), "the order is that of the sequences");
    assert_eq!(world.sequence(&payer), 200);
    for number in 0..200 {
        assert_exists(&world, &Holder::new(number, 1));
    }
}

/// Sent in order without waiting for answers, as whoever counts their own sequence does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_rests_on_the_one_before_finds_it() {
    let world = Arc::new(World::new());
    let (payer, holder) = (Payer::new(1), Holder::new(1, 1));
    let mut transactions = vec![payer.transaction(vec![holder.create()])];
    transactions.extend((2..30).map(|version| payer.transaction(vec![holder.update(version)])));
    transactions.push(payer.transaction(vec![holder.deactivate(99, &[1])]));
    let mut sending = Vec::new();
    for (sequence, bytes) in transactions.into_iter().enumerate() {
        let hash = TxHash::of(&bytes);
        let sender = Arc::clone(&world);
        sending.push((
            hash,
            tokio::spawn(async move { sender.submit(&bytes).await.checked }),
        ));
        while world.sequence(&payer) <= sequence as u64 {
            tokio::task::yield_now().await;
        }
    }
    for (hash, sent) in sending {
        sent.await.unwrap().unwrap();
        let included = world.chain.transaction(&hash).unwrap().unwrap();
        assert_eq!(included.outcome, Ok(()));
    }
}

/// The same operation in two transactions: one has done it, the other finds it done.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_operation_belongs_to_one_transaction() {
    let world = Arc::new(World::new());
    for number in 0..20 {
        let holder = Holder::new(number, 1);
        let sending = [1, 2, 3].map(|seed| {
            let (world, message) = (Arc::clone(&world), holder.create());
            let payer = Payer::new(seed * 50 + number as u8);
            tokio::spawn(async move {
                world
                    .deliver(&payer.transaction(vec![message]))
                    .await
                    .outcome
            })
        });
        let mut done = 0;
        for sent in sending {
            match sent.await.unwrap() {
                Ok(()) => done += 1,
                Err(failure) => assert_eq!(failure.code, 1200, "{failure}"),
            }
        }
        assert_eq!(done, 1);
    }
}

fn assert_exists(world: &World, holder: &Holder) {
    let did = did::Did::parse(&holder.did).unwrap();
    assert!(
        world.ledger.latest(&did).unwrap().is_some(),
        "{}",
        holder.did
    );
}
