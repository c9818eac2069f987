//! Answers that name their request: made anew once its id is known.

use std::fmt;
use std::sync::Arc;

use axum::response::Response;

/// An extension of a response: how the same answer is made with the id of its request.
#[derive(Clone)]
pub struct Identified(Arc<dyn Fn(&str) -> Response + Send + Sync>);

impl fmt::Debug for Identified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identified")
    }
}

impl Identified {
    /// An answer that is made by this function of the request's id. Until it is known, the id is empty.
    pub fn response(answer: impl Fn(&str) -> Response + Send + Sync + 'static) -> Response {
        let mut response = answer("");
        response
            .extensions_mut()
            .insert(Identified(Arc::new(answer)));
        response
    }

    /// The answer to the request with this id.
    pub(crate) fn with(mut response: Response, id: &str) -> Response {
        match response.extensions_mut().remove::<Identified>() {
            Some(Identified(answer)) => answer(id),
            None => response,
        }
    }
}
