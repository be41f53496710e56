//! Fields that must be there, say something and have a fixed form.

use super::*;

#[test]
fn required_fields_are_required() {
    let emoji = |fields: &[Vec<u8>]| data(&[bytes(11, fields.concat())]);
    for (bytes, field) in [
        (data(&[bytes(1, "a"), bytes(8, bytes(2, ALICE))]), "Quote.msgTimestamp"),
        (data(&[bytes(1, "a"), bytes(8, number(1, 5))]), "Quote.author"),
        (data(&[bytes(102, bytes(3, "a"))]), "OpenGroupInvitation.url"),
        (data(&[bytes(102, bytes(1, room()))]), "OpenGroupInvitation.name"),
        (data(&[bytes(2, bytes(101, "http://a/1"))]), "AttachmentPointer.id"),
        (emoji(&[bytes(2, ALICE), bytes(3, "x"), number(4, 0)]), "Reaction.msgTimestamp"),
        (emoji(&[number(1, 5), bytes(3, "x"), number(4, 0)]), "Reaction.author"),
        (emoji(&[number(1, 5), bytes(2, ALICE), bytes(3, "x")]), "Reaction.action"),
        (emoji(&[number(1, 5), bytes(2, ALICE), bytes(3, "x"), number(4, 2)]), "Reaction.action"),
        (content(3, &[number(1, 5)]), "CallMessage.uuid"),
        (content(3, &[bytes(5, "u")]), "CallMessage.type"),
        (content(3, &[number(1, 3), bytes(5, "u")]), "CallMessage.type"),
        (content(3, &[number(1, 7), bytes(5, "u")]), "CallMessage.type"),
        (content(6, &[number(2, 0)]), "TypingMessage.timestamp"),
        (content(6, &[number(1, NOW.as_millis())]), "TypingMessage.action"),
        (content(6, &[number(1, NOW.as_millis()), number(2, 2)]), "TypingMessage.action"),
        (content(5, &[number(2, 5)]), "ReceiptMessage.type"),
        (content(8, &[number(2, 5)]), "DataExtractionNotification.type"),
        (content(9, &[bytes(2, ALICE)]), "UnsendRequest.msgTimestamp"),
        (content(9, &[number(1, 5)]), "UnsendRequest.author"),
        (content(10, &[]), "MessageRequestResponse.isApproved"),
    ] {
        assert_eq!(decode(&bytes), Err(ContentError::Missing { field }), "{}", hex::encode(&bytes));
    }
}

#[test]
fn what_must_say_something_says_something() {
    let emoji = |text: &str| {
        let fields = [number(1, 5), bytes(2, ALICE), bytes(3, text), number(4, 0)];
        data(&[bytes(11, fields.concat())])
    };
    for (bytes, field) in [
        (emoji(""), "Reaction.emoji"),
        (content(3, &[number(1, 5), bytes(5, " ")]), "CallMessage.uuid"),
        (content(3, &[number(1, 1), bytes(5, "u")]), "CallMessage.sdps"),
        (content(3, &[number(1, 2), bytes(2, ""), bytes(5, "u")]), "CallMessage.sdps"),
        (content(3, &[number(1, 4), bytes(5, "u")]), "CallMessage.sdps"),
        (content(5, &[number(1, 1)]), "ReceiptMessage.timestamp"),
        (content(8, &[number(1, 2)]), "DataExtractionNotification.timestamp"),
        (content(8, &[number(1, 2), number(2, 0)]), "DataExtractionNotification.timestamp"),
        (content(10, &[number(1, 0)]), "MessageRequestResponse.isApproved"),
    ] {
        assert_eq!(decode(&bytes), Err(ContentError::Empty { field }), "{}", hex::encode(&bytes));
    }
    assert!(decode(&emoji(&"x".repeat(64))).is_ok());
    let too_long = ContentError::TooMany { field: "Reaction.emoji", limit: 64, found: 65 };
    assert_eq!(decode(&emoji(&"x".repeat(65))), Err(too_long));
}

#[test]
fn ids_are_ids() {
    let author = |text: &str| content(9, &[number(1, 5), bytes(2, text)]);
    for author in [author(""), author("05"), author(&ALICE.replace('d', "x"))] {
        assert_eq!(decode(&author), Err(ContentError::Id { field: "UnsendRequest.author" }));
    }
    let blinded = ALICE.replacen("05", "15", 1);
    for copy in ["", "note", &blinded] {
        let error = decode(&data(&[bytes(1, "a"), bytes(105, copy)]));
        assert_eq!(error, Err(ContentError::Id { field: "DataMessage.syncTarget" }), "{copy}");
    }
}

#[test]
fn proofs_have_fields_of_fixed_length() {
    for (number, field, expected) in [
        (2, "ProProof.revocationTag", 32),
        (3, "ProProof.rotatingPublicKey", 32),
        (5, "ProProof.sig", 64),
    ] {
        for found in [0, expected - 1, expected + 1] {
            let pro = bytes(16, bytes(1, bytes(number, vec![1; found])));
            let error = decode(&[data(&[bytes(1, "a")]), pro].concat());
            assert_eq!(error, Err(ContentError::Length { field, expected, found }));
        }
    }
    let without = decode(&[data(&[bytes(1, "a")]), bytes(16, [])].concat()).unwrap();
    assert_eq!(without.pro().unwrap().proof(), None);
}
