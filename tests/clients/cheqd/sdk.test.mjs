// cheqd's own client library, unmodified, both of its builds, with its real timers.
//
// TEST_RPC is the RPC port, TEST_URL the server. Each test pays from an account of its own, so that all run at once:
// the library looks for a transaction for the first time three seconds after it has sent it.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';

import * as esm from '@cheqd/sdk';

const { TEST_RPC, TEST_URL } = process.env;
const cjs = createRequire(import.meta.url)('@cheqd/sdk');

for (const [build, sdk] of [['ESM', esm], ['CJS', cjs]]) {
  const { Ed255192018, Ed255192020, JWK } = sdk.VerificationMethods;
  const { Uuid, Base58 } = sdk.MethodSpecificIdAlgo;

  describe(`@cheqd/sdk, ${build}`, { concurrency: true }, () => {
    for (const [type, algorithm] of [
      [Ed255192018, Uuid],
      [Ed255192020, Uuid],
      [JWK, Uuid],
      [Ed255192018, Base58],
      [Ed255192020, Base58],
      [JWK, Base58],
    ]) {
      test(`a DID with a key as ${type} and a ${algorithm} id is made, read and ended`, async () => {
        const payer = await Payer.of(sdk);
        const subject = new Subject(sdk, algorithm, [type]);
        accepted(await payer.create(subject));
        const read = await payer.read(subject);
        assert.equal(read.didDocument.id, subject.did);
        assert.deepEqual(read.didDocument.verificationMethod, subject.document().verificationMethod);
        assert.equal(read.didDocumentMetadata.deactivated, false);
        accepted(await payer.deactivate(subject));
        assert.equal((await payer.read(subject)).didDocumentMetadata.deactivated, true);
      });
    }

    test('keys are exchanged, and the end needs the new ones', async () => {
      const payer = await Payer.of(sdk);
      const subject = new Subject(sdk, Uuid, [Ed255192020, JWK]);
      const [firstVersion, lastVersion] = [randomUUID(), randomUUID()];
      accepted(await payer.create(subject, firstVersion));
      const before = subject.document();
      const retired = subject.exchange(1);
      const signers = [...subject.signers(), retired];
      accepted(await payer.sdk.updateDidDocTx(signers, subject.document(), payer.address, ...REST));

      const now = await payer.read(subject);
      assert.deepEqual(now.didDocument.verificationMethod, subject.document().verificationMethod);
      const then = await payer.sdk.queryDidDocVersion(subject.did, firstVersion);
      assert.deepEqual(then.didDocument.verificationMethod, before.verificationMethod);

      // The key that was exchanged signs in its old place: that is not the key of the document any more.
      const stale = [subject.signers()[0], retired];
      const refused = await payer.deactivate(subject, undefined, stale);
      assert.equal(refused.code, 1100);
      assert.ok(refused.rawLog.includes(`${subject.did}#key-2`), refused.rawLog);

      accepted(await payer.deactivate(subject, lastVersion));
      const versions = await payer.sdk.queryAllDidDocVersionsMetadata(subject.did);
      const ids = versions.didDocumentVersionsMetadata.map((version) => version.versionId);
      assert.equal(ids.length, 3);
      assert.ok(ids.includes(firstVersion) && ids.includes(lastVersion), ids.join());
    });

    test('an ended DID is neither ended again nor updated, and its end can be proven', async () => {
      const payer = await Payer.of(sdk);
      const subject = new Subject(sdk, Uuid, [Ed255192020, Ed255192018, JWK]);
      accepted(await payer.create(subject));
      accepted(await payer.deactivate(subject));
      const again = await payer.deactivate(subject);
      assert.equal(again.code, 1207);
      assert.match(again.rawLog, /DID Doc already deactivated/);
      const signers = subject.signers();
      const late = await payer.sdk.updateDidDocTx(signers, subject.document(), payer.address, ...REST);
      assert.equal(late.code, 1207);

      const resolved = await fetch(`${TEST_URL}/1.0/identifiers/${subject.did}`);
      assert.equal(resolved.status, 410);
      const { didDocumentMetadata } = await resolved.json();
      assert.equal(didDocumentMetadata.deactivated, true);
      const receipt = await fetch(`${TEST_URL}/v1/receipts/${subject.did}`);
      assert.equal(receipt.status, 200);
      const { summary } = await receipt.json();
      assert.equal(summary.status, 'deactivated');
      assert.deepEqual(
        summary.methods.map((method) => method.publicKeyHex),
        subject.keys.map((key) => key.publicKey),
      );
    });

    test('a key outside of `authentication` is missed by name until the library signs with it too', async () => {
      const payer = await Payer.of(sdk);
      const subject = new Subject(sdk, Uuid, [Ed255192020, Ed255192020]);
      subject.authentication = [0];
      accepted(await payer.create(subject));
      const short = await payer.deactivate(subject);
      assert.notEqual(short.code, 0);
      assert.ok(short.rawLog.includes(`${subject.did}#key-2`), short.rawLog);
      assert.ok(!short.rawLog.includes(`${subject.did}#key-1`), short.rawLog);
      assert.equal((await payer.read(subject)).didDocumentMetadata.deactivated, false);

      subject.authentication = [0, 1];
      const signers = subject.signers();
      accepted(await payer.sdk.updateDidDocTx(signers, subject.document(), payer.address, ...REST));
      accepted(await payer.deactivate(subject));
      assert.equal((await payer.read(subject)).didDocumentMetadata.deactivated, true);
    });

    test('resources are made and read', async () => {
      const payer = await Payer.of(sdk);
      const subject = new Subject(sdk, Uuid, [Ed255192020]);
      accepted(await payer.create(subject));
      const resource = {
        collectionId: subject.did.split(':')[3],
        id: randomUUID(),
        name: 'licence',
        version: '1',
        resourceType: 'Text',
        alsoKnownAs: [],
        data: new TextEncoder().encode('{"may": "sell fish"}'),
      };
      const made = [subject.signers(), resource, payer.address, undefined, undefined, undefined];
      accepted(await payer.sdk.createLinkedResourceTx(...made));
      const found = await payer.sdk.queryLinkedResource(resource.collectionId, resource.id);
      assert.deepEqual(Buffer.from(found.resource.data), Buffer.from(resource.data));
      assert.equal(found.metadata.mediaType, 'application/json');
      const of = [resource.collectionId, resource.name, resource.resourceType];
      const latest = await payer.sdk.queryLatestLinkedResourceVersionMetadata(...of);
      assert.equal(latest.id, resource.id);
      const all = await payer.sdk.queryLinkedResources(resource.collectionId);
      assert.deepEqual(all.resources.map((one) => one.id), [resource.id]);
    });
  });
}

// ---- What the tests have at hand ------------------------------------------------------------------------------------

/** Fee, memo, version id and options of fees, of which the library wants every one to be there. */
const REST = [undefined, undefined, undefined, undefined];

function accepted(result) {
  assert.equal(result.code, 0, result.rawLog);
  assert.match(result.transactionHash, /^[0-9A-F]{64}$/);
}

/** A client with an account of its own, which nobody has given anything. */
class Payer {
  static async of(sdk) {
    const payer = new Payer();
    const wallet = await sdk.createCosmosPayerWallet(randomBytes(32).toString('hex'));
    payer.address = (await wallet.getAccounts())[0].address;
    const modules = [sdk.DIDModule, sdk.ResourceModule];
    payer.sdk = await sdk.createCheqdSDK({ modules, rpcUrl: TEST_RPC, wallet });
    return payer;
  }

  create(subject, versionId) {
    const given = [subject.signers(), subject.document(), this.address];
    return this.sdk.createDidDocTx(...given, undefined, undefined, versionId, undefined);
  }

  deactivate(subject, versionId, signers = subject.signers()) {
    const given = [signers, subject.document(), this.address];
    return this.sdk.deactivateDidDocTx(...given, undefined, undefined, versionId, undefined);
  }

  read(subject) {
    return this.sdk.queryDidDoc(subject.did);
  }
}

/** A DID with its keys. */
class Subject {
  constructor(sdk, algorithm, types) {
    this.sdk = sdk;
    this.types = types;
    this.keys = types.map(() => newKey(sdk));
    const first = sdk.createVerificationKeys(this.keys[0].publicKey, algorithm, 'key-1');
    this.did = first.didUrl;
    this.algorithm = algorithm;
    this.authentication = types.map((_, position) => position);
  }

  /** Puts a new key in the place of one, and gives how the old one would sign there. */
  exchange(position) {
    const retired = this.signer(position);
    this.keys[position] = newKey(this.sdk);
    return retired;
  }

  document() {
    const named = this.keys.map((key, position) => {
      const [algorithm, fragment] = [this.algorithm, `key-${position + 1}`];
      const network = this.sdk.CheqdNetwork.Testnet;
      const id = this.did.split(':')[3];
      return this.sdk.createVerificationKeys(key.publicKey, algorithm, fragment, network, id, this.did);
    });
    const methods = this.sdk.createDidVerificationMethod(this.types, named);
    const ids = this.authentication.map((position) => named[position].keyId);
    return {
      id: this.did,
      controller: [this.did],
      verificationMethod: methods,
      authentication: ids,
      assertionMethod: ids,
    };
  }

  /** Those that the library asks for: the keys of `authentication`. */
  signers() {
    return this.authentication.map((position) => this.signer(position));
  }

  signer(position) {
    const verificationMethodId = `${this.did}#key-${position + 1}`;
    // The type is asked for where a resource is signed.
    return { verificationMethodId, privateKeyHex: this.keys[position].privateKey, keyType: 'Ed25519' };
  }
}

function newKey(sdk) {
  return sdk.createKeyPairHex(randomBytes(16).toString('hex'));
}
