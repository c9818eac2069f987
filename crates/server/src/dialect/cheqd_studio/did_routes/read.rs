//! What can be read of DIDs: the account's list, and any DID's resolution.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use registrar::{LIST_MAX, Page};
use serde_json::Value;

use super::super::body::Input;
use super::super::error::StudioError;
use super::super::fields::Fields;
use super::super::responses::DidList;
use super::refusal::{About, refusal};
use crate::app::App;
use crate::authentication::Caller;
use crate::config::Network;
use crate::http::description;
use access::Right;

/// Get a list of the DIDs of this account.
///
/// The oldest first, deactivated ones too; at most 10,000 a page.
#[utoipa::path(
    get, path = "/did/list", tag = description::DIDS,
    params(
        ("network" = Option<String>, Query, description = "`testnet` or `mainnet`; both if not given."),
        ("page" = Option<u64>, Query, description = "Counted from 1."),
        ("limit" = Option<u32>, Query, description = "DIDs on one page."),
    ),
    responses((status = 200, description = "The request was successful.", body = DidList)),
    extensions(
        ("x-permission" = json!(Right::DidsRead.as_str())),
        ("x-errors" = json!([400, 401, 403, 500])),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<DidList>, StudioError> {
    let ListDids { network, page } = ListDids::parse(Input::of_query(query.as_deref())?)?;
    let network = network.map(|network| network.to_string());
    let listed = app
        .registrar
        .list(caller.tenant(), network.as_deref(), page)
        .await;
    let listed = listed.map_err(|error| refusal(About::List, error))?;
    let dids = listed.dids.iter().map(ToString::to_string).collect();
    Ok(Json(DidList {
        total: listed.total,
        dids,
    }))
}

/// Resolve a DID Document.
///
/// The full result, in the shape from before 2025: a deactivated DID is answered with 200, its document and
/// `"deactivated": true`. No API key is needed.
#[utoipa::path(
    get, path = "/did/search/{did}", tag = description::DIDS, security(()),
    params(
        ("did" = String, Path, description = "DID identifier to resolve."),
        ("versionId" = Option<String>, Query, description = "The version with this id."),
        ("versionTime" = Option<String>, Query, description = "The version that was the latest then (RFC 3339)."),
    ),
    responses(
        (status = 200, description = "The request was successful."),
        (status = 400, description = "No DID, or unusable options."),
        (status = 404, description = "No such DID or version."),
        (status = 406, description = "An option that is not supported."),
        (status = 501, description = "Another method or network."),
        (status = 503, description = "Whether it is active is not known now."),
    ),
)]
pub(super) async fn search(
    State(app): State<App>,
    Path(did): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    (app.legacy_resolution)(&app, &did, query.as_deref())
}

/// `GET /did/list`: its query.
#[derive(Debug, PartialEq, Eq)]
struct ListDids {
    network: Option<Network>,
    page: Page,
}

impl ListDids {
    fn parse(input: Input) -> Result<ListDids, StudioError> {
        const NETWORK: &str = "Invalid network";
        let mut fields = Fields::from(input);
        let network = fields
            .text("network", NETWORK)?
            .filter(|text| !text.is_empty());
        let network =
            network.map(|text| text.parse().map_err(|_| StudioError::bad_request(NETWORK)));
        match fields
            .text("metadata", "metadata should be a boolean value")?
            .as_deref()
        {
            None | Some("" | "false") => {}
            Some("true") => {
                let text = "metadata=true is not available here; resolve a DID with /did/search/{did} instead";
                return Err(StudioError::bad_request(text));
            }
            Some(_) => {
                return Err(StudioError::bad_request(
                    "metadata should be a boolean value",
                ));
            }
        }
        let limit = number(&mut fields, "limit")?.unwrap_or(u64::from(LIST_MAX));
        let limit = u32::try_from(limit).unwrap_or(LIST_MAX).min(LIST_MAX);
        let page = number(&mut fields, "page")?.unwrap_or(1);
        fields.finish(&["createdAt", "providerId"])?;
        let page = Page {
            offset: (page - 1).saturating_mul(u64::from(limit)),
            limit,
        };
        Ok(ListDids {
            network: network.transpose()?,
            page,
        })
    }
}

/// A number from 1.
fn number(fields: &mut Fields, name: &str) -> Result<Option<u64>, StudioError> {
    let wrong = || StudioError::bad_request(format!("{name} should be a positive number"));
    match fields.take(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.map(Some).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<ListDids, String> {
        ListDids::parse(Input::of_query(Some(query)).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn pages_are_counted_from_one() {
        let page = |offset, limit| Page { offset, limit };
        for (query, network, expected) in [
            ("", None, page(0, LIST_MAX)),
            (
                "network=testnet&page=3&limit=10",
                Some(Network::Testnet),
                page(20, 10),
            ),
            (
                "page=&limit=&createdAt=x&metadata=false",
                None,
                page(0, LIST_MAX),
            ),
            ("limit=99999999999", None, page(0, LIST_MAX)),
            ("page=18446744073709551615&limit=2", None, page(u64::MAX, 2)),
        ] {
            assert_eq!(
                parse(query),
                Ok(ListDids {
                    network,
                    page: expected
                }),
                "{query}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (query, text) in [
            ("network=devnet", "Invalid network"),
            ("metadata=maybe", "metadata should be a boolean value"),
            ("page=0", "page should be a positive number"),
            ("limit=-1", "limit should be a positive number"),
            ("colour=1", "colour is not a field of this request"),
        ] {
            assert_eq!(parse(query), Err(text.into()), "{query}");
        }
    }
}
