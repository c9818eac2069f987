//! Who asks the vault, and for which tenant: first who it is (401), then whether the request can be read (400), then
//! whether they may (403).

use access::{Right, TenantId};
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::error::VaultFault;
use crate::app::App;
use crate::authentication::{Asker, ask};

const TENANT_HEADER: &str = "x-tenantid";
const REALM_HEADER: &str = "realmname";

/// Somebody who is known, and what they say of themselves. Whether they may is not asked yet.
pub(super) struct Knock {
    asker: Asker,
    tenant: TenantId,
    realm: Option<String>,
}

impl FromRequestParts<App> for Knock {
    type Rejection = VaultFault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Knock, VaultFault> {
        let asker = ask(app, parts, None).await?;
        let tenant = header(&parts.headers, TENANT_HEADER)?
            .and_then(|text| TenantId::parse(text).filter(|_| text.len() == 36))
            .ok_or_else(|| VaultFault::parameter("x-tenantid should be the UUID of the tenant"))?;
        let realm = header(&parts.headers, REALM_HEADER)?.map(str::to_owned);
        Ok(Knock {
            asker,
            tenant,
            realm,
        })
    }
}

impl Knock {
    /// Lets them in who may do this, `deed` in words, for their own tenant.
    pub(super) fn enter(self, app: &App, right: Right, deed: &str) -> Result<Asker, VaultFault> {
        let Knock {
            asker,
            tenant,
            realm,
        } = self;
        if asker.caller.tenant != tenant {
            let text = "User lacks permission for the tenant that x-tenantid names";
            return Err(VaultFault::Forbidden(text.to_owned()));
        }
        if let Some(realm) = realm {
            let own = app.access.tenant(&tenant)?;
            if own.is_none_or(|own| own.name != realm) {
                let text = "User lacks permission for the realm that realmname names";
                return Err(VaultFault::Forbidden(text.to_owned()));
            }
        }
        if asker.require(right).is_err() {
            let text = format!("User lacks permission to {deed}");
            return Err(VaultFault::Forbidden(text));
        }
        Ok(asker)
    }
}

/// A header that may stand once.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, VaultFault> {
    let mut given = headers.get_all(name).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(VaultFault::parameter(format!("{name} is given twice"))),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| VaultFault::parameter(format!("{name} is not text"))),
    }
}
