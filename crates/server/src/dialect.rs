//! The published contracts that this server speaks, one folder each. A dialect parses requests into core types, makes
//! one call into the core and words the answer; no dialect imports another.

pub mod apinizer;
pub mod atropos;
pub mod cheqd_studio;
pub mod dfns;
pub mod dif_registration;
pub mod rezolve;
pub mod w3c_resolution;
