//! Hosts of URLs: names and addresses that cannot change the rest of a URL, nor mean something else to a resolver.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What stands for the host in a URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Host {
    /// A name in ASCII, for a resolver. Names of other scripts come in their form for the wire, `xn--…`.
    Name,
    /// An IPv4 address of four decimal numbers, or an IPv6 address in brackets.
    Address(IpAddr),
}

/// Most bytes of a name.
const MAX_LENGTH: usize = 253;
/// Most bytes between two dots.
const MAX_LABEL_LENGTH: usize = 63;

impl Host {
    /// `None` if the text is no host.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(address) = text.strip_prefix('[') {
            let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let last = text.rsplit('.').next()?;
        let is_name = text.len() <= MAX_LENGTH && text.split('.').all(is_label);
        (is_name && !is_number(last)).then_some(Self::Name)
    }
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=MAX_LABEL_LENGTH).contains(&label.len()) && label.bytes().all(allowed)
}

/// Resolvers take `127.1`, `0x7f000001` and `2130706433` for addresses: all that ends in a number, as in the URL
/// standard of the web. No top-level domain is one.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x").or(label.strip_prefix("0X")) {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn names_are_letters_digits_and_dots() {
        let label = "a".repeat(MAX_LABEL_LENGTH);
        let name = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        for host in ["a", "example.org", "a_b-c.x", "xn--bcher-kva.example", "1.a", "0x7f.g", &name]
        {
            assert_eq!(Host::parse(host), Some(Host::Name), "{host}");
        }
        let long = format!("{name}a");
        let long_label = format!("{label}a");
        for host in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a/b",
            "a@b",
            "a?b",
            "a#b",
            "a b",
            "a\\b",
            "a%2fb",
            "a:80",
            "a\n",
            "b\u{fc}cher.example",
            "\u{ff11}.1.1.1",
            &long,
            &long_label,
        ] {
            assert_eq!(Host::parse(host), None, "{host}");
        }
    }

    #[test]
    fn addresses_have_one_spelling() {
        for (text, address) in
            [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("[::FFFF:10.0.0.1]", "::ffff:a00:1")]
        {
            assert_eq!(Host::parse(text), Some(Host::Address(address.parse().unwrap())), "{text}");
        }
        for text in [
            "2130706433",
            "127.1",
            "1.2.3",
            "0x7f000001",
            "0X7F.1",
            "0x",
            "0x7f.0.0.0x1",
            "017700000001",
            "127.0.0.01",
            "127.0.0.1.",
            "256.0.0.1",
            "1.2.3.4.5",
            "a.1",
            "::1",
            "[::1",
            "[::1]x",
            "[127.0.0.1]",
            "[fe80::1%25eth0]",
            "[]",
            "a]b",
        ] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
    }
}
