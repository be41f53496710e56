//! The swarms that a client knows, account by account (spec 05 §8).

use alloc::{collections::BTreeMap, vec::Vec};

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};

use crate::{
    address::Address,
    answer::{SwarmInfo, SwarmMember},
};

/// A swarm of fewer known members is asked for again.
pub const MIN_KNOWN_MEMBERS: usize = 3;

/// Swarms by account.
///
/// What fills it is hearsay: answers to `get_swarm` and bodies of status 421. A client that has the list of
/// all nodes from several of them does better to find the swarm by itself, with a
/// [`SwarmRing`](crate::space::SwarmRing) of the swarms in it.
#[derive(Clone, Debug, Default)]
pub struct SwarmCache(BTreeMap<Address, Vec<SwarmMember>>);

impl SwarmCache {
    /// Members of the account's swarm; `None` if fewer than [`MIN_KNOWN_MEMBERS`] are known, so that the swarm
    /// has to be asked for.
    #[must_use]
    pub fn members(&self, account: &Address) -> Option<&[SwarmMember]> {
        self.0.get(account).map(Vec::as_slice).filter(|known| known.len() >= MIN_KNOWN_MEMBERS)
    }

    /// Takes a node's word on the swarm of `account` in place of what was known. Members without an address are
    /// left out, each is taken once, and a swarm without members changes nothing.
    pub fn replace(&mut self, account: Address, swarm: &SwarmInfo) {
        let mut members: Vec<SwarmMember> = Vec::new();
        for member in swarm.members.iter().filter(|member| !member.ip.is_unspecified()) {
            if members.iter().all(|known| known.ed25519 != member.ed25519) {
                members.push(*member);
            }
        }
        if !members.is_empty() {
            self.0.insert(account, members);
        }
    }

    /// Drops one member of the account's swarm: it did not answer, or says that it does not serve the account.
    pub fn drop_member(&mut self, account: &Address, node: &Ed25519PublicKey) {
        if let Some(members) = self.0.get_mut(account) {
            members.retain(|member| member.ed25519 != *node);
        }
    }

    /// Drops the members that are no longer nodes of the network.
    pub fn retain_nodes(&mut self, mut is_known: impl FnMut(&Ed25519PublicKey) -> bool) {
        for members in self.0.values_mut() {
            members.retain(|member| is_known(&member.ed25519));
        }
    }

    /// Members of the account's swarm in a random order, in which they are to be asked: none twice before all
    /// were. `None` as for [`Self::members`].
    pub fn shuffled(
        &self,
        account: &Address,
        rng: &mut impl CryptoRng,
    ) -> Option<Vec<SwarmMember>> {
        let mut members = self.members(account)?.to_vec();
        // Fisher-Yates; the bias of the remainder of a 64-bit number is far below what anybody could notice.
        for end in (1..members.len()).rev() {
            let count = u64::try_from(end).unwrap_or(u64::MAX).saturating_add(1);
            members.swap(end, usize::try_from(rng.next_u64() % count).unwrap_or(0));
        }
        Some(members)
    }
}

#[cfg(test)]
mod tests {
    use core::{convert::Infallible, net::Ipv4Addr};

    use session_crypto::{
        rand_core::{TryCryptoRng, TryRng},
        x25519::X25519PublicKey,
    };

    use super::*;
    use crate::space::SwarmId;

    const ACCOUNT: Address = Address::from_bytes([5; 33]);

    fn member(number: u8) -> SwarmMember {
        let ip = Ipv4Addr::new(10, 0, 0, number);
        let x25519 = X25519PublicKey::from_bytes([number; 32]);
        SwarmMember::new(ip, 1, 2, Ed25519PublicKey::from_bytes([number; 32]), x25519)
    }

    fn swarm(numbers: &[u8]) -> SwarmInfo {
        SwarmInfo::new(Some(SwarmId::ZERO), numbers.iter().copied().map(member).collect())
    }

    fn known(cache: &SwarmCache) -> Option<Vec<u8>> {
        let members = cache.members(&ACCOUNT)?;
        Some(members.iter().map(|member| member.ed25519.as_bytes()[0]).collect())
    }

    /// SplitMix64: the test needs numbers that differ, and the same ones each time.
    struct Counter(u64);

    impl TryRng for Counter {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.try_next_u64().map(|number| (number >> 32).try_into().unwrap_or(0))
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            Ok(mixed ^ (mixed >> 31))
        }

        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
            for chunk in out.chunks_mut(8) {
                let number = self.try_next_u64()?.to_le_bytes();
                chunk.iter_mut().zip(number).for_each(|(to, from)| *to = from);
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Counter {}

    #[test]
    fn swarms_are_replaced_but_not_by_nothing() {
        let mut cache = SwarmCache::default();
        assert_eq!(known(&cache), None);
        cache.replace(ACCOUNT, &swarm(&[1, 2, 3, 4]));
        cache.replace(ACCOUNT, &swarm(&[]));
        assert_eq!(known(&cache), Some([1, 2, 3, 4].into()));
        cache.replace(ACCOUNT, &swarm(&[5, 6, 7]));
        assert_eq!(known(&cache), Some([5, 6, 7].into()));
    }

    #[test]
    fn members_without_address_and_doubles_are_left_out() {
        let mut cache = SwarmCache::default();
        let mut info = swarm(&[1, 2, 2, 3, 4]);
        info.members[0].ip = Ipv4Addr::UNSPECIFIED;
        cache.replace(ACCOUNT, &info);
        assert_eq!(known(&cache), Some([2, 3, 4].into()));
    }

    #[test]
    fn small_swarms_are_asked_for_again() {
        let mut cache = SwarmCache::default();
        cache.replace(ACCOUNT, &swarm(&[1, 2, 3, 4]));
        cache.retain_nodes(|node| node.as_bytes()[0] != 1);
        assert_eq!(known(&cache), Some([2, 3, 4].into()));
        cache.drop_member(&ACCOUNT, &member(3).ed25519);
        assert_eq!(known(&cache), None);
    }

    #[test]
    fn every_member_is_asked_once_and_each_may_be_first() {
        let mut cache = SwarmCache::default();
        cache.replace(ACCOUNT, &swarm(&[1, 2, 3, 4, 5]));
        let mut rng = Counter(0);
        let mut firsts = [false; 5];
        for _ in 0..500 {
            let order = cache.shuffled(&ACCOUNT, &mut rng).unwrap();
            let mut numbers: Vec<u8> =
                order.iter().map(|member| member.ed25519.as_bytes()[0]).collect();
            firsts[usize::from(numbers[0]) - 1] = true;
            numbers.sort_unstable();
            assert_eq!(numbers, [1, 2, 3, 4, 5]);
        }
        assert_eq!(firsts, [true; 5]);
        assert_eq!(SwarmCache::default().shuffled(&ACCOUNT, &mut rng), None);
    }
}
