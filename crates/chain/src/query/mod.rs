//! The one table of queries: a path and the bytes of a request give the bytes of a response, or an error.
