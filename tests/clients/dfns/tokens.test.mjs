import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEY_TYPES, client, command, pem, person, refused, send } from './support.mjs';

for (const [type, generate] of Object.entries(KEY_TYPES)) {
  test(`a token with a ${type} key: create, use, deactivate, refused, activate, archive`, async () => {
    const user = person(generate());
    const pair = generate();
    const body = { name: 'robot', publicKey: pem(pair), daysValid: 30, externalId: 'ext-1' };
    const made = await user.client.auth.createPersonalAccessToken({ body });
    const { accessToken, ...shown } = made;
    assert.match(shown.tokenId, /^to-[a-z2-7]{5}-[a-z2-7]{5}-[a-z2-7]{16}$/);
    assert.match(shown.publicKey, /^SHA256:[A-Za-z0-9+/]{43}$/);
    for (const name of [
      'dateCreated', 'credId', 'isActive', 'kind', 'linkedUserId', 'linkedAppId', 'name', 'orgId',
      'permissionAssignments', 'publicKey', 'tokenId',
    ]) {
      assert.ok(name in shown, name);
    }
    assert.deepEqual(
      [shown.kind, shown.isActive, shown.linkedUserId, shown.linkedAppId, shown.orgId],
      ['Pat', true, user.id, '', user.orgId],
    );
    assert.equal(shown.permissionAssignments[0].permissionName, 'admin');
    const { tokenId } = shown;

    // The client compares the organisation in the token with its own.
    const robot = client(user, accessToken, pair, shown.credId);
    const uses = async () => {
      const found = await send('GET', '/key/list', { token: accessToken });
      const list = await send('GET', '/auth/pats', { token: accessToken });
      return [found.status, list.status];
    };
    assert.deepEqual(await uses(), [200, 200]);
    const created = await send('POST', '/key/create', { token: accessToken });
    assert.equal(created.status, 200, JSON.stringify(created.body));

    const renamed = { tokenId, body: { name: 'robot 2' } };
    assert.equal((await user.client.auth.updatePersonalAccessToken(renamed)).name, 'robot 2');
    // Its own key signs for it, and for nothing else.
    assert.equal((await robot.auth.updatePersonalAccessToken(renamed)).name, 'robot 2');

    for (let time = 0; time < 2; time += 1) {
      const off = await user.client.auth.deactivatePersonalAccessToken({ tokenId });
      assert.deepEqual([off.isActive, off.tokenId, off.credId], [false, tokenId, shown.credId]);
      assert.deepEqual(await uses(), [401, 401]);
    }
    await refused(robot.auth.listPersonalAccessTokens(), 401, 'Not Authorized.');
    const onStudio = await send('GET', '/key/list', { token: accessToken });
    assert.equal(typeof onStudio.body.error, 'string');

    const on = await user.client.auth.activatePersonalAccessToken({ tokenId });
    assert.equal(on.isActive, true);
    assert.deepEqual(await uses(), [200, 200]);

    const gone = await user.client.auth.archivePersonalAccessToken({ tokenId });
    assert.equal(gone.isActive, false);
    assert.deepEqual(await uses(), [401, 401]);
    await refused(
      user.client.auth.activatePersonalAccessToken({ tokenId }),
      400,
      'the token is archived: create another one',
    );
    assert.deepEqual((await user.client.auth.listPersonalAccessTokens()).items, []);
    const archived = await user.client.auth.getPersonalAccessToken({ tokenId });
    assert.deepEqual([archived.isActive, 'accessToken' in archived], [false, false]);
  });
}

test('a token may no more than its permission and its user', async () => {
  const user = person(KEY_TYPES.Ed25519(), ['admin']);
  const permissionId = 'pm-viewe-raaaa-aaaaaaaaaaaaaaaa';
  const body = { name: 'reader', publicKey: pem(KEY_TYPES.Ed25519()), permissionId, secondsValid: 600 };
  const made = await user.client.auth.createPersonalAccessToken({ body });
  assert.equal(made.permissionAssignments[0].permissionId, permissionId);
  const { accessToken: token } = made;
  assert.equal((await send('GET', '/key/list', { token })).status, 200);
  const denied = await send('POST', '/key/create', { token });
  assert.equal(denied.status, 403);
  command(['role', 'revoke', 'admin', user.name]);
  assert.equal((await send('GET', '/key/list', { token })).status, 403);
  command(['role', 'assign', 'registrar', user.name]);
  assert.equal((await send('GET', '/key/list', { token })).status, 200);
  assert.equal((await send('POST', '/key/create', { token })).status, 403);
  await refused(
    user.client.auth.createPersonalAccessToken({ body: { ...body, name: 'x' } }),
    403,
    `Token ${user.id} is not authorized to perform operation (Auth:Pats:Create)`,
  );
});

test('tokens of tokens, of others and without sense are refused', async () => {
  const [user, other] = [person(), person()];
  const pair = KEY_TYPES.Ed25519();
  const body = { name: 'robot', publicKey: pem(pair) };
  const made = await user.client.auth.createPersonalAccessToken({ body });
  const { tokenId } = made;
  const robot = client(user, made.accessToken, pair, made.credId);
  const more = { name: 'second', publicKey: pem(KEY_TYPES.Ed25519()) };
  await refused(
    robot.auth.createPersonalAccessToken({ body: more }),
    403,
    `Pat ${user.id} is not authorized to perform operation (Auth:Pats:Create)`,
  );
  const off = { body: { credentialUuid: user.credentialUuid } };
  await refused(robot.auth.deactivateCredential(off), 403);
  for (const call of ['getPersonalAccessToken', 'deactivatePersonalAccessToken', 'archivePersonalAccessToken']) {
    await refused(other.client.auth[call]({ tokenId }), 404, 'Token not found');
    await refused(user.client.auth[call]({ tokenId: 'to a/b' }), 404, 'Token not found');
  }
  const create = (change) =>
    user.client.auth.createPersonalAccessToken({ body: { ...more, ...change } });
  await refused(create({ name: 'robot' }), 409);
  await refused(create({ publicKey: pem(pair) }), 409);
  await refused(create({ publicKey: 'x' }), 400);
  await refused(create({ daysValid: 731 }), 400);
  await refused(create({ secondsValid: 0 }), 400);
  await refused(create({ name: '' }), 400);
  await refused(create({ permissionId: 'pm-xxxxx-xxxxx-xxxxxxxxxxxxxxxa' }), 404, 'Permission not found');
  assert.equal((await user.client.auth.listPersonalAccessTokens()).items.length, 1);
  // It may end itself.
  assert.equal((await robot.auth.deactivatePersonalAccessToken({ tokenId })).isActive, false);
  await refused(robot.auth.listPersonalAccessTokens(), 401, 'Not Authorized.');
});

test('a user that is switched off takes its tokens along, and a service account is nobody', async () => {
  const user = person();
  const body = { name: 'robot', publicKey: pem(KEY_TYPES.Ed25519()) };
  const { accessToken: token } = await user.client.auth.createPersonalAccessToken({ body });
  command(['user', 'deactivate', user.name]);
  assert.equal((await send('GET', '/key/list', { token })).status, 401);
  assert.equal((await send('GET', '/key/list', { token: user.token })).status, 401);
  command(['user', 'activate', user.name]);
  assert.equal((await send('GET', '/key/list', { token })).status, 200);
  assert.equal((await send('GET', '/key/list', { token: user.token })).status, 401);

  const name = `machine-${process.pid}`;
  const pair = KEY_TYPES['P-256']();
  const create = ['service-account', 'create', name, '--public-key', '-', '--days', '1'];
  const machine = command(create, pem(pair));
  const uses = async () => (await send('GET', '/key/list', { token: machine.token })).status;
  assert.equal(await uses(), 200);
  const itself = client(machine, machine.token, pair);
  await refused(
    itself.auth.createPersonalAccessToken({ body: { name: 'x', publicKey: pem(pair) } }),
    403,
    `ServiceAccount ${machine.id} is not authorized to perform operation (Auth:Pats:Create)`,
  );
  command(['service-account', 'deactivate', name]);
  assert.equal(await uses(), 401);
});
