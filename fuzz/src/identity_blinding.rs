//! Targets of `session-identity`: blinded ids.

use session_crypto::x25519::X25519PublicKey;
use session_identity::{
    AccountId,
    blinding::{Matcher, ServerPublicKey, matches},
    id::{Blinded15Id, Blinded25Id, BlindedId},
};

/// An Account ID that can be blinded is found by its blinded ids and by nothing else; one that cannot is refused
/// by every way of asking.
pub fn blinding(data: &[u8]) {
    let Some((account, rest)) = data.split_first_chunk::<32>() else { return };
    let Some((server, rest)) = rest.split_first_chunk::<32>() else { return };
    let account = AccountId::from_public_key(X25519PublicKey::from_bytes(*account));
    let server = ServerPublicKey::from_public_key(X25519PublicKey::from_bytes(*server));
    let mut matcher = Matcher::new(server);
    let candidates = Blinded15Id::candidates(&account, &server);
    let exact = Blinded25Id::of_account(&account, &server);
    assert_eq!(candidates.map(|_| ()), exact.map(|_| ()), "one form refused");
    assert_eq!(matcher.insert(account), exact.map(|_| ()));
    let (Ok([first, second]), Ok(exact)) = (candidates, exact) else { return };
    assert!(account.check().is_ok(), "an id was blinded that nobody can have");
    assert!(first.check().is_ok() && second.check().is_ok() && exact.check().is_ok());
    assert_eq!(first.absolute(), second.absolute());
    for id in
        [BlindedId::Blinded15(first), BlindedId::Blinded15(second), BlindedId::Blinded25(exact)]
    {
        assert_eq!(matches(&account, &id, &server), Ok(true));
        assert_eq!(matcher.find(&id), Some(account));
    }
    if let Ok(other) = BlindedId::try_from(rest) {
        assert_eq!(matches(&account, &other, &server), Ok(matcher.find(&other).is_some()));
    }
}
