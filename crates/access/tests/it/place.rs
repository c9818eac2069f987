//! A store with one tenant, and what tests of clients do with it.

use access::{
    Access, AuthenticationError, Caller, ClientDetails, ClientDraft, ClientPlace, Grant,
    GrantTarget, Password, PasswordHash, Presented, TenantId, Username,
};
use audit::{Attribution, AuditFilter};
use rusqlite::Connection;
use std::net::IpAddr;
use store::Store;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) const PASSWORD: &str = "SecurePassword123!";

pub(crate) struct Place {
    pub(crate) access: Access,
    pub(crate) tenant: TenantId,
    pub(crate) folder: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db"), access::MIGRATIONS).unwrap();
        let access = Access::open(store);
        let tenant = access.create_tenant("one", &by()).await.unwrap().id;
        Place {
            access,
            tenant,
            folder,
        }
    }

    pub(crate) fn sql(&self) -> Connection {
        Connection::open(self.folder.path().join("store.db")).unwrap()
    }

    pub(crate) fn client(&self, username: &str) -> ClientPlace {
        ClientPlace {
            tenant: self.tenant.clone(),
            project: "default".into(),
            username: Username::parse(username).unwrap(),
        }
    }

    pub(crate) async fn create(&self, username: &str, draft: ClientDraft) {
        let details = ClientDetails::parse(draft).unwrap();
        let place = self.client(username);
        self.access
            .create_client(place, details, hash(PASSWORD), &by())
            .await
            .unwrap();
    }

    pub(crate) fn login(
        &self,
        username: &str,
        password: &str,
    ) -> Result<Caller, AuthenticationError> {
        self.login_from(username, password, None)
    }

    pub(crate) fn login_from(
        &self,
        username: &str,
        password: &str,
        address: Option<&str>,
    ) -> Result<Caller, AuthenticationError> {
        self.access.authenticate(Presented::Basic {
            username,
            password,
            address: address.map(|address| address.parse::<IpAddr>().unwrap()),
        })
    }

    pub(crate) fn bearer(&self, token: &str) -> Result<Caller, AuthenticationError> {
        self.access.authenticate(Presented::Bearer(token))
    }

    pub(crate) async fn grant(&self, username: &str, target: GrantTarget, expires_ms: Option<u64>) {
        let grant = Grant { target, expires_ms };
        self.access
            .grant_access(self.client(username), vec![grant], &by())
            .await
            .unwrap();
    }

    pub(crate) fn entries(&self) -> usize {
        let filter = AuditFilter::default();
        self.access.audit().page(&filter, None, 1000).unwrap().len()
    }
}

pub(crate) fn by() -> Attribution {
    Attribution::command_line()
}

pub(crate) fn hash(password: &str) -> PasswordHash {
    let password = Zeroizing::new(password.to_owned());
    Password::parse(password).unwrap().hash().unwrap()
}

pub(crate) fn draft() -> ClientDraft {
    ClientDraft {
        email: "user@example.org".into(),
        full_name: "John Doe".into(),
        enabled: true,
        ..ClientDraft::default()
    }
}
