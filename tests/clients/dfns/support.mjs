// What the tests share: users made on the command line, the published client, and requests as they are sent.
//
// TEST_URL is the server, TEST_BINARY the program, TEST_DATA its data directory.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

import { DfnsApiClient, DfnsAuthenticator, DfnsError } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';

export const BASE = process.env.TEST_URL;

/** Key types that credentials are tried with. */
export const KEY_TYPES = {
  Ed25519: () => generateKeyPairSync('ed25519'),
  'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};

/** All key types that the Node signer can use here. */
export const ALL_KEY_TYPES = {
  ...KEY_TYPES,
  'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  secp256k1: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

export function pem({ publicKey }) {
  return publicKey.export({ type: 'spki', format: 'pem' });
}

/** Runs the program, and returns the JSON that it prints. */
export function command(args, input) {
  const env = { PATH: process.env.PATH, ATROPOS_DATA: process.env.TEST_DATA };
  const options = { env, input, stdio: ['pipe', 'pipe', 'pipe'] };
  return JSON.parse(execFileSync(process.env.TEST_BINARY, args, options).toString());
}

let users = 0;

/** A person with a key, made on the command line, and its client. */
export function person(pair = KEY_TYPES.Ed25519(), roles = ['admin']) {
  users += 1;
  const name = `person-${process.pid}-${users}@example.org`;
  const flags = roles.flatMap((role) => ['--role', role]);
  const user = command(['user', 'create', name, '--public-key', '-', ...flags], pem(pair));
  return { ...user, pair, client: client(user, user.token, pair) };
}

/** The published client with a token and a key. */
export function client({ orgId }, authToken, pair, credId) {
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const id = credId ?? arguments[0].credentialId;
  const signer = new AsymmetricKeySigner({ credId: id, privateKey });
  return new DfnsApiClient({ baseUrl: BASE, authToken, orgId, signer });
}

/** Logs a person in with one of its keys, as the published client does. */
export async function login(user, pair, credId) {
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const signer = new AsymmetricKeySigner({ credId, privateKey });
  const authenticator = new DfnsAuthenticator({ baseUrl: BASE, signer });
  const { token } = await authenticator.login({ username: user.name, orgId: user.orgId });
  return token;
}

/** The body that makes a key a credential, with the proof that it is held. */
export async function keyCredential(client, pair, credId) {
  const challenge = await client.auth.createCredentialChallenge({ body: { kind: 'Key' } });
  return keyAnswer(challenge, pair, credId);
}

export function keyAnswer({ challenge, challengeIdentifier }, pair, credId) {
  const clientData = JSON.stringify({ type: 'key.create', challenge });
  const publicKey = pem(pair);
  const clientDataHash = createHash('sha256').update(clientData).digest('hex');
  const fingerprint = JSON.stringify({ clientDataHash, publicKey });
  const signature = sign(undefined, Buffer.from(fingerprint), pair.privateKey).toString('hex');
  const attestationData = base64url(JSON.stringify({ publicKey, signature }));
  return {
    challengeIdentifier,
    credentialKind: 'Key',
    credentialName: `key ${credId}`,
    credentialInfo: { credId, clientData: base64url(clientData), attestationData },
  };
}

export function base64url(data) {
  return Buffer.from(data).toString('base64url');
}

/** A request as it is, without the client. */
export async function send(method, path, { token, body, action, headers = {} } = {}) {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const all = { ...headers };
  if (token) all.authorization = `Bearer ${token}`;
  if (text !== undefined) all['content-type'] = 'application/json';
  if (action) all['x-dfns-useraction'] = action;
  const response = await fetch(new URL(path, BASE), { method, headers: all, body: text });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(answer) };
}

/** Announces and signs a request; the value for its header. */
export async function signed(user, method, path, payload, { token, pair, credId } = {}) {
  const bearer = token ?? user.token;
  const { body: challenge } = await send('POST', '/auth/action/init', {
    token: bearer,
    body: {
      userActionPayload: payload,
      userActionHttpMethod: method,
      userActionHttpPath: path,
      userActionServerKind: 'Api',
    },
  });
  const answer = await answered(challenge, user, bearer, pair, credId);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.userAction;
}

export function answered(challenge, user, token, pair, credId) {
  const clientData = Buffer.from(
    JSON.stringify({ type: 'key.get', challenge: challenge.challenge }),
  );
  const signature = sign(undefined, clientData, (pair ?? user.pair).privateKey);
  const credentialAssertion = {
    credId: credId ?? user.credentialId,
    clientData: base64url(clientData),
    signature: base64url(signature),
  };
  const body = {
    challengeIdentifier: challenge.challengeIdentifier,
    firstFactor: { kind: 'Key', credentialAssertion },
  };
  return send('POST', '/auth/action', { token, body });
}

/** What the client throws when the server refuses: with the one shape that errors have. */
export async function refused(promise, status, message) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof DfnsError, String(error));
    assert.equal(error.httpStatus, status, error.message);
    const fault = error.context.body.error;
    assert.deepEqual(Object.keys(fault).sort(), ['details', 'id', 'message', 'status']);
    assert.equal(fault.status, status);
    assert.ok(fault.id.length > 0);
    if (message) assert.equal(error.message, message);
    return true;
  });
}
