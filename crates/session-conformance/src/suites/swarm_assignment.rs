//! `swarm_assignment.json`: swarms that the network forms as nodes come and go.

use serde_json::{Map, Value};
use session_crypto::encoding::hex;
use session_swarm::{
    assignment::{Assignment, next_swarm_id},
    space::{SwarmId, SwarmRing},
};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite { file: "swarm_assignment", context: &[], reasons: &[], run };

/// Key of a service node, which orders nodes.
type NodeKey = [u8; 32];

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "get_new_swarm_id" => get_new_swarm_id(case),
        "calc_swarm_changes" => calc_swarm_changes(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn get_new_swarm_id(case: &Case<'_>) -> Result<Ran, BadVector> {
    let ids = items(case.required("swarm_ids")?).map(|id| {
        let number = id.as_str().and_then(|id| u64::from_str_radix(id, 16).ok());
        let id = number.and_then(|number| SwarmId::try_from(number).ok());
        id.ok_or_else(|| BadVector::Malformed("swarm id".to_owned()))
    });
    let ring = SwarmRing::new(ids.collect::<Result<Vec<_>, _>>()?);
    let Some(id) = next_swarm_id(&ring) else { return Ok(Ran::Refused("ring is full".to_owned())) };
    Ok(Ran::Returned(Outputs::new().value("new_swarm_id", padded(id))))
}

fn calc_swarm_changes(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut network = Assignment::default();
    let mut after = Vec::new();
    for block in items(case.required("blocks")?) {
        let hash = key(block.get("block_hash").unwrap_or(&Value::Null))?;
        let keys = |field| {
            let keys = block.get(field).into_iter().flat_map(items);
            keys.map(key).collect::<Result<Vec<NodeKey>, _>>()
        };
        let (leave, join) = (keys("leave")?, keys("join")?);
        network.advance(|node| leave.contains(node), join, &hash);
        after.push(swarms(&network));
    }
    Ok(Ran::Returned(Outputs::new().value("swarms_after_each_block", after)))
}

/// The first 8 bytes of the members' keys, in order, by swarm.
fn swarms(network: &Assignment<NodeKey>) -> Value {
    let short = |node: &NodeKey| hex::encode(node).chars().take(16).collect::<String>();
    let members = |nodes: &[NodeKey]| {
        let mut members: Vec<String> = nodes.iter().map(short).collect();
        members.sort();
        Value::from(members)
    };
    network.iter().map(|(id, nodes)| (padded(id), members(nodes))).collect::<Map<_, _>>().into()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn key(text: &Value) -> Result<NodeKey, BadVector> {
    let key = text.as_str().and_then(|text| hex::decode_array(text).ok());
    key.ok_or_else(|| BadVector::Malformed(format!("key of a node: {text}")))
}

/// The file writes ids with 16 digits.
fn padded(id: SwarmId) -> String {
    format!("{:016x}", id.get())
}
