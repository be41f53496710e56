//! Targets of `session-types`.

use session_types::{
    community::{Community, UrlParts},
    typed,
};

/// An address that is read is written and read again, and is canonical then.
pub fn community(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(typed) = Community::parse_typed(text) {
        assert_eq!(Community::parse_invitation(&typed.to_string()), Ok(typed));
    }
    let Ok(community) = text.parse::<Community>() else {
        let _ = UrlParts::parse(text);
        return;
    };
    if text.len() <= typed::MAX_LENGTH {
        assert_eq!(Community::parse_typed(text).as_ref(), Ok(&community), "a person may type it");
    }
    let written = community.to_string();
    let again: Community = written.parse().expect("our own writing is refused");
    assert_eq!(again, community);
    assert_eq!(again.to_string(), written);
    assert_eq!(
        written.to_ascii_lowercase().parse::<Community>().map(|c| c.room().key()),
        Ok(community.room().key())
    );
}
