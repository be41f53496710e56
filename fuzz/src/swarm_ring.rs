//! Targets of `session-swarm`: the ring, and how the network forms its swarms.

use session_swarm::{
    assignment::{Assignment, MIN_SWARM_SIZE, next_swarm_id},
    space::{SwarmId, SwarmPosition, SwarmRing},
};

/// The swarm that a lookup finds is the one of a scan, and the only one whose range holds the position. The
/// first 8 bytes are the position, the others the swarms.
pub fn ring(data: &[u8]) {
    let (numbers, rest) = data.as_chunks::<8>();
    if let Ok(id) = String::from_utf8_lossy(rest).parse::<SwarmId>() {
        assert_eq!(id.to_string().as_bytes(), rest, "a second spelling");
    }
    let mut numbers = numbers.iter().map(|number| u64::from_be_bytes(*number));
    let Some(position) = numbers.next() else { return };
    let ids: Vec<SwarmId> = numbers.filter_map(|number| SwarmId::try_from(number).ok()).collect();
    let ring = SwarmRing::new(ids.iter().copied());
    let distance = |id: &SwarmId| {
        let ahead = id.get().wrapping_sub(position);
        let behind = position.wrapping_sub(id.get());
        (ahead.min(behind), behind > ahead)
    };
    let nearest = ids.iter().copied().min_by_key(distance);
    let position = SwarmPosition::from(position);
    assert_eq!(ring.nearest(position), nearest);
    let serves = |id: &&SwarmId| ring.range(**id).is_some_and(|range| range.contains(position));
    let serving: Vec<SwarmId> = ring.ids().iter().filter(serves).copied().collect();
    assert_eq!(serving, Vec::from_iter(nearest));
    let next = next_swarm_id(&ring).expect("a ring of few swarms has room");
    assert!(!ring.ids().contains(&next));
}

/// However nodes come and go, none is lost or doubled, and the swarms are well formed. Each pair of bytes is a
/// block: how many nodes leave, how many join.
pub fn assignment(data: &[u8]) {
    let mut network: Assignment<u32> = Assignment::default();
    let mut nodes: Vec<u32> = Vec::new();
    let mut newest = 0;
    let (blocks, _) = data.as_chunks::<2>();
    for (height, [leaving, joining]) in (0_u32..64).zip(blocks) {
        // Those that leave are spread over the list.
        let step = usize::from(*leaving) + 1;
        let leave: Vec<u32> =
            if *leaving == 0 { Vec::new() } else { nodes.iter().copied().step_by(step).collect() };
        nodes.retain(|node| !leave.contains(node));
        let join: Vec<u32> = (newest..newest + u32::from(*joining)).collect();
        newest += u32::from(*joining);
        nodes.extend(&join);
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&height.to_le_bytes());
        network.advance(|node| leave.contains(node), join, &hash);
        check(&network, &nodes);
    }
}

fn check(network: &Assignment<u32>, nodes: &[u32]) {
    let mut members: Vec<u32> = network.iter().flat_map(|(_, nodes)| nodes.to_vec()).collect();
    members.sort_unstable();
    assert_eq!(members, nodes, "nodes were lost or doubled");
    assert_eq!(network.ring().ids().len(), network.len(), "an id was given twice");
    let sizes: Vec<usize> = network.iter().map(|(_, nodes)| nodes.len()).collect();
    let starving = sizes.iter().any(|size| *size < MIN_SWARM_SIZE);
    assert!(sizes.len() <= 1 || !starving, "a starving swarm is left: {sizes:?}");
    let excess: usize = sizes.iter().map(|size| size.saturating_sub(MIN_SWARM_SIZE)).sum();
    assert!(starving || excess < 7 + 2 * sizes.len(), "there could be one more swarm: {sizes:?}");
}
