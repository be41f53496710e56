//! Numbers for Prometheus, in its text format. No account, no message and no whole key is among them.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use crate::link::Endpoint;

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    link_messages: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

/// What is measured when it is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gauges {
    pub(super) nodes: u64,
    pub(super) swarms: u64,
    pub(super) height: u64,
    pub(super) messages: u64,
    pub(super) bytes: u64,
    pub(super) waiting: u64,
}

impl Metrics {
    /// Counts an answer to a client.
    pub(super) fn request(&self, path: &'static str, status: u16) {
        count(&self.requests, (path, status));
    }

    /// Counts a message between nodes.
    pub(super) fn link_message(&self, endpoint: Endpoint, answered: bool) {
        let endpoint = endpoint_name(endpoint);
        count(&self.link_messages, (endpoint, if answered { "answered" } else { "missed" }));
    }

    /// The text.
    pub(super) fn to_text(&self, gauges: Gauges) -> String {
        let mut text = String::from("# TYPE session_node_requests_total counter\n");
        for ((path, status), count) in &*locked(&self.requests) {
            let labels = format!("path=\"{path}\",status=\"{status}\"");
            _ = writeln!(text, "session_node_requests_total{{{labels}}} {count}");
        }
        text += "# TYPE session_node_link_messages_total counter\n";
        for ((endpoint, result), count) in &*locked(&self.link_messages) {
            let labels = format!("endpoint=\"{endpoint}\",result=\"{result}\"");
            _ = writeln!(text, "session_node_link_messages_total{{{labels}}} {count}");
        }
        for (name, value) in [
            ("nodes", gauges.nodes),
            ("swarms", gauges.swarms),
            ("block_height", gauges.height),
            ("stored_messages", gauges.messages),
            ("stored_bytes", gauges.bytes),
            ("peers_waiting", gauges.waiting),
        ] {
            _ = writeln!(text, "# TYPE session_node_{name} gauge\nsession_node_{name} {value}");
        }
        text
    }
}

/// What numbers and pages call an endpoint.
pub(super) const fn endpoint_name(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Post => "post",
        Endpoint::OnionRequest => "onion_request",
        Endpoint::StorageCommand => "storage_cc",
        Endpoint::Data => "data",
        Endpoint::Revocations => "revocations",
    }
}

fn count<K: Ord>(counters: &Mutex<BTreeMap<K, u64>>, key: K) {
    let mut counters = locked(counters);
    let count = counters.entry(key).or_default();
    *count = count.saturating_add(1);
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_counts_and_measures() {
        let metrics = Metrics::default();
        metrics.request("/onion_req/v2", 200);
        metrics.request("/onion_req/v2", 200);
        metrics.link_message(Endpoint::Data, false);
        let text = metrics.to_text(Gauges { nodes: 24, ..Gauges::default() });
        let lines: Vec<_> = text.lines().collect();
        assert!(
            lines.contains(&r#"session_node_requests_total{path="/onion_req/v2",status="200"} 2"#)
        );
        assert!(
            lines.contains(
                &r#"session_node_link_messages_total{endpoint="data",result="missed"} 1"#
            )
        );
        assert!(lines.contains(&"session_node_nodes 24"));
    }
}
