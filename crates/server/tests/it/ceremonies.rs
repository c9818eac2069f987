//! Ceremonies over HTTP, and the statements that holders sign offline.

mod approvals;
mod planning;
mod routes;
mod sign;
mod vector;
mod wallets;
