//! A local network of Session service nodes: onion peeling, storage, replication, in one process.
