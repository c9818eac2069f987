//! The one table of queries: a path and the bytes of a request give the bytes of a response, or an error.

use cosmos::{Code, Refusal};
use thiserror::Error;

use crate::Chain;

/// Why a query has no answer.
#[derive(Debug, Error)]
pub enum QueryError {
    /// Nothing is served under this path.
    #[error("unknown query path")]
    Path,
}

impl QueryError {
    /// How the ABCI says it.
    pub fn refusal(&self) -> Refusal {
        Code::UnknownRequest.because(self.to_string())
    }
}

impl Chain {
    /// Answers a query. `height` is the block whose state is asked for; 0 for the newest.
    ///
    /// # Errors
    /// [`QueryError`], of which both protocols have their own words.
    pub async fn query(
        &self,
        _path: &str,
        _request: &[u8],
        _height: u64,
    ) -> Result<Vec<u8>, QueryError> {
        Err(QueryError::Path)
    }
}
