//! Who is let in, and who no longer is.
use std::fs;

use access::{
    Access, AccessError, ApiKey, ApiKeyId, ApiKeySecret, AuthenticationError, Caller, Presented,
    Principal, Right, Role, Tenant, TenantId,
};
use audit::Attribution;
use store::Store;
use tempfile::TempDir;

const PRESET: &str = "preset-secret-of-a-deployment-0001";

fn open(directory: &TempDir) -> Access {
    Access::open(Store::open(&directory.path().join("store.db"), access::MIGRATIONS).unwrap())
}

fn fresh() -> (TempDir, Access) {
    let directory = tempfile::tempdir().unwrap();
    let access = open(&directory);
    (directory, access)
}

async fn tenant(access: &Access, name: &str) -> Tenant {
    access.create_tenant(name, &by()).await.unwrap()
}

async fn key(access: &Access, tenant: &Tenant) -> (ApiKey, ApiKeySecret) {
    access
        .create_api_key(&tenant.id, "a key", &by())
        .await
        .unwrap()
}

fn by() -> Attribution {
    Attribution::command_line()
}

fn authenticate(access: &Access, secret: &str) -> Result<Caller, AuthenticationError> {
    access.authenticate(Presented::ApiKey(secret))
}

/// The caller is this key, and nothing more.
fn assert_is(caller: &Caller, key: &ApiKey) {
    assert_eq!(caller.tenant, key.tenant);
    assert_eq!(caller.principal, Principal::ApiKey(key.id.clone()));
    assert_eq!(caller.rights, Role::Registrar.rights());
    assert!(caller.require(Right::AuditRead).is_err());
}

#[tokio::test]
async fn a_new_key_acts_for_its_tenant_and_no_other() {
    let (_directory, access) = fresh();
    let (one, two) = (tenant(&access, "one").await, tenant(&access, "two").await);
    for tenant in [&one, &two] {
        let (key, secret) = key(&access, tenant).await;
        assert_eq!(key.tenant, tenant.id);
        assert_is(&authenticate(&access, secret.reveal()).unwrap(), &key);
    }
}

#[tokio::test]
async fn secrets_are_long_random_and_carry_the_public_id() {
    let (_directory, access) = fresh();
    let tenant = tenant(&access, "one").await;
    let (first, first_secret) = key(&access, &tenant).await;
    let (_, second_secret) = key(&access, &tenant).await;
    let digits = first_secret
        .reveal()
        .strip_prefix(&format!("atropos_{}_", first.id))
        .unwrap();
    assert_eq!(first.id.as_str().len(), 8);
    assert_eq!(digits.len(), 64);
    assert!(
        digits
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    );
    assert_ne!(digits, second_secret.reveal().rsplit('_').next().unwrap());
}

#[tokio::test]
async fn whatever_is_not_the_whole_secret_is_unknown() {
    let (_directory, access) = fresh();
    let tenant = tenant(&access, "one").await;
    let (key, secret) = key(&access, &tenant).await;
    let secret = secret.reveal();
    assert!(matches!(
        authenticate(&access, ""),
        Err(AuthenticationError::Missing)
    ));
    let wrong = [
        secret[..secret.len() - 1].to_owned(),
        format!("{secret}0"),
        format!(" {secret}"),
        secret.to_ascii_uppercase(),
        secret.replace("atropos", "atropoz"),
        format!("atropos_{}_{}", key.id, "0".repeat(64)),
        key.id.to_string(),
        "%".repeat(64),
        "ä".repeat(32),
        "x".repeat(100_000),
        "\0".repeat(64),
    ];
    for text in wrong {
        assert!(
            matches!(
                authenticate(&access, &text),
                Err(AuthenticationError::Unknown)
            ),
            "{text:.80}"
        );
    }
    for index in 0..secret.len() {
        let mut changed = secret.as_bytes().to_vec();
        changed[index] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            matches!(
                authenticate(&access, &changed),
                Err(AuthenticationError::Unknown)
            ),
            "byte {index}"
        );
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_through_every_handle() {
    let (directory, access) = fresh();
    let other_process = open(&directory);
    let tenant = tenant(&access, "one").await;
    let ((kept, kept_secret), (gone, gone_secret)) =
        (key(&access, &tenant).await, key(&access, &tenant).await);
    for handle in [&access, &other_process] {
        assert_is(&authenticate(handle, gone_secret.reveal()).unwrap(), &gone);
    }
    let revoked = other_process.revoke_api_key(&gone.id, &by()).await.unwrap();
    assert!(revoked.revoked_ms.is_some());
    for handle in [&access, &other_process, &open(&directory)] {
        assert!(matches!(
            authenticate(handle, gone_secret.reveal()),
            Err(AuthenticationError::Revoked)
        ));
        assert_is(&authenticate(handle, kept_secret.reveal()).unwrap(), &kept);
    }
    assert_eq!(
        access.revoke_api_key(&gone.id, &by()).await.unwrap(),
        revoked,
        "again changes nothing"
    );
    let missing = ApiKeyId::parse(if gone.id.as_str() == "00000000" {
        "00000001"
    } else {
        "00000000"
    })
    .unwrap();
    assert!(matches!(
        access.revoke_api_key(&missing, &by()).await,
        Err(AccessError::NoSuchApiKey)
    ));
}

#[tokio::test]
async fn a_revoked_tenant_is_refused_with_all_its_keys() {
    let (_directory, access) = fresh();
    let (one, two) = (tenant(&access, "one").await, tenant(&access, "two").await);
    let (secrets, other) = (
        [key(&access, &one).await, key(&access, &one).await],
        key(&access, &two).await,
    );
    access
        .create_api_key_with_secret(&one.id, "preset", PRESET, &by())
        .await
        .unwrap();
    let revoked = access.revoke_tenant(&one.id, &by()).await.unwrap();
    assert!(revoked.revoked_ms.is_some());
    assert_eq!(access.revoke_tenant(&one.id, &by()).await.unwrap(), revoked);
    for secret in [secrets[0].1.reveal(), secrets[1].1.reveal(), PRESET] {
        assert!(matches!(
            authenticate(&access, secret),
            Err(AuthenticationError::Revoked)
        ));
    }
    assert!(authenticate(&access, other.1.reveal()).is_ok());
    assert!(matches!(
        access.create_api_key(&one.id, "new", &by()).await,
        Err(AccessError::TenantRevoked)
    ));
    let preset = access
        .create_api_key_with_secret(&one.id, "preset", PRESET, &by())
        .await;
    assert!(matches!(preset, Err(AccessError::TenantRevoked)));
    let missing = TenantId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    assert!(matches!(
        access.revoke_tenant(&missing, &by()).await,
        Err(AccessError::NoSuchTenant)
    ));
    assert!(matches!(
        access.create_api_key(&missing, "new", &by()).await,
        Err(AccessError::NoSuchTenant)
    ));
}

#[tokio::test]
async fn a_preset_secret_is_idempotent_bound_to_its_tenant_and_stays_revoked() {
    let (_directory, access) = fresh();
    let (one, two) = (tenant(&access, "one").await, tenant(&access, "two").await);
    let first = access
        .create_api_key_with_secret(&one.id, "first", PRESET, &by())
        .await
        .unwrap();
    let again = access
        .create_api_key_with_secret(&one.id, "second", PRESET, &by())
        .await
        .unwrap();
    assert_eq!(first, again);
    assert_eq!(
        access.api_keys(&one.id).unwrap(),
        std::slice::from_ref(&first)
    );
    assert_is(&authenticate(&access, PRESET).unwrap(), &first);
    let stolen = access
        .create_api_key_with_secret(&two.id, "theirs", PRESET, &by())
        .await;
    assert!(matches!(stolen, Err(AccessError::SecretTaken)));
    access.revoke_api_key(&first.id, &by()).await.unwrap();
    let revived = access
        .create_api_key_with_secret(&one.id, "first", PRESET, &by())
        .await;
    assert!(matches!(revived, Err(AccessError::SecretRevoked)));
    assert!(matches!(
        authenticate(&access, PRESET),
        Err(AuthenticationError::Revoked)
    ));
}

#[tokio::test]
async fn preset_secrets_have_bounds() {
    let (_directory, access) = fresh();
    let tenant = tenant(&access, "one").await;
    let refused = [
        "".to_owned(),
        "x".repeat(31),
        "x".repeat(257),
        format!("{PRESET} "),
        format!("{PRESET}\n"),
        "é".repeat(32),
    ];
    for secret in refused {
        let outcome = access
            .create_api_key_with_secret(&tenant.id, "preset", &secret, &by())
            .await;
        assert!(
            matches!(outcome, Err(AccessError::InvalidSecret)),
            "{secret:?}"
        );
    }
    for secret in ["x".repeat(32), "!~".repeat(128)] {
        access
            .create_api_key_with_secret(&tenant.id, "preset", &secret, &by())
            .await
            .unwrap();
        assert!(authenticate(&access, &secret).is_ok());
    }
}

#[tokio::test]
async fn names_are_unique_for_tenants_and_bounded_for_all() {
    let (_directory, access) = fresh();
    let one = tenant(&access, "one").await;
    assert!(matches!(
        access.create_tenant("one", &by()).await,
        Err(AccessError::NameTaken)
    ));
    access.revoke_tenant(&one.id, &by()).await.unwrap();
    assert!(matches!(
        access.create_tenant("one", &by()).await,
        Err(AccessError::NameTaken)
    ));
    let two = tenant(&access, &"ü".repeat(128)).await;
    for name in ["", " ", " a", "a ", "a\nb", "a\u{0}", &"x".repeat(129)] {
        assert!(
            matches!(
                access.create_tenant(name, &by()).await,
                Err(AccessError::InvalidName)
            ),
            "{name:?}"
        );
        let key = access.create_api_key(&two.id, name, &by()).await;
        assert!(matches!(key, Err(AccessError::InvalidName)), "{name:?}");
    }
}

#[tokio::test]
async fn tenants_and_keys_are_found_and_listed_after_reopening() {
    let (directory, access) = fresh();
    let (two, one) = (tenant(&access, "two").await, tenant(&access, "one").await);
    let (first, second) = (key(&access, &one).await.0, key(&access, &one).await.0);
    let second = access.revoke_api_key(&second.id, &by()).await.unwrap();
    drop(access);
    let access = open(&directory);
    assert_eq!(access.tenants().unwrap(), [one.clone(), two.clone()]);
    assert_eq!(access.tenant(&one.id).unwrap(), Some(one.clone()));
    assert_eq!(access.tenant_named("two").unwrap(), Some(two.clone()));
    assert_eq!(access.tenant_named("three").unwrap(), None);
    assert_eq!(access.api_key(&first.id).unwrap(), Some(first.clone()));
    let mut keys = access.api_keys(&one.id).unwrap();
    keys.sort_by_key(|key| key.revoked_ms);
    assert_eq!(keys, [first, second]);
    assert!(access.api_keys(&two.id).unwrap().is_empty());
}

#[test]
fn ids_have_one_form() {
    let id = "0123ABCD-0000-4000-8000-00000000000F";
    assert_eq!(
        TenantId::parse(id).unwrap().as_str(),
        id.to_ascii_lowercase()
    );
    assert_eq!(ApiKeyId::parse("0123ABCD").unwrap().as_str(), "0123abcd");
    for text in ["", "one", "0123abc", "0123abcg", "0123abcde"] {
        assert_eq!(TenantId::parse(text), None);
        assert_eq!(ApiKeyId::parse(text), None);
    }
}

#[tokio::test]
async fn no_secret_lies_in_the_files_or_in_what_is_printed() {
    let (directory, access) = fresh();
    let tenant = tenant(&access, "one").await;
    let (key, secret) = key(&access, &tenant).await;
    access
        .create_api_key_with_secret(&tenant.id, "preset", PRESET, &by())
        .await
        .unwrap();
    let random = secret.reveal().rsplit('_').next().unwrap();
    let needles = [
        random.as_bytes().to_vec(),
        hex::decode(random).unwrap(),
        PRESET.as_bytes().to_vec(),
    ];
    let mut haystacks =
        vec![format!("{key:?} {:?}", authenticate(&access, secret.reveal())).into_bytes()];
    for entry in fs::read_dir(directory.path()).unwrap() {
        haystacks.push(fs::read(entry.unwrap().path()).unwrap());
    }
    assert!(
        haystacks
            .iter()
            .any(|bytes| contains(bytes, key.id.as_str().as_bytes())),
        "the scan finds what is there"
    );
    for needle in &needles {
        assert!(!haystacks.iter().any(|bytes| contains(bytes, needle)));
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
