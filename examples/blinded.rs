//! Alice posts in a community under a blinded id. Bob, who has her in his contacts, finds out who it is; a stranger
//! cannot, and in another community she is somebody else.
//!
//!     cargo run --example blinded

use std::process::ExitCode;

use session_protocol::{
    crypto::system_rng,
    identity::{
        Account,
        blinding::{Blinded15Keypair, Blinded25Keypair, Matcher, ServerPublicKey},
        id::BlindedId,
    },
};

mod program;

use program::{Result, say};

const BOOKS: &str = "c3b3c6f32f0ab5a57f853cc4f30f5da7fda5624b0c77b3fb0829de562ada081d";
const CHESS: &str = "1d7e7f92b1ed3643855c98ecac02fc7274033a3467653f047d6e433540c03f17";

fn main() -> ExitCode {
    program::main_without_options(
        "blinded",
        "Alice posts in two communities under blinded ids, and a friend recognises her.",
        run,
    )
}

fn run() -> Result<()> {
    let mut rng = system_rng();
    let (alice, carol) = (Account::generate(&mut rng), Account::generate(&mut rng));
    let (books, chess): (ServerPublicKey, ServerPublicKey) = (BOOKS.parse()?, CHESS.parse()?);
    say!("Alice is {}", alice.id());

    // Alice posts among the readers. Servers and readers see her blinded id, and that the signature is by it.
    let in_books = Blinded15Keypair::derive(alice.ed25519(), &books);
    let post = b"Has anybody read Middlemarch?";
    let signature = in_books.sign(post);
    in_books.id().public_key().verify(post, &signature)?;
    say!("among the readers {}", in_books.id());

    // Bob knows Alice and Carol. He computes the ids that his contacts would have here, once.
    let mut matcher = Matcher::new(books);
    for contact in [alice.id(), carol.id()] {
        matcher.insert(contact)?;
    }
    let author = matcher.find(&BlindedId::Blinded15(in_books.id()));
    assert_eq!(author, Some(alice.id()));
    say!("Bob knows that this is {}", alice.id().short());

    // The newer form of id is another key, and he knows it as well.
    let newer = Blinded25Keypair::derive(alice.ed25519(), &books);
    assert_eq!(matcher.find(&BlindedId::Blinded25(newer.id())), Some(alice.id()));

    // Among the chess players she is somebody else: nothing links the two ids but her Account ID.
    let in_chess = Blinded15Keypair::derive(alice.ed25519(), &chess);
    assert_ne!(in_chess.id(), in_books.id());
    assert_eq!(matcher.find(&BlindedId::Blinded15(in_chess.id())), None);
    say!("among the players {}", in_chess.id());
    Ok(())
}
