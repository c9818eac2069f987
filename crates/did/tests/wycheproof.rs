//! The Wycheproof vectors of all key kinds that documents can hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use did::{PublicKey, WeakKey};
use wycheproof::TestResult;

#[test]
fn ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        let key: [u8; 32] = group.key.pk.as_slice().try_into().unwrap();
        let key = PublicKey::from_ed25519(&key).unwrap();
        for test in group.tests {
            tally.compare(
                test.tc_id,
                test.result,
                key.verify(&test.msg, &test.sig).is_ok(),
            );
        }
    }
    tally.has_seen(80);
}

#[test]
fn ecdsa() {
    use wycheproof::ecdsa::{TestName, TestSet};
    type Read = fn(&[u8]) -> Result<PublicKey, WeakKey>;
    let sets: [(TestName, Read); 2] = [
        (TestName::EcdsaSecp256r1Sha256, PublicKey::from_p256_sec1),
        (TestName::EcdsaSecp384r1Sha256, PublicKey::from_p384_sec1),
    ];
    for (name, read) in sets {
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let key = read(&group.key.key).unwrap();
            for test in group.tests {
                tally.compare(
                    test.tc_id,
                    test.result,
                    key.verify(&test.msg, &test.sig).is_ok(),
                );
            }
        }
        tally.has_seen(100);
    }
}

#[test]
fn rsa_pss() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    for name in [
        TestName::RsaPss2048Sha256Mgf1SaltLen0,
        TestName::RsaPss2048Sha256Mgf1SaltLen32,
        TestName::RsaPss3072Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha256Mgf1SaltLen32,
    ] {
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_bytes(did::KeyAlgorithm::Rsa, &group.asn_key).unwrap();
            for test in group.tests {
                // These fix the length of the salt; the ledger takes any.
                let other_salt_len = test.comment.starts_with("s_len changed to");
                let expected = if other_salt_len {
                    TestResult::Valid
                } else {
                    test.result
                };
                tally.compare(
                    test.tc_id,
                    expected,
                    key.verify(&test.msg, &test.sig).is_ok(),
                );
            }
        }
        tally.has_seen(100);
    }
}

#[derive(Default)]
struct Tally {
    valid: usize,
    invalid: usize,
}

impl Tally {
    /// "Acceptable" cases are left to the verifier.
    fn compare(&mut self, id: usize, expected: TestResult, accepted: bool) {
        match expected {
            TestResult::Valid => {
                assert!(accepted, "case {id} is valid");
                self.valid += 1;
            }
            TestResult::Invalid => {
                assert!(!accepted, "case {id} is invalid");
                self.invalid += 1;
            }
            TestResult::Acceptable => {}
        }
    }

    fn has_seen(&self, least: usize) {
        assert!(self.valid > 0 && self.invalid > 0 && self.valid + self.invalid >= least);
    }
}
