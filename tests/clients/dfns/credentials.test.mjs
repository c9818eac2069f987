import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ALL_KEY_TYPES, KEY_TYPES, client, keyAnswer, keyCredential, login, pem, person, refused, send, signed,
} from './support.mjs';

const INACTIVE = 'User does not have a credential that can be used for the application.';

for (const [type, generate] of Object.entries(KEY_TYPES)) {
  test(`a credential with a ${type} key: create, deactivate, deactivate again, list`, async () => {
    const user = person(generate());
    const [first] = (await user.client.auth.listCredentials()).items;
    assert.equal(first.credentialUuid, user.credentialUuid);

    const pair = generate();
    const body = await keyCredential(user.client, pair, 'my-cred');
    const made = await user.client.auth.createCredential({ body });
    assert.deepEqual(Object.keys(made).sort(), [
      'credentialId', 'credentialUuid', 'dateCreated', 'isActive', 'kind', 'name', 'origin', 'publicKey',
      'relyingPartyId',
    ]);
    assert.match(made.credentialUuid, /^cr-[a-z2-7]{5}-[a-z2-7]{5}-[a-z2-7]{16}$/);
    assert.match(made.publicKey, /^SHA256:[A-Za-z0-9+/]{43}$/);
    assert.equal(made.credentialId, 'my-cred');
    assert.equal(made.isActive, true);

    const off = { body: { credentialUuid: made.credentialUuid } };
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual(await user.client.auth.deactivateCredential(off), { message: 'success' });
      const { items } = await user.client.auth.listCredentials();
      assert.deepEqual(items.map((one) => one.isActive), [true, false]);
    }
    const second = client(user, user.token, pair, 'my-cred');
    await assert.rejects(second.auth.activateCredential(off), /does not match allowed credentials/);

    assert.deepEqual(await user.client.auth.activateCredential(off), { message: 'success' });
    assert.deepEqual(await second.auth.activateCredential(off), { message: 'success' });
  });
}

test('every type of key signs', async () => {
  for (const [type, generate] of Object.entries(ALL_KEY_TYPES)) {
    const user = person(generate());
    const off = { body: { credentialUuid: user.credentialUuid } };
    await refused(
      user.client.auth.deactivateCredential(off),
      400,
      'this is the last active credential of the user: create or activate another one first',
    );
    assert.equal((await user.client.auth.listCredentials()).items[0].isActive, true, type);
  }
});

test('what a credential opened and signed ends with it, but for the session that asks', async () => {
  const user = person();
  const pair = KEY_TYPES.Ed25519();
  const made = await user.client.auth.createCredential({
    body: await keyCredential(user.client, pair, 'second'),
  });
  const opened = await login(user, pair, 'second');
  const other = client(user, opened, pair, 'second');
  assert.equal((await other.auth.listCredentials()).items.length, 2);

  const again = await login(user, pair, 'second');
  const itself = client(user, again, pair, 'second');
  const off = { body: { credentialUuid: made.credentialUuid } };
  // Signed by the very credential that it ends.
  assert.deepEqual(await itself.auth.deactivateCredential(off), { message: 'success' });
  assert.equal((await itself.auth.listCredentials()).items.length, 2);
  await refused(other.auth.listCredentials(), 401, 'Not Authorized.');
  await assert.rejects(login(user, pair, 'second'), /does not match allowed credentials/);

  await user.client.auth.activateCredential(off);
  await refused(other.auth.listCredentials(), 401, 'Not Authorized.');
  await login(user, pair, 'second');
});

test('credentials of others and unknown ones are the same: not there', async () => {
  const [user, other] = [person(), person()];
  for (const credentialUuid of [other.credentialUuid, 'cr-aaaaa-bbbbb-ccccccccccccccca', 'x']) {
    const off = { body: { credentialUuid } };
    await refused(user.client.auth.deactivateCredential(off), 404, 'Credential not found');
    await refused(user.client.auth.activateCredential(off), 404, 'Credential not found');
  }
  assert.equal((await other.client.auth.listCredentials()).items[0].isActive, true);
});

test('a key has to be proven, and comes back under no other name', async () => {
  const user = person();
  const pair = KEY_TYPES['P-256']();
  const challenge = () => user.client.auth.createCredentialChallenge({ body: { kind: 'Key' } });
  const create = (body) => user.client.auth.createCredential({ body });

  const good = keyAnswer(await challenge(), pair, 'one');
  const stolen = keyAnswer(await challenge(), KEY_TYPES['P-256'](), 'one');
  stolen.credentialInfo.attestationData = good.credentialInfo.attestationData;
  await refused(create(stolen), 400);
  const weak = keyAnswer(await challenge(), pair, 'one');
  const { signature } = JSON.parse(Buffer.from(weak.credentialInfo.attestationData, 'base64url'));
  const zero = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.alloc(32)]);
  const publicKey = `-----BEGIN PUBLIC KEY-----\n${zero.toString('base64')}\n-----END PUBLIC KEY-----`;
  weak.credentialInfo.attestationData = Buffer.from(JSON.stringify({ publicKey, signature }))
    .toString('base64url');
  await refused(create(weak), 400);

  await create(good);
  await refused(create(good), 400, 'Challenge token is not valid.');
  await refused(create(keyAnswer(await challenge(), pair, 'two')), 409);
  await refused(create(keyAnswer(await challenge(), KEY_TYPES.Ed25519(), 'one')), 409);
  assert.equal((await user.client.auth.listCredentials()).items.length, 2);
  assert.ok(pem(pair).startsWith('-----BEGIN PUBLIC KEY-----'));
});

test('older clients: their headers are taken, and a nonce once', async () => {
  const user = person();
  const date = new Date().toISOString();
  const nonce = Buffer.from(JSON.stringify({ uuid: '0123456789abc-x', date })).toString('base64url');
  const headers = { 'x-dfns-appid': 'ap-x', 'x-dfns-appsecret': 'x', 'x-dfns-nonce': nonce };
  const list = (more) => send('GET', '/auth/credentials', { token: user.token, headers: more });
  assert.equal((await list(headers)).status, 200);
  const again = await list(headers);
  assert.deepEqual([again.status, again.body.error.message], [400, 'request nonce has already been used']);
  const bad = await list({ ...headers, 'x-dfns-nonce': 'x' });
  assert.deepEqual([bad.status, bad.body.error.message], [400, 'request nonce is missing or invalid']);
});

test('a login tells nobody who is there, and a logout is for good', async () => {
  const user = person();
  const init = (username) =>
    send('POST', '/auth/login/init', { body: { username, orgId: user.orgId } });
  const [real, made] = [await init(user.name), await init('nobody@example.org')];
  assert.deepEqual([real.status, made.status], [200, 200]);
  assert.deepEqual(Object.keys(real.body), Object.keys(made.body));
  assert.equal(made.body.allowCredentials.key.length, 1);
  const again = await init('nobody@example.org');
  assert.deepEqual(again.body.allowCredentials, made.body.allowCredentials);

  const token = await login(user, user.pair, user.credentialId);
  const other = client(user, token, user.pair);
  assert.equal((await other.auth.listCredentials()).items.length, 1);
  await other.auth.logout();
  await refused(other.auth.listCredentials(), 401, 'Not Authorized.');
  await assert.rejects(login(user, KEY_TYPES.Ed25519(), user.credentialId), (error) => {
    assert.equal(error.httpStatus, 401);
    return error.message === 'Not Authorized.';
  });
});

test('what was signed stands in the log, and can be checked', async () => {
  const { createHash, verify } = await import('node:crypto');
  const user = person();
  const before = new Date(Date.now() - 1000).toISOString();
  await refused(user.client.auth.deactivateCredential({ body: { credentialUuid: 'x' } }), 404);
  const query = { startTime: before, endTime: new Date(Date.now() + 60_000).toISOString() };
  const csv = await user.client.auth.listAuditLogs({ query: { ...query, userId: user.id } });
  const rows = csv.trim().split('\n');
  assert.equal(rows.length, 2, csv);
  const [, id, userId] = rows[1].split(',');
  assert.equal(userId, user.id);
  const { body: log } = await send('GET', `/auth/action/logs/${id}`, { token: user.token });
  assert.equal(log.action, 'PUT /auth/credentials/deactivate');
  const { assertion } = log.firstFactorCredential;
  const clientData = Buffer.from(assertion.clientData, 'base64url');
  const signature = Buffer.from(assertion.signature, 'base64url');
  assert.ok(verify(undefined, clientData, user.pair.publicKey, signature));
  const d = log.details;
  const parts = [
    'atropos/user-action/v1', user.tenant, d.user, d.token, d.method, d.path, d.payloadSha256, d.random,
    d.expiresMs,
  ];
  const statement = parts.map((part) => `${part}\n`).join('');
  const challenge = createHash('sha256').update(statement).digest('base64url');
  assert.equal(JSON.parse(clientData).challenge, challenge);
  const viewer = person(KEY_TYPES.Ed25519(), ['viewer']);
  await refused(
    viewer.client.auth.listAuditLogs({ query }),
    403,
    `Token ${viewer.id} is not authorized to perform operation (Auth:Logs:Read)`,
  );
});

test('nobody else signs: not for an API key, not with a key of another token', async () => {
  const [user, other] = [person(), person()];
  const path = '/auth/credentials/deactivate';
  const body = JSON.stringify({ credentialUuid: user.credentialUuid });
  const action = await signed(user, 'PUT', path, body);
  const stolen = await send('PUT', path, { token: other.token, body, action });
  assert.equal(stolen.status, 403);
  const nobody = await send('PUT', path, { body, action });
  assert.deepEqual([nobody.status, nobody.body.error.message], [401, 'Not Authorized.']);
  const key = await send('PUT', path, { body, action, headers: { 'x-api-key': 'x'.repeat(64) } });
  assert.equal(key.status, 401);
  // It was not used up by any of them.
  const own = await send('PUT', path, { token: user.token, body, action });
  assert.deepEqual([own.status, own.body.error.status], [400, 400]);
  assert.ok(INACTIVE.length > 0);
});
