//! `swarm_mapping.json`: positions of accounts, and the swarms that serve them.

use serde_json::Value;
use session_swarm::{
    address::Address,
    space::{SwarmId, SwarmPosition, SwarmRing},
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "swarm_mapping",
    context: &[],
    reasons: &[Reason {
        theirs: "invalid pubkey",
        ours: &["expected 66 hexadecimal digits", "no hexadecimal digit"],
    }],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "swarm_space" => {
            let address = case.text("pubkey")?.parse::<Address>();
            Ok(Ran::from_result(address.map(|address| {
                Outputs::new().value("swarm_space", padded(address.position().get()))
            })))
        }
        "swarm_for_pubkeys" => swarm_for_pubkeys(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn swarm_for_pubkeys(case: &Case<'_>) -> Result<Ran, BadVector> {
    let ids = texts(case, "swarm_ids")?.into_iter().map(|id| {
        let number = u64::from_str_radix(id, 16)
            .map_err(|_| BadVector::Malformed(format!("swarm id {id}")))?;
        SwarmId::try_from(number).map_err(|error| BadVector::Malformed(error.to_string()))
    });
    let ring = SwarmRing::new(ids.collect::<Result<Vec<_>, _>>()?);
    let addresses = texts(case, "pubkeys")?.into_iter().map(str::parse::<Address>);
    Ok(Ran::from_result(addresses.collect::<Result<Vec<_>, _>>().map(|addresses| {
        let positions: Vec<SwarmPosition> = addresses.iter().map(Address::position).collect();
        let swarm = |position: &SwarmPosition| {
            ring.nearest(*position).map_or(Value::Null, |id| padded(id.get()).into())
        };
        Outputs::new()
            .value("swarm_id", positions.iter().map(swarm).collect::<Value>())
            .value("swarm_space", positions.iter().map(|p| padded(p.get())).collect::<Value>())
    })))
}

fn texts<'a>(case: &Case<'a>, field: &str) -> Result<Vec<&'a str>, BadVector> {
    let texts = case.required(field)?.as_array().into_iter().flatten();
    texts
        .map(|text| text.as_str().ok_or_else(|| BadVector::Malformed(format!("`{field}`: {text}"))))
        .collect()
}

/// The file writes numbers of the ring with 16 digits.
fn padded(point: u64) -> String {
    format!("{point:016x}")
}
