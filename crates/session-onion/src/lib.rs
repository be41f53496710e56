//! Onion requests of the Session messenger protocol: hop encryption, building, peeling, replies, blame.
