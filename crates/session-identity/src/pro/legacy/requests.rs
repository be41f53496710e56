//! Hashes that requests to the Pro backend of before mid-2026 were signed over (08 §7.1): version, keys, times in
//! milliseconds and counts, little-endian, strings without a length.

use session_crypto::{blake2b::Blake2b, ed25519::Ed25519PublicKey};

use crate::{Timestamp, pro::RevocationTag};

/// A payment at a store. Its fields stand side by side without a length in what is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Payment<'a> {
    /// No provider, number 0.
    None,
    /// Google Play, number 1.
    GooglePlay {
        /// Token of the payment.
        payment_token: &'a str,
        /// Number of the order.
        order_id: &'a str,
    },
    /// App Store of iOS, number 2.
    AppStore {
        /// Number of the transaction.
        transaction_id: &'a str,
    },
    /// Granted by hand, number 3.
    Rangeproof {
        /// Number of the grant.
        order_id: &'a str,
    },
}

impl Payment<'_> {
    const fn provider(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::GooglePlay { .. } => 1,
            Self::AppStore { .. } => 2,
            Self::Rangeproof { .. } => 3,
        }
    }
}

/// Hash of `add_pro_payment`, signed by the master and the rotating key.
#[must_use]
pub fn add_payment_hash(
    version: u8,
    master: &Ed25519PublicKey,
    rotating: &Ed25519PublicKey,
    payment: &Payment<'_>,
) -> [u8; 32] {
    let hash = start(b"ProAddPayment___", version, master)
        .chain(rotating.as_bytes())
        .chain(&[payment.provider()]);
    match payment {
        Payment::Rangeproof { order_id } => hash.chain(order_id.as_bytes()),
        other => chain_store(hash, other),
    }
    .finalize()
}

/// Hash of `generate_pro_proof`, signed by the master and the rotating key.
#[must_use]
pub fn generate_proof_hash(
    version: u8,
    master: &Ed25519PublicKey,
    rotating: &Ed25519PublicKey,
    now: Timestamp,
) -> [u8; 32] {
    start(b"ProGenerateProof", version, master)
        .chain(rotating.as_bytes())
        .chain(&now.as_millis().to_le_bytes())
        .finalize()
}

/// Hash of `get_pro_details` with up to `count` payments, signed by the master key.
#[must_use]
pub fn get_details_hash(
    version: u8,
    master: &Ed25519PublicKey,
    count: u32,
    now: Timestamp,
) -> [u8; 32] {
    start(b"ProGetProDetReq_", version, master)
        .chain(&now.as_millis().to_le_bytes())
        .chain(&count.to_le_bytes())
        .finalize()
}

/// Hash of `set_payment_refund_requested`, signed by the master key.
#[must_use]
pub fn refund_requested_hash(
    version: u8,
    master: &Ed25519PublicKey,
    payment: &Payment<'_>,
    requested_at: Timestamp,
    now: Timestamp,
) -> [u8; 32] {
    let hash = start(b"ProSetRefundReq_", version, master)
        .chain(&now.as_millis().to_le_bytes())
        .chain(&requested_at.as_millis().to_le_bytes())
        .chain(&[payment.provider()]);
    chain_store(hash, payment).finalize()
}

/// Revocation tag of the generation number `index`, as the backend made it with its secret `salt`.
#[must_use]
pub fn revocation_tag(index: u64, salt: &[u8; 16]) -> RevocationTag {
    RevocationTag::from_bytes(Blake2b::salted(salt).chain(&index.to_le_bytes()).finalize())
}

fn start(personalisation: &[u8; 16], version: u8, master: &Ed25519PublicKey) -> Blake2b<32> {
    Blake2b::personalised(personalisation).chain(&[version]).chain(master.as_bytes())
}

/// Adds the fields of a payment at a store; other providers have none.
fn chain_store(hash: Blake2b<32>, payment: &Payment<'_>) -> Blake2b<32> {
    match payment {
        Payment::GooglePlay { payment_token, order_id } => {
            hash.chain(payment_token.as_bytes()).chain(order_id.as_bytes())
        }
        Payment::AppStore { transaction_id } => hash.chain(transaction_id.as_bytes()),
        Payment::None | Payment::Rangeproof { .. } => hash,
    }
}

#[cfg(test)]
mod tests {
    use session_crypto::encoding::hex;

    use super::*;

    /// 08 §9; the other cases come from the vectors of the backend.
    #[test]
    fn the_hashes_of_the_services_chapter() {
        let [master, rotating] = [
            "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
            "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
        ]
        .map(|key| key.parse().unwrap());
        let now = Timestamp::from_millis(1_750_000_000_000);
        let later = Timestamp::from_millis(1_750_000_001_000);
        let google = Payment::GooglePlay { payment_token: "token-abc", order_id: "order-123" };
        let apple = Payment::AppStore { transaction_id: "tx-9" };
        for (hash, expected) in [
            (
                generate_proof_hash(0, &master, &rotating, now),
                "6e60c222c7aa0d828dcbefae4ea551d79c491ec2c3fbcf14eb6557056ff104c9",
            ),
            (
                add_payment_hash(0, &master, &rotating, &google),
                "6dbf13a840b90eee773b25608659e12652fe8220927a3d78799b02e476669ce0",
            ),
            (
                add_payment_hash(0, &master, &rotating, &apple),
                "c07d47f16f5837c89047b0148b43ad873e08ba2443939150a3427a38e39afa1d",
            ),
            (
                get_details_hash(0, &master, 10, now),
                "fb0819eaec26ad91361b82b84d4dbf8489d7a59f8cc12470fd932c8904bc35d9",
            ),
            (
                refund_requested_hash(0, &master, &apple, later, now),
                "8a5b02c2d34005978860e15cf73b0256ceaec0c45e52ae39843aad6c4af8dc11",
            ),
        ] {
            assert_eq!(hex::encode(&hash), expected);
        }
    }
}
