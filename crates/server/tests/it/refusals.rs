//! Who is not heard is told so in the shape of the dialect, and nothing changes.

mod approval;
mod credentials;
mod fill;
mod leave;
mod matrix;
mod rates;
mod routes;
mod state;
mod wording;
