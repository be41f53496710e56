//! base32z: 5 bits a character, most significant first, spare bits zero (07 §14.2).

use std::sync::LazyLock;

use data_encoding::{BitOrder, Encoding, Specification};

/// The alphabet's table, or none if the alphabet were no alphabet.
static BASE32Z: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("ybndrfg8ejkmcpqxot1uwisza345h769");
    specification.bit_order = BitOrder::MostSignificantFirst;
    specification.encoding().ok()
});

pub(super) fn encode(bytes: &[u8]) -> String {
    BASE32Z.as_ref().map(|base32z| base32z.encode(bytes)).unwrap_or_default()
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE32Z.as_ref()?.decode(text.as_bytes()).ok()
}
