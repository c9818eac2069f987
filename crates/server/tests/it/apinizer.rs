//! The apiops dialect over a whole server, without a socket.

mod approval;
mod deletion;
mod place;
mod published;
