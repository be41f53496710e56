//! Swarms of the Session messenger protocol: swarm space, message hash, storage requests and their signatures.
