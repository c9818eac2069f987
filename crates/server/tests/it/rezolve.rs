//! The vault dialect over a whole server, without a socket; webhooks go to real receivers.

mod audit_logs;
mod place;
mod published;
mod siblings;
mod webhooks;
