//! What access control costs a deactivation that is signed by the keystore: the same work with it and without it, in
//! turn, in one run.
//!
//! ```sh
//! cargo bench -p atropos --bench access -- --count 4000 --rounds 3 --at-once 64
//! ```
//!
//! Without it, the only difference is what the caller supplies: leave that is always given, and a route of this file
//! that asks for no credential. Nothing in the server is built in another way.

use std::fmt::Write as _;
use std::future::ready;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use access::Presented;
use anyhow::{Context, Result, ensure};
use atropos::app::App;
use atropos::authentication::Caller;
use atropos::config::{Places, Sources};
use atropos::http::description::RouteTable;
use atropos::http::layer::Envelope;
use atropos::permit::permit;
use atropos::start::router::owners;
use atropos::start::{Started, start};
use audit::Attribution;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Json, Router, routing};
use clap::{Parser, ValueEnum};
use did::{Did, MethodType};
use registrar::{
    BoundScope, Create, Deactivate, DeactivatedBy, IdFormat, KeyChoice, NewDid, SigningKeys,
    SigningPermit,
};
use resolver::Options;
use tokio::task::JoinSet;
use tower::ServiceExt;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures deactivations with and without access control.
#[derive(Parser)]
struct Arguments {
    /// Deactivations of each shape in each round.
    #[arg(long, default_value_t = 4000)]
    count: usize,
    /// How often the shapes take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Deactivations in flight.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// Only this one.
    #[arg(long)]
    only: Option<Shape>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured. The first of each pair is without access control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    RegistrarFree,
    RegistrarLeave,
    RouterFree,
    RouterKey,
}

const SHAPES: [Shape; 4] = [
    Shape::RegistrarFree,
    Shape::RegistrarLeave,
    Shape::RouterFree,
    Shape::RouterKey,
];

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Shape::RegistrarFree => "registrar in process, leave always given",
            Shape::RegistrarLeave => "registrar in process, caller checked twice, audit entry",
            Shape::RouterFree => "router, a route without credential, leave always given",
            Shape::RouterKey => "router, POST /did/deactivate/{did} with an API key, audited",
        }
    }
}

/// A server in this process.
struct Bench {
    app: App,
    router: Router,
    router_free: Router,
    key: String,
    caller: Caller,
}

/// How one shape went, all rounds together.
#[derive(Default)]
struct Run {
    count: usize,
    elapsed: Duration,
    latencies_us: Vec<u128>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let bench = Arc::new(Bench::start(folder.path()).await?);
    let shapes: Vec<Shape> = SHAPES
        .into_iter()
        .filter(|shape| arguments.only.is_none_or(|only| only == *shape))
        .collect();
    let mut runs: Vec<Run> = shapes.iter().map(|_| Run::default()).collect();
    for round in 0..arguments.rounds {
        for turn in 0..shapes.len() {
            // Whoever comes first in one round comes second in the next.
            let at = (turn + round) % shapes.len();
            let dids = bench.create(arguments.count, arguments.at_once).await?;
            let one = end_all(&bench, shapes[at], dids, arguments.at_once).await?;
            runs[at].add(one);
        }
    }
    let mut text = String::from("| measured | per second | p50 ms | p99 ms | deactivations |\n");
    text.push_str("|---|---:|---:|---:|---:|\n");
    for (shape, run) in shapes.iter().zip(&mut runs) {
        let (p50, p99) = (run.quantile_ms(0.5), run.quantile_ms(0.99));
        let (name, speed, count) = (shape.name(), run.per_second(), run.count);
        writeln!(
            text,
            "| {name} | {speed:.0} | {p50:.2} | {p99:.2} | {count} |"
        )?;
    }
    for pair in runs
        .chunks_exact(2)
        .filter(|_| shapes.len() == SHAPES.len())
    {
        let kept = 100.0 * pair[1].per_second() / pair[0].per_second();
        writeln!(text, "- kept with access control: {kept:.1} %")?;
    }
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

impl Bench {
    async fn start(folder: &std::path::Path) -> Result<Bench> {
        let data = folder.join("data").to_string_lossy().into_owned();
        let config = Sources::default()
            .with("data", &data)
            .config(&Places::default())?;
        let Started { app, first_key } = start(&config).await?;
        let key = first_key.context("no first API key")?;
        let key = key.secret.reveal().to_owned();
        let account = app.access.authenticate(Presented::ApiKey(&key))?;
        let by = Attribution::of(account.attribution());
        let free = Router::new()
            .route(
                "/did/deactivate/{did}",
                routing::post(end_without_credential),
            )
            .with_state((app.clone(), account.tenant.as_str().into()));
        let metrics = Arc::clone(&app.metrics);
        Ok(Bench {
            router: atropos::start::router::router(app.clone()),
            router_free: Envelope::new(owners(), RouteTable::default(), &app.limits, metrics)
                .around(free),
            app,
            key,
            caller: Caller { account, by },
        })
    }

    async fn create(self: &Arc<Self>, count: usize, at_once: usize) -> Result<Vec<Did>> {
        let made = in_flight(count, at_once, |_| {
            let bench = Arc::clone(self);
            async move {
                let request = Create::Parameters(NewDid {
                    network: "testnet".into(),
                    id_format: IdFormat::Uuid,
                    method_type: MethodType::Ed25519VerificationKey2020,
                    key: KeyChoice::Generate,
                    services: vec![],
                    contexts: vec![],
                });
                let registrar = &bench.app.registrar;
                let made = registrar
                    .create(bench.caller.tenant(), request, free())
                    .await?;
                Ok(made.did)
            }
        });
        Ok(made.await?.into_iter().map(|(did, _)| did).collect())
    }

    async fn end(&self, shape: Shape, did: Did) -> Result<()> {
        let router = match shape {
            Shape::RegistrarFree => return end(&self.app, self.caller.tenant(), did, free()).await,
            Shape::RegistrarLeave => {
                let leave = permit(&self.app, &self.caller);
                return end(&self.app, self.caller.tenant(), did, leave).await;
            }
            Shape::RouterFree => &self.router_free,
            Shape::RouterKey => &self.router,
        };
        let request = Request::post(format!("/did/deactivate/{did}"))
            .header("x-api-key", &self.key)
            .header("content-type", "application/json")
            .body(Body::from("{}"))?;
        let answer = router.clone().oneshot(request).await?;
        ensure!(
            answer.status() == StatusCode::OK,
            "status {}",
            answer.status()
        );
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await?;
        let text = std::str::from_utf8(&body)?;
        ensure!(text.contains(r#""deactivated":true"#), "without the flag");
        Ok(())
    }
}

impl Run {
    fn add(&mut self, other: Run) {
        self.count += other.count;
        self.elapsed += other.elapsed;
        self.latencies_us.extend(other.latencies_us);
    }

    fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    fn quantile_ms(&mut self, share: f64) -> f64 {
        self.latencies_us.sort_unstable();
        let last = self.latencies_us.len().saturating_sub(1);
        let at = (share * last as f64).round() as usize;
        self.latencies_us
            .get(at)
            .map_or(0.0, |us| *us as f64 / 1000.0)
    }
}

async fn end_all(bench: &Arc<Bench>, shape: Shape, dids: Vec<Did>, at_once: usize) -> Result<Run> {
    let (count, dids) = (dids.len(), Arc::new(dids));
    let begin = Instant::now();
    let ended = in_flight(count, at_once, |number| {
        let (bench, did) = (Arc::clone(bench), dids.get(number).cloned());
        async move { bench.end(shape, did.context("no such DID")?).await }
    });
    let ended = ended.await?;
    Ok(Run {
        count,
        elapsed: begin.elapsed(),
        latencies_us: ended.into_iter().map(|(_, us)| us).collect(),
    })
}

/// Does `one` for every number below `count`, so many at once; gives each result with its time in microseconds.
async fn in_flight<T, F>(
    count: usize,
    at_once: usize,
    one: impl Fn(usize) -> F,
) -> Result<Vec<(T, u128)>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let next = AtomicUsize::new(0);
    let spawn = |tasks: &mut JoinSet<Result<(T, u128)>>| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number < count {
            let work = one(number);
            tasks.spawn(async move {
                let begin = Instant::now();
                Ok((work.await?, begin.elapsed().as_micros()))
            });
        }
    };
    let mut tasks = JoinSet::new();
    (0..at_once.max(1)).for_each(|_| spawn(&mut tasks));
    let mut results = Vec::with_capacity(count);
    while let Some(done) = tasks.join_next().await {
        results.push(done??);
        spawn(&mut tasks);
    }
    Ok(results)
}

fn free() -> SigningPermit {
    SigningPermit::new(|_| ready(Ok(())), || ready(Ok(())))
}

async fn end(app: &App, tenant: &str, did: Did, leave: SigningPermit) -> Result<()> {
    let request = Deactivate {
        did,
        keys: SigningKeys::AllCustodial,
        scope: BoundScope::default(),
    };
    let ended = app.registrar.deactivate(tenant, request, leave).await?;
    ensure!(
        ended.deactivated_by == DeactivatedBy::ThisRequest,
        "it had ended before"
    );
    Ok(())
}

/// The same work as the route of the server, without asking who asks.
async fn end_without_credential(
    State((app, tenant)): State<(App, Arc<str>)>,
    Path(did): Path<String>,
    request: Request,
) -> Result<axum::response::Response, StatusCode> {
    let wrong = |_| StatusCode::BAD_REQUEST;
    let body = axum::body::to_bytes(request.into_body(), 1 << 16).await;
    serde_json::from_slice::<serde_json::Value>(&body.map_err(wrong)?)
        .map_err(|_| StatusCode::BAD_REQUEST)?;
    let did = Did::parse(&did).map_err(|_| StatusCode::BAD_REQUEST)?;
    let ended = end(&app, &tenant, did.clone(), free()).await;
    ended.map_err(|_| StatusCode::BAD_REQUEST)?;
    let resolution = app.resolver.resolve(did.as_str(), &Options::default());
    let resolution = resolution.map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(Json(resolution.deactivated()).into_response())
}
