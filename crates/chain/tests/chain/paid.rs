//! What transactions cost where fees are those of the cheqd network.

use chain::{Fees, Included, fees};
use cosmos::proto::Any;
use cosmos::{Coins, Transfer};

use crate::world::{CHAIN_ID, GAS, Holder, Payer, World, assert_failure, draft};

const CHEQ: u64 = 1_000_000_000;

struct Bank {
    world: World,
    faucet: Payer,
}

impl Bank {
    fn new(balance: u64) -> Bank {
        let faucet = Payer::new(1);
        Bank {
            world: World::with(Fees::Static, &[(&faucet, balance)]),
            faucet,
        }
    }

    fn balance(&self, payer: &Payer) -> u64 {
        self.world.account(payer).balance
    }
}

fn transfer(from: &Payer, to: &Payer, amount: u64) -> Any {
    Any::from(&Transfer {
        from: from.address(),
        to: to.address(),
        amount: Coins::of("ncheq", u128::from(amount)).unwrap(),
    })
}

/// The next transaction with a fee and a gas limit.
fn offering(payer: &Payer, sequence: u64, messages: Vec<Any>, fee: u64, gas_limit: u64) -> Vec<u8> {
    let mut draft = draft(messages);
    draft.fee = Coins::of("ncheq", u128::from(fee)).unwrap();
    draft.gas_limit = gas_limit;
    payer.sign(&draft, CHAIN_ID, sequence)
}

fn failed(included: &Included) -> &chain::Failure {
    included.outcome.as_ref().unwrap_err()
}

#[tokio::test]
async fn each_message_has_its_fee_and_only_that_is_taken() {
    let bank = Bank::new(1000 * CHEQ);
    let holder = Holder::new(1, 1);
    let mut expected = 1000 * CHEQ;
    let image = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    for (messages, cost) in [
        (vec![holder.create()], fees::CREATE_DID),
        (vec![holder.update(2)], fees::UPDATE_DID),
        (vec![holder.resource(1, b"{\"a\": 1}")], fees::CREATE_JSON),
        (vec![holder.resource(2, &image)], fees::CREATE_IMAGE),
        (vec![holder.resource(3, b"text")], fees::CREATE_RESOURCE),
        (vec![holder.deactivate(3, &[1])], fees::DEACTIVATE_DID),
    ] {
        let included = bank.world.deliver(&bank.faucet.transaction(messages)).await;
        assert_eq!(included.outcome, Ok(()));
        expected -= cost;
        assert_eq!(bank.balance(&bank.faucet), expected);
        let paid = included.events[0].attributes[0].value.clone();
        assert_eq!(paid, format!("{cost}ncheq"));
    }
}

#[tokio::test]
async fn too_little_is_refused() {
    let bank = Bank::new(1000 * CHEQ);
    let two = || vec![Holder::new(1, 1).create(), Holder::new(2, 1).create()];
    let bytes = offering(&bank.faucet, 0, two(), fees::CREATE_DID, 2 * GAS);
    assert_failure(
        &bank.world.refused(&bytes).await,
        "sdk",
        13,
        "insufficient fees; got: 50000000000ncheq required: 100000000000ncheq: insufficient fee",
    );
    let bytes = offering(&bank.faucet, 0, two(), 0, GAS);
    assert_eq!(bank.world.refused(&bytes).await.code, 13);
    let bytes = offering(&bank.faucet, 0, two(), 2 * fees::CREATE_DID, 2 * GAS);
    bank.world.deliver(&bytes).await.outcome.unwrap();
}

#[tokio::test]
async fn an_account_exists_once_it_was_given_something() {
    let bank = Bank::new(1000 * CHEQ);
    let poor = Payer::new(2);
    assert_eq!(bank.world.chain.account(&poor.address()).unwrap(), None);
    let create = poor.sign(&draft(vec![Holder::new(1, 1).create()]), CHAIN_ID, 0);
    assert_failure(
        &bank.world.refused(&create).await,
        "sdk",
        9,
        &format!(
            "fee payer address: {} does not exist: unknown address",
            poor.address()
        ),
    );
    let gift = bank
        .faucet
        .transaction(vec![transfer(&bank.faucet, &poor, 40 * CHEQ)]);
    assert_eq!(bank.world.deliver(&gift).await.outcome, Ok(()));
    assert_eq!(bank.balance(&poor), 40 * CHEQ);
    assert_eq!(
        bank.balance(&bank.faucet),
        960 * CHEQ - GAS / fees::GAS_PER_NCHEQ
    );
    assert_failure(
        &bank.world.refused(&create).await,
        "sdk",
        5,
        "spendable balance 40000000000ncheq is smaller than 50000000000ncheq: insufficient funds",
    );
    let gift = bank
        .faucet
        .transaction(vec![transfer(&bank.faucet, &poor, 10 * CHEQ)]);
    bank.world.deliver(&gift).await.outcome.unwrap();
    bank.world.deliver(&create).await.outcome.unwrap();
    assert_eq!(bank.balance(&poor), 0);
}

#[tokio::test]
async fn gas_is_counted_as_a_simulation_says() {
    let bank = Bank::new(1000 * CHEQ);
    let holder = Holder::new(1, 1);
    let bytes = offering(
        &bank.faucet,
        0,
        vec![holder.create()],
        fees::CREATE_DID,
        1000,
    );
    let failure = bank.world.refused(&bytes).await;
    assert_eq!((failure.codespace.as_str(), failure.code), ("sdk", 11));
    assert!(
        failure
            .log
            .starts_with("out of gas in location: txSize; gasWanted: 1000, gasUsed: "),
        "{failure}"
    );

    let used = bank.world.chain.simulate(&bytes).unwrap().gas_used;
    let bytes = offering(
        &bank.faucet,
        0,
        vec![holder.create()],
        fees::CREATE_DID,
        used - 10,
    );
    let included = bank.world.deliver(&bytes).await;
    assert_eq!(failed(&included).code, 11);
    assert!(failed(&included).log.ends_with(": out of gas"));
    // The fee is paid, and nothing was done.
    assert_eq!(bank.balance(&bank.faucet), 950 * CHEQ);
    let bytes = offering(
        &bank.faucet,
        1,
        vec![holder.create()],
        fees::CREATE_DID,
        used + 1000,
    );
    let included = bank.world.deliver(&bytes).await;
    assert_eq!(included.outcome, Ok(()));
    assert!(included.gas_used <= included.gas_wanted);
}

#[tokio::test]
async fn what_fails_costs_its_fee_and_moves_nothing() {
    let bank = Bank::new(100 * CHEQ);
    let other = Payer::new(2);
    let messages = vec![
        transfer(&bank.faucet, &other, CHEQ),
        Holder::new(1, 1).update(2),
    ];
    let included = bank.world.deliver(&bank.faucet.transaction(messages)).await;
    assert_eq!(failed(&included).code, 1201);
    assert!(failed(&included).log.contains("message index: 1: "));
    assert_eq!(bank.balance(&bank.faucet), 75 * CHEQ);
    assert_eq!(bank.world.chain.account(&other.address()).unwrap(), None);

    let messages = vec![
        Holder::new(1, 1).create(),
        transfer(&bank.faucet, &other, 30 * CHEQ),
    ];
    let included = bank.world.deliver(&bank.faucet.transaction(messages)).await;
    assert_eq!(
        (failed(&included).codespace.as_str(), failed(&included).code),
        ("sdk", 5)
    );
    assert!(
        failed(&included)
            .log
            .contains("message index: 1: spendable balance 25000000000ncheq")
    );
    assert_eq!(bank.balance(&bank.faucet), 25 * CHEQ);
    assert_eq!(
        bank.world.ledger.published().size,
        World::new().ledger.published().size
    );
    // What was promised to others is free again.
    let gift = bank
        .faucet
        .transaction(vec![transfer(&bank.faucet, &other, 24 * CHEQ)]);
    let included = bank.world.deliver(&gift).await;
    assert_eq!(included.outcome, Ok(()));
}

#[tokio::test]
async fn a_fee_that_is_promised_and_not_yet_paid_is_not_there_for_the_next() {
    let bank = Bank::new(60 * CHEQ);
    let first = bank.faucet.transaction(vec![Holder::new(1, 1).create()]);
    let second = bank.faucet.transaction(vec![Holder::new(2, 1).create()]);
    let mut submitting = std::pin::pin!(bank.world.chain.submit(&first));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(submitting.as_mut().poll(&mut context).is_pending());
    let refused = bank.world.submit(&second).await.checked.unwrap_err();
    assert_eq!(
        (refused.codespace.as_str(), refused.code),
        ("sdk", 5),
        "{refused}"
    );
    assert_eq!(submitting.await.unwrap().checked, Ok(()));
    assert_eq!(bank.balance(&bank.faucet), 10 * CHEQ);
}

#[tokio::test]
async fn the_same_bytes_again_are_the_same_transaction_when_the_money_is_spent() {
    let bank = Bank::new(50 * CHEQ);
    let bytes = bank.faucet.transaction(vec![Holder::new(1, 1).create()]);
    let first = bank.world.submit(&bytes).await;
    assert_eq!(bank.balance(&bank.faucet), 0);
    let again = bank.world.submit(&bytes).await;
    assert_eq!((again.checked, again.hash), (first.checked, first.hash));
    assert_eq!(bank.balance(&bank.faucet), 0);
}

#[tokio::test]
async fn what_a_failed_transaction_would_have_moved_is_there_for_the_next() {
    let (bank, other) = (Bank::new(100 * CHEQ), Payer::new(2));
    // The fee of the update stays paid; its transfer comes to nothing, because there is no such DID.
    let first = bank.faucet.transaction(vec![
        transfer(&bank.faucet, &other, 50 * CHEQ),
        Holder::new(1, 1).update(2),
    ]);
    let second = bank
        .faucet
        .transaction(vec![transfer(&bank.faucet, &other, 60 * CHEQ)]);
    // Both are accepted before either is delivered.
    let (first, second) = tokio::join!(bank.world.deliver(&first), bank.world.deliver(&second));
    assert_eq!(failed(&first).code, 1201);
    assert_eq!(second.outcome, Ok(()));
    assert_eq!(bank.balance(&other), 60 * CHEQ);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_spent_twice_and_nothing_is_lost() {
    let bank = std::sync::Arc::new(Bank::new(10 * CHEQ));
    let fee = GAS / fees::GAS_PER_NCHEQ;
    let transactions: Vec<Vec<u8>> = (0..20)
        .map(|_| {
            bank.faucet
                .transaction(vec![transfer(&bank.faucet, &Payer::new(2), CHEQ)])
        })
        .collect();
    let mut sending = Vec::new();
    for (sequence, bytes) in transactions.into_iter().enumerate() {
        let sender = std::sync::Arc::clone(&bank);
        sending.push(tokio::spawn(
            async move { sender.world.deliver(&bytes).await },
        ));
        let is_taken = || bank.world.sequence(&bank.faucet) > sequence as u64;
        while !is_taken() && !sending[sequence].is_finished() {
            tokio::task::yield_now().await;
        }
    }
    let mut moved = 0;
    for sent in sending {
        moved += u64::from(sent.await.unwrap().outcome.is_ok());
    }
    assert_eq!(moved, 9);
    let (left, given) = (bank.balance(&bank.faucet), bank.balance(&Payer::new(2)));
    assert_eq!(given, 9 * CHEQ);
    assert_eq!(left + given + 20 * fee, 10 * CHEQ);
}

#[tokio::test]
async fn a_balance_stays_over_a_restart_and_is_given_once() {
    let bank = Bank::new(100 * CHEQ);
    let bytes = bank.faucet.transaction(vec![Holder::new(1, 1).create()]);
    bank.world.deliver(&bytes).await.outcome.unwrap();
    let world = bank.world.reopened().await;
    assert_eq!(world.account(&bank.faucet).balance, 50 * CHEQ);
}
