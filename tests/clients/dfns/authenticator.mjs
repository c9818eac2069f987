// A WebAuthn authenticator in software: what a browser and a passkey answer together (W3C Web Authentication, level 2).

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

import { base64url } from './support.mjs';

const PRESENT = 0x01;
const VERIFIED = 0x04;
const ATTESTED = 0x40;

export class Authenticator {
  /** `type` is `ES256` or `RS256`. */
  constructor({ type = 'ES256', rpId = 'localhost', origin = 'http://localhost:8080' } = {}) {
    this.pair = type === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
    Object.assign(this, { type, rpId, origin, count: 0, id: randomBytes(32), flags: PRESENT | VERIFIED });
  }

  get credId() {
    return base64url(this.id);
  }

  /** The body that makes the passkey a credential. */
  create({ challenge, challengeIdentifier }, { format = 'none', ...change } = {}) {
    const clientData = this.clientData('webauthn.create', challenge, change);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, this.id, cbor(this.coseKey())]);
    const authData = Buffer.concat([this.authenticatorData(ATTESTED), attested]);
    const statement = format === 'packed'
      ? new Map([['alg', this.type === 'ES256' ? -7 : -257], ['sig', this.signed(authData, clientData)]])
      : new Map();
    const object = new Map([['fmt', format], ['attStmt', statement], ['authData', authData]]);
    return {
      challengeIdentifier,
      credentialKind: 'Fido2',
      credentialName: 'passkey',
      credentialInfo: {
        credId: this.credId,
        clientData: base64url(clientData),
        attestationData: base64url(cbor(object)),
      },
    };
  }

  /** The signature over a challenge: what the client wants of its signer. */
  async sign({ challenge }, change = {}) {
    const clientData = this.clientData('webauthn.get', challenge, change);
    const authenticatorData = this.authenticatorData(0);
    return {
      kind: 'Fido2',
      credentialAssertion: {
        credId: this.credId,
        clientData: base64url(clientData),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(this.signed(authenticatorData, clientData)),
        userHandle: change.userHandle,
      },
    };
  }

  clientData(type, challenge, { nested = true, ...change }) {
    const said = nested ? base64url(challenge) : challenge;
    const data = { type, challenge: said, origin: this.origin, crossOrigin: false, ...change };
    return Buffer.from(JSON.stringify(data));
  }

  authenticatorData(more) {
    this.count += 1;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(this.count);
    return Buffer.concat([sha256(this.rpId), Buffer.from([this.flags | more]), count]);
  }

  signed(authenticatorData, clientData) {
    const message = Buffer.concat([authenticatorData, sha256(clientData)]);
    return sign('sha256', message, this.pair.privateKey);
  }

  coseKey() {
    const jwk = this.pair.publicKey.export({ format: 'jwk' });
    const bytes = (text) => Buffer.from(text, 'base64url');
    return this.type === 'ES256'
      ? new Map([[1, 2], [3, -7], [-1, 1], [-2, bytes(jwk.x)], [-3, bytes(jwk.y)]])
      : new Map([[1, 3], [3, -257], [-1, bytes(jwk.n)], [-2, bytes(jwk.e)]]);
  }
}

function sha256(data) {
  return createHash('sha256').update(data).digest();
}

/** CBOR (RFC 8949) of whole numbers, texts, bytes and maps. */
export function cbor(value) {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)]);
}

function head(major, number) {
  if (number < 24) return Buffer.from([(major << 5) | number]);
  if (number < 256) return Buffer.from([(major << 5) | 24, number]);
  return Buffer.from([(major << 5) | 25, number >> 8, number & 255]);
}
