//! What stays: outcomes, sequences, heights; and what is taken up after a sudden end.

use cosmos::TxHash;
use rusqlite::params;

use crate::world::{CHAIN_ID, Holder, Payer, World, draft};

#[tokio::test]
async fn the_same_bytes_again_change_nothing_and_get_the_same_answer() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let good = payer.transaction(vec![holder.create()]);
    let bad = payer.transaction(vec![holder.deactivate(2, &[])]);
    let first = [world.submit(&good).await, world.submit(&bad).await];
    let before = world.ledger.published();
    let included = first
        .each_ref()
        .map(|one| world.chain.transaction(&one.hash).unwrap());
    for _ in 0..3 {
        assert_eq!([world.submit(&good).await, world.submit(&bad).await], first);
    }
    assert_eq!(world.ledger.published(), before);
    assert_eq!(world.sequence(&payer), 2);
    let again = first
        .each_ref()
        .map(|one| world.chain.transaction(&one.hash).unwrap());
    assert_eq!(again, included);
    assert!(included[1].as_ref().unwrap().outcome.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_at_the_same_time_are_one_transaction() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let bytes = payer.transaction(vec![holder.create()]);
    let sent = (0..16).map(|_| {
        let (chain, bytes) = (world.chain.clone(), bytes.clone());
        tokio::spawn(async move { chain.submit(&bytes).await.unwrap() })
    });
    for sent in sent.collect::<Vec<_>>() {
        assert_eq!(sent.await.unwrap().checked, Ok(()));
    }
    assert_eq!(world.sequence(&payer), 1);
    let hash = TxHash::of(&bytes);
    assert_eq!(
        world.chain.transaction(&hash).unwrap().unwrap().outcome,
        Ok(())
    );
}

#[tokio::test]
async fn everything_stays_over_a_restart() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let bytes = payer.transaction(vec![holder.create()]);
    let hash = world.submit(&bytes).await.hash;
    let failed = payer.transaction(vec![holder.create()]);
    world.submit(&failed).await;
    let included = world.chain.transaction(&hash).unwrap().unwrap();
    let (account, height) = (world.account(&payer), world.chain.height());
    let block = world.chain.block(included.height).unwrap().unwrap();

    let world = world.reopened().await;
    assert_eq!(world.chain.transaction(&hash).unwrap().unwrap(), included);
    let failure = world
        .chain
        .transaction(&TxHash::of(&failed))
        .unwrap()
        .unwrap();
    assert_eq!(failure.outcome.unwrap_err().code, 1200);
    assert_eq!(world.account(&payer), account);
    assert!(world.chain.height() >= height);
    assert_eq!(world.chain.block(included.height).unwrap().unwrap(), block);
    assert_eq!(world.submit(&bytes).await.checked, Ok(()));
    assert_eq!(world.sequence(&payer), 2);
    let next = payer.transaction(vec![Holder::new(2, 1).create()]);
    world.deliver(&next).await.outcome.unwrap();
}

/// The row of a transaction as it was between its acceptance and its outcome.
async fn forget_outcome(world: &World, bytes: &[u8]) {
    let hash = *TxHash::of(bytes).as_bytes();
    let forgotten = world.store.write::<_, rusqlite::Error, store::StoreError>(move |connection| {
        connection.execute(
            "UPDATE chain_transactions SET position = NULL, time_ms = NULL, code = NULL, codespace = NULL, log = NULL
             WHERE hash = ?1",
            params![hash],
        )
    });
    assert_eq!(forgotten.await.unwrap(), 1);
}

#[tokio::test]
async fn what_the_ledger_has_done_already_is_not_done_twice() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let transactions = [
        payer.transaction(vec![holder.create()]),
        payer.transaction(vec![holder.update(2)]),
        payer.transaction(vec![holder.deactivate(3, &[1])]),
    ];
    for bytes in &transactions {
        world.deliver(bytes).await.outcome.unwrap();
    }
    for bytes in &transactions {
        forget_outcome(&world, bytes).await;
    }
    let before = world.ledger.published();
    let world = world.reopened().await;
    for bytes in &transactions {
        assert_eq!(world.deliver(bytes).await.outcome, Ok(()));
    }
    assert_eq!(world.ledger.published(), before);
    assert_eq!(world.sequence(&payer), 3);
}

#[tokio::test]
async fn what_was_accepted_and_not_done_is_done_after_the_start_and_first() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    world
        .deliver(&payer.transaction(vec![Holder::new(7, 1).create()]))
        .await;
    // Two that nothing was done about: the ledger is that of before.
    let waiting = [
        payer.transaction(vec![holder.create()]),
        payer.transaction(vec![
            holder.change(did::OperationKind::Create, holder.document(5)),
        ]),
    ];
    for (id, bytes) in waiting.iter().enumerate() {
        let (hash, bytes, next) = (*TxHash::of(bytes).as_bytes(), bytes.clone(), id as i64 + 2);
        let address = *payer.address().as_bytes();
        let accepted = world.store.write::<_, rusqlite::Error, store::StoreError>(move |connection| {
            connection.execute(
                "INSERT INTO chain_transactions (chain, hash, bytes, height, fee) VALUES (1, ?1, ?2, 1, 0)",
                params![hash, bytes],
            )?;
            connection.execute(
                "UPDATE chain_accounts SET sequence = ?1 WHERE address = ?2",
                params![next, address],
            )
        });
        accepted.await.unwrap();
    }
    let height = world.chain.height();
    let world = world.reopened().await;
    assert_eq!(world.sequence(&payer), 3);
    let update = payer.transaction(vec![holder.update(2)]);
    assert_eq!(world.deliver(&update).await.outcome, Ok(()));
    assert_eq!(world.deliver(&waiting[0]).await.outcome, Ok(()));
    let second = world.deliver(&waiting[1]).await;
    assert_eq!(second.outcome.unwrap_err().code, 1200);
    assert!(second.height >= 1 && world.chain.height() >= height.min(second.height));
}

#[tokio::test]
async fn whatever_moment_the_end_comes_in_what_was_answered_stays() {
    let (world, payer) = (World::new(), Payer::new(1));
    let mut answered = Vec::new();
    for number in 0..20 {
        let bytes = payer.transaction(vec![Holder::new(number, 1).create()]);
        world.deliver(&bytes).await.outcome.unwrap();
        answered.push(bytes);
        if number % 5 == 4 {
            let after = world.snapshot();
            assert_eq!(after.sequence(&payer), answered.len() as u64);
            for bytes in &answered {
                assert_eq!(after.deliver(bytes).await.outcome, Ok(()));
            }
        }
    }
}

#[tokio::test]
async fn a_caller_that_does_not_wait_loses_only_the_answer() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let bytes = payer.transaction(vec![holder.create()]);
    {
        let submitting = world.chain.submit(&bytes);
        let mut submitting = std::pin::pin!(submitting);
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        assert!(submitting.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(world.deliver(&bytes).await.outcome, Ok(()));
    assert_eq!(world.sequence(&payer), 1);
    let again = payer.sign(&draft(vec![holder.create()]), CHAIN_ID, 0);
    assert_eq!(again, bytes);
}
