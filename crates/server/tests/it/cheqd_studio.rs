//! The routes of cheqd Studio over a whole server, without a socket.

mod dids;
mod keys;
mod resources;
