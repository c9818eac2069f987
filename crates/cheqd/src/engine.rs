//! A chain behind the interface that all ledgers share.

use std::sync::Arc;
use std::time::Duration;

use cosmos::Address;
use did::{Did, DidState, Head, Proposal};
use ledger::{
    Committed, Embedded, History, Knowledge, Ledger, LedgerFault, Mark, ReadError, Resolved,
    Resource, ResourceMetadata, SubmitError, Submitting, Withheld,
};
use store::Store;
use thiserror::Error;
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use crate::blocking::Waiter;
use crate::driver::{Driver, Progress};
use crate::fees::Fees;
use crate::node::{NodeError, Nodes};
use crate::outbox::Outbox;
use crate::payer::Payer;
use crate::reader::Reader;
use crate::rule_source::RuleSource;
use crate::settings::{Settings, network_id};
use crate::submission::Submission;
use crate::turns::Turns;

/// Submissions that are under way at once.
const SUBMISSIONS_MAX: usize = 1024;
/// Threads that send requests to nodes. They wait for the network, and for the rules in between.
const THREADS: usize = 2;
/// Time between two requests for the tip while no caller sends any, so that health is current.
const WATCH_INTERVAL: Duration = Duration::from_secs(5);

/// The ledger of a remote network. Its tasks end when it is dropped; the next one resumes transactions that are then
/// under way.
pub struct Cheqd {
    driver: Arc<Driver>,
    room: Arc<Semaphore>,
    runtime: Option<Runtime>,
}

/// Why a network is not served.
#[derive(Debug, Error)]
pub enum OpenError {
    /// No node is configured.
    #[error("no node of the network is configured")]
    NoNode,
    /// A node is of another chain.
    #[error("the node at {node} is of the chain `{found}`, and `{expected}` is configured")]
    OtherChain {
        /// The node.
        node: String,
        /// Its chain.
        found: String,
        /// The configured one.
        expected: String,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
    /// The threads cannot be started.
    #[error("the threads for the network cannot be started")]
    Threads(#[from] std::io::Error),
    /// The transactions that were made before cannot be read.
    #[error("the transactions that were made before cannot be read")]
    Outbox(#[source] ReadError),
}

impl Cheqd {
    /// Connects to a network, and resumes the transactions that an earlier process left open. A network that cannot be
    /// reached now is not an error: nothing is disclosed of it until it can be.
    ///
    /// The store was opened with [`crate::MIGRATIONS`]. Blocks for as long as a node takes to answer.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(settings: Settings, store: Store) -> Result<Self, OpenError> {
        if settings.nodes.is_empty() {
            return Err(OpenError::NoNode);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("cheqd")
            .enable_all()
            .build()?;
        let waiter = Waiter::new(runtime.handle().clone());
        let nodes = Nodes::new(&settings.nodes, settings.chain_id.clone(), settings.timing)?;
        let source = RuleSource {
            waiter,
            reader: Arc::new(Reader { nodes }),
            outbox: Outbox::new(store, settings.chain_id.clone()),
        };
        let engine = Self {
            driver: Arc::new(Driver {
                network_id: network_id(&settings.chain_id),
                source,
                chain_id: settings.chain_id,
                namespace: settings.namespace,
                payer: Payer::new(settings.payer),
                fees: Fees::default(),
                fee_max_ncheq: settings.fee_max_ncheq,
                slippage_percent: settings.slippage_percent,
                timing: settings.timing,
                turns: Turns::new(),
            }),
            room: Arc::new(Semaphore::new(SUBMISSIONS_MAX)),
            runtime: Some(runtime),
        };
        let source = &engine.driver.source;
        let highest = source.outbox.highest_block().map_err(OpenError::Outbox)?;
        source.reader.nodes.observe(highest);
        engine.check_chain()?;
        engine.resume().map_err(OpenError::Outbox)?;
        engine.watch();
        Ok(engine)
    }

    /// The account that pays.
    pub fn payer(&self) -> Address {
        self.driver.payer.address()
    }

    /// The id of the chain.
    pub fn chain_id(&self) -> &str {
        &self.driver.chain_id
    }

    fn check_chain(&self) -> Result<(), OpenError> {
        let driver = Arc::clone(&self.driver);
        let source = &self.driver.source;
        let tip = source
            .waiter
            .wait(async move { Ok(driver.source.reader.nodes.tip().await) });
        match tip {
            Ok(Err(NodeError::OtherChain {
                node,
                found,
                expected,
            })) => Err(OpenError::OtherChain {
                node,
                found,
                expected,
            }),
            // Recorded as trouble already.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn resume(&self) -> Result<(), ReadError> {
        let source = &self.driver.source;
        for open in source.outbox.all_open()? {
            tracing::info!(hash = %open.hash, "a transaction from before is followed");
            let driver = Arc::clone(&self.driver);
            source
                .waiter
                .handle()
                .spawn(async move { driver.resume(open).await });
        }
        Ok(())
    }

    fn watch(&self) {
        let driver = Arc::clone(&self.driver);
        self.driver.source.waiter.handle().spawn(async move {
            loop {
                // Its error is recorded where it is found.
                let _ = driver.source.reader.nodes.tip().await;
                tokio::time::sleep(WATCH_INTERVAL).await;
            }
        });
    }

    fn read<T, F>(&self, read: impl FnOnce(Arc<Reader>) -> F) -> Result<T, ReadError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ReadError>> + Send + 'static,
    {
        let source = &self.driver.source;
        source.waiter.wait(read(Arc::clone(&source.reader)))
    }

    async fn submitted(
        &self,
        proposals: Vec<Proposal>,
        expected: Option<Head>,
    ) -> Result<Vec<Committed>, SubmitError> {
        let submission = Submission::new(proposals)?;
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| SubmitError::Busy)?;
        let (progress, mut reported) = watch::channel(None);
        let (answer, answered) = oneshot::channel();
        let task = Task {
            driver: Arc::clone(&self.driver),
            submission,
            expected,
            _room: room,
        };
        // A separate task: it must be followed to its end even if the caller leaves.
        let handle = self.driver.source.waiter.handle();
        handle.spawn(async move {
            let result = task.run(&progress).await;
            let _ = answer.send(result);
        });
        let deadline = Duration::from_millis(self.driver.timing.deadline_ms);
        match tokio::time::timeout(deadline, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(SubmitError::Unknown),
            Err(_) => match *reported.borrow_and_update() {
                Some(hash) => Err(SubmitError::Pending {
                    transaction: hash.to_string(),
                }),
                None => Err(SubmitError::Busy),
            },
        }
    }
}

/// A submission under way.
struct Task {
    driver: Arc<Driver>,
    submission: Submission,
    expected: Option<Head>,
    _room: OwnedSemaphorePermit,
}

impl Task {
    async fn run(self, progress: &Progress) -> Result<Vec<Committed>, SubmitError> {
        let result = self
            .driver
            .drive(&self.submission, self.expected, progress)
            .await;
        if let Err(error @ (SubmitError::Unpaid(_) | SubmitError::Network(_))) = &result {
            let chain = &self.driver.chain_id;
            tracing::error!(chain, %error, "the network does not take an operation");
        }
        result
    }
}

impl Ledger for Cheqd {
    fn namespace(&self) -> &str {
        &self.driver.namespace
    }

    fn network_id(&self) -> &[u8; 32] {
        &self.driver.network_id
    }

    fn time_ms(&self) -> u64 {
        self.driver.source.reader.nodes.time_ms()
    }

    fn fault(&self) -> Option<LedgerFault> {
        None
    }

    fn withheld(&self) -> Option<Withheld> {
        let trouble = self.driver.source.reader.nodes.trouble();
        trouble.map(|reason| Withheld::Network { reason })
    }

    fn log(&self) -> Option<&Embedded> {
        None
    }

    fn latest(&self, did: &Did) -> Result<Option<Resolved>, ReadError> {
        let did = did.clone();
        self.read(|reader| async move { reader.latest(&did).await })
    }

    fn version(&self, did: &Did, version_id: &str) -> Result<Option<Resolved>, ReadError> {
        let (did, id) = (did.clone(), version_id.to_owned());
        self.read(|reader| async move { reader.version(&did, &id).await })
    }

    fn at(&self, did: &Did, time_ms: u64) -> Result<Option<Resolved>, ReadError> {
        let did = did.clone();
        self.read(move |reader| async move { reader.at(&did, time_ms).await })
    }

    fn history(&self, did: &Did, before: Option<&str>) -> Result<Option<History>, ReadError> {
        let (did, before) = (did.clone(), before.map(str::to_owned));
        self.read(|reader| async move { reader.history(&did, before.as_deref()).await })
    }

    fn resource(&self, did: &Did, id: &str) -> Result<Option<Resource>, ReadError> {
        let (did, id) = (did.clone(), id.to_owned());
        self.read(|reader| async move { reader.resource(&did, &id).await })
    }

    fn resource_metadata(
        &self,
        did: &Did,
        id: &str,
    ) -> Result<Option<ResourceMetadata>, ReadError> {
        let (did, id) = (did.clone(), id.to_owned());
        self.read(|reader| async move { reader.resource_metadata(&did, &id).await })
    }

    fn resources(
        &self,
        did: &Did,
        before: Option<Mark>,
        limit: usize,
    ) -> Result<Vec<ResourceMetadata>, ReadError> {
        let did = did.clone();
        self.read(move |reader| async move { reader.resources(&did, before, limit).await })
    }

    fn state(&self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError> {
        let did = did.clone();
        let state = self.read(|reader| async move { reader.state(&did).await })?;
        Ok(state.map(Arc::new))
    }

    fn known(&self) -> Knowledge {
        Box::new(self.driver.source.clone())
    }

    fn submit(&self, proposals: Vec<Proposal>) -> Submitting<'_> {
        Box::pin(self.submitted(proposals, None))
    }

    fn submit_on(&self, head: Head, proposals: Vec<Proposal>) -> Submitting<'_> {
        Box::pin(self.submitted(proposals, Some(head)))
    }

    fn committed(&self, proposal: &Proposal) -> Result<Option<Committed>, ReadError> {
        let submission = Submission::new(vec![proposal.clone()]).map_err(|error| match error {
            SubmitError::Read(error) => error,
            other => crate::blocking::withheld(other.to_string()),
        })?;
        let driver = Arc::clone(&self.driver);
        let found = self
            .driver
            .source
            .waiter
            .wait(async move { driver.committed(&submission).await })?;
        Ok(found.and_then(|found| found.into_iter().next()))
    }
}

impl Drop for Cheqd {
    /// Without waiting: what is under way is in the store.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
