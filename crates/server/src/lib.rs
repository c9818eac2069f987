//! The `atropos` server: HTTP, configuration and the command line.
//!
//! This crate translates between published HTTP contracts and the core below it. Each contract ("dialect") is a folder
//! of its own with its routes, its shapes and its errors; what they share stands beside them.
//!
//! Deliberately absent: rules about documents, keys and signatures. Whatever a dialect checks here, it checks to give
//! its contract's own answer; the core decides again.

pub mod anchor;
pub mod apiops;
pub mod asking;
pub mod auth;
pub mod backup;
mod caching;
pub mod cli;
pub mod comet;
pub mod config;
pub mod form;
pub mod gate;
pub mod grpc;
pub mod health;
pub mod json;
pub mod layers;
pub mod leave;
pub mod logging;
pub mod metrics;
pub mod native;
pub mod openapi;
pub mod output;
pub mod rates;
pub mod registration;
pub mod resolution;
pub mod router;
pub mod run;
pub mod serve;
pub mod start;
pub mod state;
pub mod statement;
pub mod studio;
pub mod vault;
