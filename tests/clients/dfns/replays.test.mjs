import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEY_TYPES, answered, keyCredential, pem, person, send, signed } from './support.mjs';

const REUSED = [400, 'user action has already been used'];
const INVALID = [403, 'user action signature is missing or invalid'];
const PATH = '/auth/pats';

const said = ({ status, body }) => [status, body.error?.message];
const payload = (name) => JSON.stringify({ name, publicKey: pem(KEY_TYPES.Ed25519()) });

test('a user action is used once, also when a hundred try at once', async () => {
  const user = person();
  const body = payload('one');
  const action = await signed(user, 'POST', PATH, body);
  const uses = Array.from({ length: 100 }, () => send('POST', PATH, { token: user.token, body, action }));
  const answers = await Promise.all(uses);
  const won = answers.filter(({ status }) => status === 200);
  assert.equal(won.length, 1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    assert.deepEqual(said(answer), REUSED);
  }
  const later = await send('POST', PATH, { token: user.token, body, action });
  assert.deepEqual(said(later), REUSED);
  const { body: list } = await send('GET', PATH, { token: user.token });
  assert.equal(list.items.length, 1);
});

test('a user action is for one path, one payload and one method, and used up by the attempt', async () => {
  const user = person();
  const body = payload('one');
  const attempts = [
    ['POST', PATH, payload('two')],
    ['POST', `${PATH}?x=1`, body, `${PATH}?x=2`],
    ['PUT', '/auth/credentials/deactivate', body],
    ['POST', '/auth/credentials', body],
    ['DELETE', `${PATH}/to-aaaaa-bbbbb-ccccccccccccccca`, body],
    ['POST', PATH, `${body.slice(0, -1)},"daysValid":1}`],
    ['POST', PATH, undefined],
  ];
  for (const [method, path, sent, announced = PATH] of attempts) {
    const action = await signed(user, 'POST', announced, body);
    const other = await send(method, path, { token: user.token, body: sent, action });
    assert.deepEqual(said(other), INVALID, `${method} ${path}`);
    const right = await send('POST', PATH, { token: user.token, body, action });
    assert.deepEqual(said(right), REUSED);
  }
  const none = await send('POST', PATH, { token: user.token, body });
  assert.deepEqual(said(none), INVALID);
  const made = await send('POST', PATH, { token: user.token, body, action: 'x' });
  assert.deepEqual(said(made), INVALID);
  const { body: list } = await send('GET', PATH, { token: user.token });
  assert.equal(list.items.length, 0);
});

test('the same JSON in other words is the same request', async () => {
  const user = person();
  const { name, publicKey } = JSON.parse(payload('one'));
  const action = await signed(user, 'POST', PATH, JSON.stringify({ name, publicKey }));
  const body = JSON.stringify({ publicKey, name }, null, 2);
  const answer = await send('POST', `${PATH}?trace=1`, { token: user.token, body, action });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const path = `${PATH}/${answer.body.tokenId}/deactivate`;
  const off = await signed(user, 'PUT', path, '');
  assert.equal((await send('PUT', path, { token: user.token, body: '{}', action: off })).status, 200);
});

test('what a credential signed dies with it, and is not revived', async () => {
  const user = person();
  const pair = KEY_TYPES.Ed25519();
  const second = await user.client.auth.createCredential({
    body: await keyCredential(user.client, pair, 'second'),
  });
  const body = payload('one');
  const by = { pair, credId: 'second' };
  const [before, after] = [
    await signed(user, 'POST', PATH, body, by),
    await signed(user, 'POST', PATH, body, by),
  ];
  const off = { body: { credentialUuid: second.credentialUuid } };
  await user.client.auth.deactivateCredential(off);
  const refused = await send('POST', PATH, { token: user.token, body, action: before });
  assert.deepEqual(said(refused), INVALID);
  await user.client.auth.activateCredential(off);
  const revived = await send('POST', PATH, { token: user.token, body, action: after });
  assert.deepEqual(said(revived), INVALID);
});

test('what a token announced dies with it', async () => {
  const user = person();
  const pair = KEY_TYPES.Ed25519();
  const made = await user.client.auth.createPersonalAccessToken({
    body: { name: 'robot', publicKey: pem(pair) },
  });
  const path = `${PATH}/${made.tokenId}`;
  const body = JSON.stringify({ name: 'renamed' });
  const own = { token: made.accessToken, pair, credId: made.credId };
  const action = await signed(user, 'PUT', path, body, own);
  const open = await send('POST', '/auth/action/init', {
    token: made.accessToken,
    body: { userActionPayload: body, userActionHttpMethod: 'PUT', userActionHttpPath: path },
  });
  await user.client.auth.deactivatePersonalAccessToken({ tokenId: made.tokenId });
  await user.client.auth.activatePersonalAccessToken({ tokenId: made.tokenId });
  const replayed = await send('PUT', path, { token: made.accessToken, body, action });
  assert.deepEqual(said(replayed), INVALID);
  const late = await answered(open.body, user, made.accessToken, pair, made.credId);
  assert.deepEqual(said(late), [400, 'Challenge token is not valid.']);
});

test('a challenge is answered once, by who asked for it, and rightly', async () => {
  const [user, other] = [person(), person()];
  const body = { userActionPayload: '', userActionHttpMethod: 'GET', userActionHttpPath: '/x' };
  const init = async () => (await send('POST', '/auth/action/init', { token: user.token, body })).body;
  const CHALLENGE = [400, 'Challenge token is not valid.'];

  const first = await init();
  assert.deepEqual(said(await answered(first, other, other.token)), CHALLENGE);
  assert.equal((await answered(first, user, user.token)).status, 200);
  assert.deepEqual(said(await answered(first, user, user.token)), CHALLENGE);

  const second = await init();
  assert.equal((await answered(second, user, user.token, KEY_TYPES.Ed25519())).status, 403);
  assert.deepEqual(said(await answered(second, user, user.token)), CHALLENGE);

  const third = await init();
  const unknown = await answered(third, user, user.token, user.pair, 'unknown');
  assert.equal(unknown.status, 401);
  for (const path of ['', 'x', 'https://example.org/x', '/a b', '/a#b']) {
    const odd = { ...body, userActionHttpPath: path };
    assert.equal((await send('POST', '/auth/action/init', { token: user.token, body: odd })).status, 400);
  }
});
