//! Who asks the vault, and for which tenant: first who it is (401), then whether the request can be read (400), then
//! whether they may (403).

use access::{Right, TenantId};
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::error::RezolveError;
use crate::app::App;
use crate::authentication::{Caller, authenticate};
use crate::http::Fault;
use crate::http::layer::Context;

const TENANT_HEADER: &str = "x-tenantid";
const REALM_HEADER: &str = "realmname";

/// Somebody who is known, and what they say of themselves. Whether they may is not asked yet.
pub(super) struct VaultRequest {
    caller: Caller,
    tenant: TenantId,
    realm: Option<String>,
    /// What the description of the route says that the caller needs.
    rights: Vec<Right>,
}

impl FromRequestParts<App> for VaultRequest {
    type Rejection = RezolveError;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> Result<VaultRequest, RezolveError> {
        let caller = authenticate(app, parts, None).await?;
        let tenant = header(&parts.headers, TENANT_HEADER)?
            .and_then(|text| TenantId::parse(text).filter(|_| text.len() == 36))
            .ok_or_else(|| {
                RezolveError::parameter("x-tenantid should be the UUID of the tenant")
            })?;
        let realm = header(&parts.headers, REALM_HEADER)?.map(str::to_owned);
        let context = parts.extensions.get::<Context>();
        let route = context.and_then(|context| context.route.as_ref());
        let rights = route.ok_or(Fault::Internal)?.rights.clone();
        Ok(VaultRequest {
            caller,
            tenant,
            realm,
            rights,
        })
    }
}

impl VaultRequest {
    /// Lets them in who may do this, `deed` in words, for their own tenant.
    pub(super) fn enter(self, app: &App, deed: &str) -> Result<Caller, RezolveError> {
        let VaultRequest {
            caller,
            tenant,
            realm,
            rights,
        } = self;
        if caller.account.tenant != tenant {
            let text = "User lacks permission for the tenant that x-tenantid names";
            return Err(RezolveError::Forbidden(text.to_owned()));
        }
        if let Some(realm) = realm {
            let own = app.access.tenant(&tenant)?;
            if own.is_none_or(|own| own.name != realm) {
                let text = "User lacks permission for the realm that realmname names";
                return Err(RezolveError::Forbidden(text.to_owned()));
            }
        }
        if rights
            .into_iter()
            .any(|right| caller.require(right).is_err())
        {
            let text = format!("User lacks permission to {deed}");
            return Err(RezolveError::Forbidden(text));
        }
        Ok(caller)
    }
}

/// A header that may stand once.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, RezolveError> {
    let mut given = headers.get_all(name).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(RezolveError::parameter(format!("{name} is given twice"))),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| RezolveError::parameter(format!("{name} is not text"))),
    }
}
