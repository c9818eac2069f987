//! HTTP clients for the requests that this program makes itself: to witnesses, receivers of webhooks, nodes of a cheqd
//! network, and other servers of its own kind.
//!
//! reqwest takes whatever TLS cryptography the process has chosen, and panics where it has chosen none. Every client
//! starts here, so that the choice is made once, and is the one that the listener makes as well.

use reqwest::ClientBuilder;
use rustls::crypto::ring;

/// A client to configure further. Its TLS connections use the cryptography of this program.
pub fn builder() -> ClientBuilder {
    // An error means that the provider has been chosen before, which is as good.
    let _ = ring::default_provider().install_default();
    ClientBuilder::new()
}
