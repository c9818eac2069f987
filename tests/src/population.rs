//! The lives of many DIDs on a server, and their receipts: before they exist, while they are active, and ended.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::{Document, Scope, key_set_hash};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::holder::Holder;
use crate::private_key::{KINDS, KeyKind};
use crate::server::Place;
use crate::studio::expect_200;
use crate::wallet::Signed;

/// What was kept of these lives.
pub struct Population {
    /// All receipts, byte for byte.
    pub receipts: Vec<Vec<u8>>,
    /// The policy under which they verify.
    pub policy: String,
    /// Its bounds.
    pub bounds: String,
}

/// A DID, and who else signs for it.
struct Life {
    holder: Holder,
    others: Vec<Holder>,
    /// A controller that ends before.
    gone: Option<Holder>,
    /// Leaf hash of the create.
    head: [u8; 32],
}

/// Controllers that end before those that they control.
const ENDED: u64 = 4;
/// Numbers from which these have their DIDs.
const FIRST_ENDED: u64 = 1 << 20;
/// How often a receipt is asked for until it says what is awaited.
const TRIES_MAX: u32 = 1000;

impl Population {
    /// Makes so many DIDs on a server of their own and ends them: keys of every kind, one key under two ids, inline
    /// keys, controllers that live and that have ended, stand-ins, bound version ids, ids in upper case.
    ///
    /// # Errors
    /// The server does not start, or refuses something.
    pub async fn live(count: u64) -> Result<Self> {
        let place = Place::new()?;
        let server = place.start_with(&["--publication-interval-ms", "10"])?;
        let client = server.client()?;
        let policy = client.get("/v1/policy/testnet").await?.text();
        let bounds = client.get("/v1/policy/testnet/bounds").await?.text();
        let mut population = Self {
            receipts: Vec::new(),
            policy,
            bounds,
        };
        population.fill(&client, count).await?;
        server.stop()?;
        Ok(population)
    }

    async fn fill(&mut self, client: &Client, count: u64) -> Result<()> {
        let ended = ended_controllers()?;
        let mut lives = lives(count, &ended)?;
        for life in &lives {
            self.keep(client, &life.holder, "neverExisted").await?;
        }
        for controller in &ended {
            send(client, &controller.create(&[])?).await?;
        }
        for life in &mut lives {
            let others: Vec<&Holder> = life.others.iter().chain(&life.gone).collect();
            life.head = send(client, &life.holder.create(&others)?).await?;
        }
        for controller in &ended {
            send(client, &controller.deactivate(&[])?).await?;
        }
        for life in &lives {
            self.keep(client, &life.holder, "active").await?;
        }
        let network_id = network_id(&self.bounds)?;
        // Those who sign for others end last.
        for (number, life) in lives.iter_mut().enumerate().rev() {
            end(client, life, number, network_id).await?;
        }
        for life in &lives {
            self.keep(client, &life.holder, "deactivated").await?;
        }
        Ok(())
    }

    async fn keep(&mut self, client: &Client, holder: &Holder, status: &str) -> Result<()> {
        let path = format!("/v1/receipts/{}", holder.did());
        let mut last = String::new();
        for _ in 0..TRIES_MAX {
            let answer = client.get(&path).await?;
            if answer.status == 200 && answer.json()?["summary"]["status"] == status {
                self.receipts.push(answer.body);
                return Ok(());
            }
            last = answer.text();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("no receipt of {path} that says {status}: {last}")
    }
}

fn ended_controllers() -> Result<Vec<Holder>> {
    let kind = |number: u64| KINDS[number as usize % KINDS.len()];
    (0..ENDED)
        .map(|number| Holder::new(FIRST_ENDED + number, &[kind(number)]))
        .collect()
}

fn lives(count: u64, ended: &[Holder]) -> Result<Vec<Life>> {
    let mut lives: Vec<Life> = Vec::new();
    for number in 0..count {
        let first = number as usize;
        let kinds: Vec<KeyKind> = (0..=first % 3)
            .map(|more| KINDS[(first + more) % KINDS.len()])
            .collect();
        let mut holder = Holder::new(number, &kinds)?;
        let did = holder.did().to_owned();
        let earlier = |back: usize| lives[first - back].holder.clone();
        let (mut others, mut gone) = (Vec::new(), None);
        match number % 8 {
            1 => holder.add(holder.key(0).clone())?,
            2 => add_inline_key(&mut holder)?,
            3 => {
                let controller = ended[first / 8 % ended.len()].clone();
                holder.document().controller = vec![did, controller.did().to_owned()];
                gone = Some(controller);
            }
            4 => {
                others.push(earlier(4));
                holder.document().controller = vec![did, others[0].did().to_owned()];
            }
            5 => {
                others.push(earlier(5));
                holder.document().verification_method[0].controller = others[0].did().to_owned();
            }
            6 => {
                others = vec![earlier(6), earlier(5)];
                holder = Holder::new(number, &[])?;
                let controllers = others.iter().map(|other| other.did().to_owned());
                holder.document().controller = controllers.collect();
            }
            _ => {}
        }
        let head = [0; 32];
        lives.push(Life {
            holder,
            others,
            gone,
            head,
        });
    }
    Ok(lives)
}

fn add_inline_key(holder: &mut Holder) -> Result<()> {
    let method = holder.document().verification_method[0].clone();
    let inline = json!({
        "id": format!("{}#inline", method.controller), "type": method.verification_method_type,
        "controller": method.controller,
    });
    let quoted = serde_json::to_string(&inline.to_string())?;
    holder.document().assertion_method.push(quoted);
    Ok(())
}

/// Ends a DID: with a version id bound to its version or its authority, with its id in upper case, or as usual.
async fn end(client: &Client, life: &mut Life, number: usize, network_id: [u8; 32]) -> Result<()> {
    let others: Vec<&Holder> = life.others.iter().collect();
    let has_methods = !life.holder.document().verification_method.is_empty();
    let scope = match number % 5 {
        1 => Scope::Version(life.head),
        2 if has_methods => Scope::Authority(authority_hash(&mut life.holder)?),
        3 => {
            let (method, unique) = life.holder.did().rsplit_once(':').context("no DID")?;
            let id = format!("{method}:{}", unique.to_uppercase());
            send(client, &life.holder.deactivate_as(&id, &others)?).await?;
            return Ok(());
        }
        _ => {
            send(client, &life.holder.deactivate(&others)?).await?;
            return Ok(());
        }
    };
    let (signed, preimage) = life.holder.deactivate_bound(network_id, scope, &others)?;
    let mut message = signed.json();
    message["bound_preimage"] = json!(STANDARD.encode(preimage));
    expect_200(client.post("/v1/operations", &message).await?)?;
    Ok(())
}

/// Of a document with methods.
fn authority_hash(holder: &mut Holder) -> Result<[u8; 32]> {
    let document = Document::restore_encoded(&prost::Message::encode_to_vec(holder.document()))?;
    let tag = b"atropos/authority/v1\0".as_slice();
    Ok(Sha256::digest([tag, &key_set_hash(&document)].concat()).into())
}

fn network_id(bounds: &str) -> Result<[u8; 32]> {
    let bounds: Value = serde_json::from_str(bounds)?;
    let id = bounds["networks"][0]["networkId"].as_str();
    hash(id.context("the bounds name no network")?)
}

async fn send(client: &Client, signed: &Signed) -> Result<[u8; 32]> {
    let answer = client
        .post_bytes(signed.path(), "application/protobuf", signed.bytes())
        .await?;
    let accepted = expect_200(answer)?;
    let leaf_hash = accepted["operations"][0]["leafHash"].as_str();
    hash(leaf_hash.context("no leaf hash")?)
}

fn hash(text: &str) -> Result<[u8; 32]> {
    let bytes = hex::decode(text)?;
    bytes.try_into().ok().context("a hash has 32 bytes")
}
