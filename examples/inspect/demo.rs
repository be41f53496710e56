//! A message that is made to be explained.

use session_protocol::{
    crypto::system_rng,
    envelope::{
        content::{Attachment, Content, Expiration, Kind, Profile, Visible},
        message::{self, Author, Destination},
    },
    identity::{Account, Timestamp},
};

use crate::{
    Result,
    input::{Form, Input},
    keys::Keys,
    layers::Inspector,
};

pub(crate) fn run() -> Result<String> {
    let mut rng = system_rng();
    let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
    let picture = Attachment::new("http://filev2.getsession.org/file/123#d", &[7; 32], 54_321)?;
    let picture = picture.with_content_type("image/png").with_file_name("garden.png");
    let visible = Visible::text("Look, the garden!")?.with_attachments(vec![picture])?;
    let content = Content::new(Kind::Visible(visible))
        .with_profile(Profile::new().with_name("Alice"))
        .with_expiration(Expiration::Off);
    let now = Timestamp::from_millis(1_700_000_000_000);
    let to_bob = Destination::Account(&bob.id());
    let stored = message::encode(&content, &Author::new(&alice), to_bob, now, &mut rng)?;

    let keys = Keys { accounts: vec![bob], ..Keys::default() };
    let input = Input::new(stored.data().to_vec(), Some(Form::Binary))?;
    let tree = Inspector::new(&keys).explain(&input, None)?;
    Ok(format!("Alice sends Bob a picture. What the swarm stores, with Bob's keys:\n\n{tree}"))
}
