// Published resolvers of other projects: did-resolver with a fetch over HTTP as its method, and the client of the
// Universal Resolver.
//
// TEST_URL is the server; TEST_ACTIVE, TEST_ENDED and TEST_UNKNOWN are DIDs, TEST_FIRST is the first version of the ended
// one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { getUniResolver } from '@sphereon/did-uni-client';
import { Resolver } from 'did-resolver';

const { TEST_URL, TEST_ACTIVE, TEST_ENDED, TEST_UNKNOWN, TEST_FIRST } = process.env;
const IDENTIFIERS = `${TEST_URL}/1.0/identifiers`;

/** The status of each answer since the last resolver was made. */
let statuses = [];

/** Resolves over HTTP as the binding of the standard says: the DID encoded, options in the query. */
const overHttp = (accept) => async (did, parsed) => {
  const query = parsed.query ? `?${parsed.query}` : '';
  const headers = { accept };
  const response = await fetch(`${IDENTIFIERS}/${encodeURIComponent(did)}${query}`, { headers });
  statuses.push(response.status);
  return response.json();
};

function resolver(accept) {
  statuses = [];
  return new Resolver({ cheqd: overHttp(accept) });
}

const STRICT = 'application/did-resolution';
const LEGACY = 'application/ld+json;profile="https://w3id.org/did-resolution"';

for (const [accept, ended] of [[STRICT, 410], [LEGACY, 200]]) {
  test(`did-resolver with ${accept}`, async () => {
    const resolve = (did) => resolver(accept).resolve(did);

    const active = await resolve(TEST_ACTIVE);
    assert.equal(active.didDocument.id, TEST_ACTIVE);
    assert.equal(active.didDocumentMetadata.deactivated, undefined);
    assert.equal(active.didResolutionMetadata.error, undefined);
    assert.deepEqual(statuses, [200]);

    const gone = await resolve(TEST_ENDED);
    assert.equal(gone.didDocumentMetadata.deactivated, true);
    assert.equal(gone.didDocument?.id ?? null, accept === STRICT ? null : TEST_ENDED);
    assert.deepEqual(statuses, [ended]);

    const historic = await resolve(`${TEST_ENDED}?versionId=${TEST_FIRST}`);
    assert.equal(historic.didDocument.id, TEST_ENDED);
    assert.equal(historic.didDocumentMetadata.deactivated, true);
    assert.equal(historic.didDocumentMetadata.versionId, TEST_FIRST);
    assert.deepEqual(statuses, [ended]);

    const unknown = await resolve(TEST_UNKNOWN);
    assert.deepEqual(statuses, [404]);
    const { error } = unknown.didResolutionMetadata;
    const name = error.type ?? error;
    assert.match(name, /NOT_FOUND$|^notFound$/);
  });
}

test('the client of the Universal Resolver', async () => {
  const client = new Resolver(getUniResolver('cheqd', { resolveUrl: IDENTIFIERS }));
  const active = await client.resolve(TEST_ACTIVE);
  assert.equal(active.didDocument.id, TEST_ACTIVE);
  // It throws away what comes with a status from 400 on, but for its text.
  await assert.rejects(client.resolve(TEST_ENDED), /"deactivated":true/);
  await assert.rejects(client.resolve(TEST_UNKNOWN), /NOT_FOUND/);
});
