//! Routes of cheqd Studio that this server does not have. They are told apart from misspelt paths.

/// Beginnings of paths. `/did/export` would hand out private keys, which never leave the keystore.
const NOT_SERVED: [&str; 14] = [
    "/did/export/",
    "/credential/",
    "/credentials/",
    "/credential-status/",
    "/presentation/",
    "/trust-registry/",
    "/account",
    "/auth/",
    "/logto/",
    "/admin/",
    "/event/",
    "/providers",
    "/organisation/",
    "/static/",
];

/// Whether cheqd Studio has routes under this path and this server has not.
pub(crate) fn is_not_served(path: &str) -> bool {
    NOT_SERVED
        .iter()
        .any(|beginning| path.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_of_studio_are_told_apart_from_misspelt_ones() {
        for path in [
            "/did/export/did:x",
            "/credential/issue",
            "/account",
            "/account/create",
            "/providers",
        ] {
            assert!(is_not_served(path), "{path}");
        }
        for path in [
            "/",
            "/did/creat",
            "/key/red/00",
            "/credential",
            "/did/export",
        ] {
            assert!(!is_not_served(path), "{path}");
        }
    }
}
