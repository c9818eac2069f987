//! The `atropos` server: HTTP, configuration and the command line.
//!
//! This crate translates between published HTTP contracts and the core below it. Each contract ("dialect") is a folder
//! of its own with its routes, its shapes and its errors; what they share stands beside them.
//!
//! Deliberately absent: rules about documents, keys and signatures. Whatever a dialect checks here, it checks to give
//! its contract's own answer; the core decides again.

pub mod anchor;
pub mod app;
pub mod authentication;
pub mod backup;
pub mod command;
pub mod config;
pub mod dialect;
pub mod health;
pub mod http;
pub mod logging;
pub mod metrics;
pub mod output;
pub mod permit;
pub mod secret;
pub mod start;
pub mod statement;
