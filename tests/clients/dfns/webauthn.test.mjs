import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DfnsApiClient, DfnsAuthenticator } from '@dfns/sdk';

import { Authenticator } from './authenticator.mjs';
import { BASE, KEY_TYPES, base64url, pem, person, refused } from './support.mjs';

function passkeyClient(user, signer, authToken = user.token) {
  return new DfnsApiClient({ baseUrl: BASE, authToken, orgId: user.orgId, signer });
}

const challenge = (user) => user.client.auth.createCredentialChallenge({ body: { kind: 'Fido2' } });

for (const type of ['ES256', 'RS256']) {
  for (const format of ['none', 'packed']) {
    test(`a passkey with ${type}, attested as ${format}: make, sign, log in, deactivate`, async () => {
      const user = person();
      const passkey = new Authenticator({ type });
      const asked = await challenge(user);
      assert.equal(asked.rp.id, 'localhost');
      assert.deepEqual(asked.pubKeyCredParams.map(({ alg }) => alg), [-7, -257]);
      assert.equal(asked.authenticatorSelection.userVerification, 'required');
      const body = passkey.create(asked, { format });
      const made = await user.client.auth.createCredential({ body });
      assert.deepEqual(
        [made.kind, made.relyingPartyId, made.origin, made.credentialId],
        ['Fido2', 'localhost', 'http://localhost:8080', passkey.credId],
      );

      const client = passkeyClient(user, passkey);
      const pat = { name: 'robot', publicKey: pem(KEY_TYPES.Ed25519()) };
      assert.equal((await client.auth.createPersonalAccessToken({ body: pat })).name, 'robot');

      const authenticator = new DfnsAuthenticator({ baseUrl: BASE, signer: passkey });
      const login = { username: user.name, orgId: user.orgId };
      const { token } = await authenticator.login(login);
      const session = passkeyClient(user, passkey, token);
      assert.equal((await session.auth.listCredentials()).items.length, 2);

      const off = { body: { credentialUuid: made.credentialUuid } };
      await user.client.auth.deactivateCredential(off);
      await refused(session.auth.listCredentials(), 401, 'Not Authorized.');
      await refused(client.auth.activateCredential(off), 401);
    });
  }
}

test('a passkey that answers for something else is refused', async () => {
  const user = person();
  const passkey = new Authenticator();
  const create = async (change, one = passkey) =>
    user.client.auth.createCredential({ body: one.create(await challenge(user), change) });
  await refused(create({ type: 'webauthn.get' }), 400);
  await refused(create({ type: 'key.create' }), 400);
  await refused(create({ origin: 'http://localhost:8081' }), 400);
  await refused(create({ crossOrigin: true }), 400);
  await refused(create({ challenge: 'x' }), 400);
  await refused(create({ format: 'fido-u2f' }), 400);
  await refused(create({}, new Authenticator({ rpId: 'example.org' })), 400);
  const careless = new Authenticator();
  careless.flags = 0x01;
  await refused(create({}, careless), 400);
  const cut = passkey.create(await challenge(user));
  const { attestationData } = cut.credentialInfo;
  cut.credentialInfo.attestationData = attestationData.slice(0, -8);
  await refused(user.client.auth.createCredential({ body: cut }), 400);
  const other = passkey.create(await challenge(user));
  other.credentialInfo.credId = 'AAAA';
  await refused(user.client.auth.createCredential({ body: other }), 400);
  assert.equal((await user.client.auth.listCredentials()).items.length, 1);
  // The challenge as it was received, not encoded once more.
  await create({ nested: false });
});

test('a signature of a passkey is for one challenge, one page, one person, and counts on', async () => {
  const user = person();
  const passkey = new Authenticator();
  const body = passkey.create(await challenge(user));
  const { credentialUuid } = await user.client.auth.createCredential({ body });
  const use = (change) => {
    const signer = { sign: (asked) => passkey.sign(asked, change) };
    return passkeyClient(user, signer).auth.activateCredential({ body: { credentialUuid } });
  };
  assert.deepEqual(await use({}), { message: 'success' });
  assert.deepEqual(await use({ nested: false }), { message: 'success' });
  assert.deepEqual(await use({ userHandle: base64url(user.id) }), { message: 'success' });
  for (const change of [
    { type: 'webauthn.create' }, { type: 'key.get' }, { challenge: 'x' }, { crossOrigin: true },
    { origin: 'https://localhost:8080' }, { userHandle: base64url('us-other') },
  ]) {
    await refused(use(change), 403, 'user action signature is missing or invalid');
  }
  passkey.flags = 0x01;
  await refused(use({}), 403);
  passkey.flags = 0x05;
  passkey.count = 1;
  await refused(use({}), 403);
  passkey.count += 100;
  assert.deepEqual(await use({}), { message: 'success' });
});
