// A gRPC client of another project, @grpc/grpc-js, that knows nothing but the .proto files of this repository.
//
// TEST_GRPC is the port of gRPC, TEST_COMET the address of JSON-RPC, TEST_URL that of the server; TEST_PROTOS is the
// folder of the .proto files. TEST_CASES is JSON: DIDs with what to expect of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, credentials, loadPackageDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { GrpcReflection } from 'grpc-js-reflection-client';

const { TEST_GRPC, TEST_COMET, TEST_URL, TEST_PROTOS, TEST_CASES } = process.env;
const { active, ended, changed, unknown, resource } = JSON.parse(TEST_CASES);

const FILES = [
  'cheqd/did/v2/query.proto',
  'cheqd/resource/v2/query.proto',
  'cheqd/oracle/v2/query.proto',
  'cosmos/auth/v1beta1/query.proto',
  'cosmos/bank/v1beta1/query.proto',
  'cosmos/base/tendermint/v1beta1/query.proto',
  'cosmos/tx/v1beta1/service.proto',
  'feemarket/feemarket/v1/query.proto',
];
const definition = loadSync(FILES, { includeDirs: [TEST_PROTOS], keepCase: true, longs: String, defaults: true });
const { cheqd, cosmos } = loadPackageDefinition(definition);
const raw = new Client(TEST_GRPC, credentials.createInsecure());

/** A method of a service, as the .proto files declare it. */
function declared(path) {
  const [, service, method] = path.split('/');
  return definition[service][method];
}

/** The response's bytes as they came, and the message that they decode to. */
function ask(path, request) {
  const { requestSerialize, responseDeserialize } = declared(path);
  return new Promise((resolve, reject) => {
    const bytes = (buffer) => buffer;
    raw.makeUnaryRequest(path, requestSerialize, bytes, request, (error, answer) => {
      if (error) reject(error);
      else resolve({ bytes: answer, message: responseDeserialize(answer) });
    });
  });
}

/** The same over JSON-RPC. */
async function askAbci(path, request) {
  const data = declared(path).requestSerialize(request).toString('hex');
  const call = { jsonrpc: '2.0', id: 1, method: 'abci_query', params: { path, data, prove: false } };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(TEST_COMET, { method: 'POST', headers, body: JSON.stringify(call) });
  const { response } = (await answer.json()).result;
  return { code: response.code ?? 0, log: response.log, bytes: Buffer.from(response.value ?? '', 'base64') };
}

/** Both protocols give the same bytes; the message that these are. */
async function same(path, request) {
  const [{ bytes, message }, abci] = await Promise.all([ask(path, request), askAbci(path, request)]);
  assert.equal(abci.code, 0, abci.log);
  assert.deepEqual(bytes, abci.bytes);
  return message;
}

async function resolved(did) {
  const accept = 'application/ld+json;profile="https://w3id.org/did-resolution"';
  const answer = await fetch(`${TEST_URL}/1.0/identifiers/${did}`, { headers: { accept } });
  return answer.json();
}

const KEY_PROPERTIES = {
  Ed25519VerificationKey2020: (material) => ({ publicKeyMultibase: material }),
  Ed25519VerificationKey2018: (material) => ({ publicKeyBase58: material }),
  JsonWebKey2020: (material) => ({ publicKeyJwk: JSON.parse(material) }),
};

/** The document as a resolver shows it, from the message. */
function shown(message) {
  const document = { id: message.id };
  const lists = {
    '@context': message.context,
    controller: message.controller,
    verificationMethod: message.verification_method.map((method) => ({
      id: method.id,
      type: method.verification_method_type,
      controller: method.controller,
      ...KEY_PROPERTIES[method.verification_method_type](method.verification_material),
    })),
    authentication: message.authentication,
    assertionMethod: message.assertion_method,
    capabilityInvocation: message.capability_invocation,
    capabilityDelegation: message.capability_delegation,
    keyAgreement: message.key_agreement,
    alsoKnownAs: message.also_known_as,
    service: message.service.map((service) => ({
      id: service.id,
      type: service.service_type,
      serviceEndpoint: service.service_endpoint,
    })),
  };
  for (const [name, list] of Object.entries(lists)) if (list.length > 0) document[name] = list;
  return document;
}

const DID_DOC = '/cheqd.did.v2.Query/DidDoc';
const DID_DOC_VERSION = '/cheqd.did.v2.Query/DidDocVersion';
const VERSIONS = '/cheqd.did.v2.Query/AllDidDocVersionsMetadata';
const RESOURCES = '/cheqd.resource.v2.Query';

test('documents are the same over gRPC, JSON-RPC and HTTP', async () => {
  for (const did of [active, ended, changed]) {
    const { value } = await same(DID_DOC, { id: did });
    const { didDocument, didDocumentMetadata } = await resolved(did);
    assert.deepEqual(shown(value.did_doc), didDocument);
    assert.equal(value.metadata.version_id, didDocumentMetadata.versionId);
    assert.equal(value.metadata.deactivated, did === ended);
    const again = await same(DID_DOC_VERSION, { id: did, version: value.metadata.version_id });
    assert.deepEqual(again, { value });
  }
});

test('versions come in the order of their ids, whole or in pages', async () => {
  const { versions, pagination } = await same(VERSIONS, { id: changed });
  assert.equal(pagination, null);
  const ids = versions.map((version) => version.version_id);
  assert.ok(ids.length > 2);
  assert.deepEqual(ids, [...ids].sort());
  const first = versions.filter((version) => version.previous_version_id === '');
  const last = versions.filter((version) => version.next_version_id === '');
  assert.equal(first.length, 1);
  assert.equal(last.length, 1);

  const found = [];
  let key = Buffer.alloc(0);
  do {
    const page = await same(VERSIONS, { id: changed, pagination: { key, limit: 2 } });
    assert.ok(page.versions.length <= 2);
    found.push(...page.versions);
    key = page.pagination.next_key;
  } while (key.length > 0);
  assert.deepEqual(found, versions);
});

test('every version of an ended DID says so', async () => {
  const { versions } = await same(VERSIONS, { id: ended });
  assert.equal(versions.length, 2);
  assert.ok(versions.every((version) => version.deactivated));
});

test('resources are found by id, by name and type, and in their collection', async () => {
  const { collection_id, id, name, resource_type, data } = resource;
  const found = await same(`${RESOURCES}/Resource`, { collection_id, id });
  assert.equal(found.resource.resource.data.toString(), data);
  const { metadata } = found.resource;
  assert.equal(metadata.media_type, 'application/json');
  const shownMetadata = await same(`${RESOURCES}/ResourceMetadata`, { collection_id, id });
  assert.deepEqual(shownMetadata.resource, metadata);
  const asked = { collection_id, name, resource_type };
  assert.deepEqual((await same(`${RESOURCES}/LatestResourceVersion`, asked)).resource, found.resource);
  assert.deepEqual((await same(`${RESOURCES}/LatestResourceVersionMetadata`, asked)).resource, metadata);
  const collection = await same(`${RESOURCES}/CollectionResources`, { collection_id });
  assert.deepEqual(collection.resources, [metadata]);
});

test('errors have the status of gRPC, and the code of a node', async () => {
  const cases = [
    [DID_DOC, { id: unknown }, status.NOT_FOUND, 6, `${unknown}: not found`],
    [DID_DOC, { id: 'did:cheqd:testnet:healthcheck' }, status.INVALID_ARGUMENT, 18, ''],
    [DID_DOC_VERSION, { id: active, version: 'none' }, status.NOT_FOUND, 6, 'diddoc version not found: not found'],
    ['/cosmos.auth.v1beta1.Query/Account', { address: 'nobody' }, status.INVALID_ARGUMENT, 18, ''],
    ['/cosmos.tx.v1beta1.Service/GetTx', { hash: '00'.repeat(32) }, status.NOT_FOUND, 22, 'tx not found'],
  ];
  for (const [path, request, code, abciCode, text] of cases) {
    const refused = await ask(path, request).then(() => assert.fail(path), (error) => error);
    assert.equal(refused.code, code, `${path}: ${refused.message}`);
    assert.ok(refused.details.includes(text), refused.details);
    const abci = await askAbci(path, request);
    assert.equal(abci.code, abciCode, abci.log);
    assert.ok(abci.log.includes(text), abci.log);
  }
});

test('garbage and too much are refused, and the connection lives', async () => {
  const send = (path, bytes) => new Promise((resolve) => {
    const same = (buffer) => buffer;
    raw.makeUnaryRequest(path, same, same, bytes, (error) => resolve(error?.code ?? status.OK));
  });
  assert.equal(await send(DID_DOC, Buffer.from([0xff, 0xff])), status.INVALID_ARGUMENT);
  assert.equal(await send(DID_DOC, Buffer.alloc(1 << 20)), status.RESOURCE_EXHAUSTED);
  assert.equal(await send('/cheqd.did.v2.Query/Nothing', Buffer.alloc(0)), status.UNIMPLEMENTED);
  assert.equal(await send('/cheqd.did.v2.Msg/CreateDidDoc', Buffer.alloc(0)), status.UNIMPLEMENTED);
  await ask(DID_DOC, { id: active });
});

test('clients made from the .proto files work', async () => {
  const queries = new cheqd.did.v2.Query(TEST_GRPC, credentials.createInsecure());
  const { value } = await new Promise((resolve, reject) => {
    queries.DidDoc({ id: active }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
  assert.equal(value.did_doc.id, active);
  const node = new cosmos.base.tendermint.v1beta1.Service(TEST_GRPC, credentials.createInsecure());
  const { default_node_info: info } = await new Promise((resolve, reject) => {
    node.GetNodeInfo({}, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
  assert.equal(info.network, 'atropos-testnet-1');
  queries.close();
  node.close();
});

test('a block has one name', async () => {
  const service = '/cosmos.base.tendermint.v1beta1.Service';
  const { block_id, sdk_block } = await same(`${service}/GetBlockByHeight`, { height: 1 });
  const { result } = await (await fetch(`${TEST_COMET}/block?height=1`)).json();
  assert.equal(block_id.hash.toString('hex').toUpperCase(), result.block_id.hash);
  assert.equal(sdk_block.header.chain_id, result.block.header.chain_id);
});

test('the health service says that all is well', async () => {
  const bytes = (buffer) => buffer;
  const check = (name) => new Promise((resolve, reject) => {
    const request = Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name)]);
    const done = (error, answer) => (error ? reject(error) : resolve(answer));
    raw.makeUnaryRequest('/grpc.health.v1.Health/Check', bytes, bytes, request, done);
  });
  // HealthCheckResponse { status: SERVING }
  for (const name of ['', 'cheqd.did.v2.Query']) assert.deepEqual(await check(name), Buffer.from([0x08, 0x01]));
  await assert.rejects(check('cheqd.did.v2.Nothing'), { code: status.NOT_FOUND });
});

test('reflection lists what the .proto files declare', async () => {
  for (const version of ['v1', 'v1alpha']) {
    const client = new GrpcReflection(TEST_GRPC, credentials.createInsecure(), {}, version);
    const services = await client.listServices();
    // Messages have a format; what is left are the services.
    for (const name of Object.keys(definition).filter((name) => !('format' in definition[name]))) {
      assert.ok(services.includes(name), `${version}: ${name} is not in ${services}`);
      const methods = await client.listMethods(name);
      const names = methods.map((method) => method.name).sort();
      assert.deepEqual(names, Object.keys(definition[name]).sort());
    }
  }
});

test.after(() => raw.close());
