//! What eleven storage servers of release 2.8.0 answered, and how an answer is compared with it. The stories in
//! process and those over sockets share this file.

use session_onion::serde_json::{self, Map, Value};

const FILES: [&str; 2] =
    [include_str!("storage_node_differences.json"), include_str!("storage_node_texts.json")];

/// A request and what a real server answered to it.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    /// How the request travels: `rpc`, `http`, `edge`, `layer` or `hop_no`.
    pub(crate) via: String,
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) body: String,
    /// Clock of the case in ms.
    pub(crate) now: u64,
    /// Requests that fill the store of the case.
    pub(crate) before: Vec<String>,
}

/// The pairs that travel in one of these ways.
pub(crate) fn pairs(ways: &[&str]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for file in FILES {
        let file: Value = serde_json::from_str(file).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        pairs.extend(file["cases"].as_array().unwrap().iter().map(|case| Pair {
            name: text(&case["name"]),
            via: text(&case["via"]),
            request: text(&case["request"]),
            status: case["status"].as_u64().unwrap().try_into().unwrap(),
            body: text(&case["body"]),
            now: case["now"].as_u64().or(file["now"].as_u64()).unwrap_or_default(),
            before: case["before"].as_array().into_iter().flatten().map(text).collect(),
        }));
    }
    pairs.retain(|pair| ways.contains(&pair.via.as_str()));
    assert!(!pairs.is_empty(), "{ways:?}");
    pairs
}

/// Runs the pairs and compares. Each of `different` must differ, so that the list says what is true.
pub(crate) fn compare(
    pairs: &[Pair],
    different: &[(&str, &str)],
    mut answer: impl FnMut(&Pair) -> (u16, Vec<u8>),
) {
    let mut wrong = Vec::new();
    for pair in pairs {
        let (status, body) = answer(pair);
        let ours = (status, shape(&String::from_utf8_lossy(&body)));
        let differs = ours != (pair.status, shape(&pair.body));
        if differs != different.iter().any(|(name, _)| *name == pair.name) {
            let real = (pair.status, shape(&pair.body));
            let Pair { name, now, before, .. } = pair;
            let earlier = before.len();
            wrong.push(format!(
                "{name}, at {now} after {earlier} others\n  real {real:?}\n  ours {ours:?}"
            ));
        }
    }
    let known = |name| pairs.iter().any(|pair| pair.name == name);
    assert!(different.iter().all(|(name, _)| known(*name)), "a name in the list is no pair");
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), pairs.len(), wrong.join("\n"));
}

/// A body without what no two nodes have in common: times of the answer and signatures count by their form, and the
/// members of a swarm by what they say.
fn shape(body: &str) -> Value {
    match serde_json::from_str(body) {
        Ok(json @ Value::Object(_)) => shape_of(json),
        _ => Value::String(body.to_owned()),
    }
}

fn shape_of(json: Value) -> Value {
    let Value::Object(fields) = json else { return json };
    let field = |(name, value): (String, Value)| {
        let value = match (name.as_str(), value) {
            ("t" | "timestamp", Value::Number(number)) if number.is_u64() => "time".into(),
            ("signature", Value::String(text)) if text.len() == 88 => "signature".into(),
            ("swarm", Value::Object(swarm)) => {
                let mut said: Vec<_> =
                    swarm.into_iter().map(|(_, entry)| shape_of(entry).to_string()).collect();
                said.sort_unstable();
                said.dedup();
                said.into()
            }
            (_, value) => shape_of(value),
        };
        (name, value)
    };
    fields.into_iter().map(field).collect::<Map<_, _>>().into()
}
