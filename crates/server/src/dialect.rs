//! The published contracts that this server speaks, one folder each. A dialect parses requests into core types, makes
//! one call into the core and words the answer; no dialect imports another.

pub mod apinizer;
pub mod atropos;
pub mod cheqd_studio;
pub mod dfns;
pub mod dif_registration;
pub mod rezolve;
pub mod w3c_resolution;

/// Lets `?` turn what the shared layers refuse into the error of a dialect, which says itself what it makes of a
/// [`Refusal`](crate::http::Refusal) and of a [`Fault`](crate::http::Fault).
macro_rules! worded_by {
    ($error:ty) => {
        $crate::dialect::worded_by!(
            $error,
            ::access::MissingRight,
            $crate::authentication::AuthError,
            $crate::http::gate::Full,
            $crate::http::rate::TooMany
        );

        impl From<$crate::http::HttpError> for $error {
            fn from(error: $crate::http::HttpError) -> $error {
                match error {
                    $crate::http::HttpError::Refusal(refusal) => refusal.into(),
                    $crate::http::HttpError::Fault(fault) => fault.into(),
                }
            }
        }
    };
    ($error:ty, $($source:ty),+) => {
        $(impl From<$source> for $error {
            fn from(error: $source) -> $error {
                $crate::http::HttpError::from(error).into()
            }
        })+
    };
}

use worded_by;
