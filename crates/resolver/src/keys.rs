//! Keys of a document in another type: `transformKeys`.

use did::MethodType;
use did::proto::DidDoc;

use crate::error::ResolveError;

/// Rewrites every verification method of a document as one of this type. The keys stay the same, and so do contexts.
///
/// # Errors
/// A key that the type cannot hold.
pub(crate) fn show_as(method_type: MethodType, document: &mut DidDoc) -> Result<(), ResolveError> {
    for method in &mut document.verification_method {
        let not_so = |reason: &dyn std::fmt::Display| {
            ResolveError::NotRepresentable(format!("{}: {reason}", method.id))
        };
        let own: MethodType = method
            .verification_method_type
            .parse()
            .map_err(|error| not_so(&error))?;
        if own == method_type {
            continue;
        }
        let key = own.decode(&method.verification_material);
        let key = key.map_err(|error| not_so(&error))?;
        method.verification_material = method_type.encode(&key).map_err(|error| not_so(&error))?;
        method.verification_method_type = method_type.as_str().to_owned();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use did::proto::VerificationMethod;

    use super::*;

    fn document(method_type: &str, material: &str) -> DidDoc {
        DidDoc {
            verification_method: vec![VerificationMethod {
                id: "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0#key-1".into(),
                verification_method_type: method_type.into(),
                verification_material: material.into(),
                ..VerificationMethod::default()
            }],
            ..DidDoc::default()
        }
    }

    /// One key in the three forms, checked against an independent implementation.
    const FORMS: [(&str, &str); 3] = [
        (
            "Ed25519VerificationKey2018",
            "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
        ),
        (
            "Ed25519VerificationKey2020",
            "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX",
        ),
        (
            "JsonWebKey2020",
            r#"{"crv":"Ed25519","kty":"OKP","x":"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w"}"#,
        ),
    ];

    #[test]
    fn one_key_has_three_forms() {
        for (from, material) in FORMS {
            for (to, expected) in FORMS {
                let mut document = document(from, material);
                show_as(to.parse().unwrap(), &mut document).unwrap();
                let method = &document.verification_method[0];
                assert_eq!(method.verification_method_type, to);
                assert_eq!(method.verification_material, expected, "{from} to {to}");
            }
        }
    }

    #[test]
    fn a_key_that_does_not_fit_is_named() {
        // The base point of P-256.
        let jwk = serde_json::json!({
            "crv": "P-256", "kty": "EC",
            "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
            "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
        });
        let mut document = document("JsonWebKey2020", &jwk.to_string());
        let error = show_as(MethodType::Ed25519VerificationKey2020, &mut document).unwrap_err();
        assert!(error.to_string().contains("#key-1"), "{error}");
        assert!(matches!(error, ResolveError::NotRepresentable(_)));
    }
}
