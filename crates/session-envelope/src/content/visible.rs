//! Visible messages: what people write to each other (03 §4.1).

use alloc::{
    boxed::Box,
    string::{String, ToString as _},
    vec::Vec,
};

use session_identity::pro;
use session_types::community::Community;

use super::{
    Attachment, ContentError, MessageReference, fields,
    quote::{ClaimedQuote, Quote},
};
use crate::wire::{
    self, UnknownFields,
    data::{self, DataMessage, OpenGroupInvitation},
};

/// Longest text that an account without Pro may send, in Unicode code points (02 §9.2).
pub const MAX_BODY_LENGTH: usize = pro::MAX_LENGTH;
/// Longest text that an account with Pro may send, in Unicode code points.
pub const MAX_PRO_BODY_LENGTH: usize = pro::MAX_LENGTH_WITH_PRO;
/// Most attachments of a message (03 §2).
pub const MAX_ATTACHMENTS: usize = 32;

/// A message to be shown: at least one of text, attachment and invitation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Visible {
    body: Option<String>,
    attachments: Vec<Attachment>,
    quote: Option<Quote>,
    preview: Option<Box<LinkPreview>>,
    invitation: Option<CommunityInvitation>,
}

impl Visible {
    /// Nothing to show: the start of every constructor, never its result.
    const EMPTY: Self =
        Self { body: None, attachments: Vec::new(), quote: None, preview: None, invitation: None };

    /// Message of a text, from an account without Pro.
    ///
    /// # Errors
    /// [`ContentError::Blank`] for a text of white space, [`ContentError::BodyTooLong`] above
    /// [`MAX_BODY_LENGTH`].
    pub fn text(body: impl Into<String>) -> Result<Self, ContentError> {
        Self::text_up_to(body.into(), MAX_BODY_LENGTH)
    }

    /// Message of a text, from an account with Pro.
    ///
    /// # Errors
    /// As for [`Self::text`], above [`MAX_PRO_BODY_LENGTH`].
    pub fn pro_text(body: impl Into<String>) -> Result<Self, ContentError> {
        Self::text_up_to(body.into(), MAX_PRO_BODY_LENGTH)
    }

    /// Message of files, in this order.
    ///
    /// # Errors
    /// [`ContentError::Blank`] without files, [`ContentError::TooMany`] above [`MAX_ATTACHMENTS`].
    pub fn files(attachments: Vec<Attachment>) -> Result<Self, ContentError> {
        Self::EMPTY.with_attachments(attachments)
    }

    /// Message of an invitation to a community.
    #[must_use]
    pub fn invitation_to(invitation: CommunityInvitation) -> Self {
        Self { invitation: Some(invitation), ..Self::EMPTY }
    }

    /// The message with files, in place of those that it has.
    ///
    /// # Errors
    /// [`ContentError::TooMany`] above [`MAX_ATTACHMENTS`], [`ContentError::Blank`] if nothing is left to show.
    pub fn with_attachments(self, attachments: Vec<Attachment>) -> Result<Self, ContentError> {
        let field = "DataMessage.attachments";
        let attachments = fields::at_most(attachments, MAX_ATTACHMENTS, field)?;
        Self { attachments, ..self }.check()
    }

    /// The message with an invitation to a community.
    #[must_use]
    pub fn with_invitation(self, invitation: CommunityInvitation) -> Self {
        Self { invitation: Some(invitation), ..self }
    }

    /// The message as an answer to another.
    #[must_use]
    pub fn with_quote(self, quoted: MessageReference) -> Self {
        Self { quote: Some(Quote::of(quoted)), ..self }
    }

    /// The message with the preview of a link in its text.
    ///
    /// # Errors
    /// [`ContentError::PreviewUrl`] if the link does not occur in the text: every recipient would drop the preview.
    pub fn with_preview(self, preview: LinkPreview) -> Result<Self, ContentError> {
        if !preview.is_of(self.body()) {
            return Err(ContentError::PreviewUrl);
        }
        Ok(Self { preview: Some(Box::new(preview)), ..self })
    }

    /// The text, if there is any. Mentions stand in it as `@` and the id.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// The files, in the order in which they are shown.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// The message that this one answers. What it says is to be looked up, not taken from the wire.
    #[must_use]
    pub fn quote(&self) -> Option<MessageReference> {
        self.quote.as_ref().map(Quote::reference)
    }

    /// What the sender claims that the quoted message says, for programs that do not have it. Anybody can write anything
    /// there: never show it as what somebody else said.
    #[must_use]
    pub fn claimed_quote(&self) -> Option<ClaimedQuote> {
        self.quote.as_ref().and_then(Quote::claimed)
    }

    /// Preview of a link.
    #[must_use]
    pub fn preview(&self) -> Option<&LinkPreview> {
        self.preview.as_deref()
    }

    /// Invitation to a community.
    #[must_use]
    pub const fn invitation(&self) -> Option<&CommunityInvitation> {
        self.invitation.as_ref()
    }

    fn text_up_to(body: String, limit: usize) -> Result<Self, ContentError> {
        match body.chars().count() {
            found if found > limit => Err(ContentError::BodyTooLong { limit, found }),
            _ => Self { body: Some(body), ..Self::EMPTY }.check(),
        }
    }

    /// A quote or a preview alone is nothing to show.
    fn check(self) -> Result<Self, ContentError> {
        let text = self.body.as_deref().is_some_and(|body| !body.trim().is_empty());
        if text || !self.attachments.is_empty() || self.invitation.is_some() {
            Ok(self)
        } else {
            Err(ContentError::Blank)
        }
    }

    pub(super) fn write(&self, message: &mut DataMessage) {
        message.body.clone_from(&self.body);
        message.attachments = self.attachments.iter().map(Attachment::encode).collect();
        message.quote = self.quote.iter().map(Quote::encode).collect();
        message.preview = self.preview.iter().map(|preview| preview.encode()).collect();
        message.open_group_invitation =
            self.invitation.iter().map(CommunityInvitation::encode).collect();
    }

    pub(super) fn read(message: DataMessage) -> Result<Self, ContentError> {
        let field = "DataMessage.attachments";
        let attachments = fields::at_most(message.attachments, MAX_ATTACHMENTS, field)?;
        let attachments = attachments.iter().map(|bytes| Attachment::decode(bytes));
        let quote = wire::merged(message.quote).map(|bytes| Quote::decode(&bytes)).transpose()?;
        let preview =
            message.preview.first().map(|bytes| LinkPreview::decode(bytes)).transpose()?.flatten();
        let preview = preview.filter(|preview| preview.is_of(message.body.as_deref()));
        let invitation = wire::merged(message.open_group_invitation);
        let visible = Self {
            body: message.body,
            attachments: attachments.collect::<Result<_, _>>()?,
            quote: quote.flatten(),
            preview: preview.map(Box::new),
            invitation: None,
        };
        match invitation.map(|bytes| CommunityInvitation::decode(&bytes)) {
            None => visible.check(),
            Some(Ok(invitation)) => Ok(visible.with_invitation(invitation)),
            // What is beside it is worth more than an invitation to nowhere.
            Some(Err(error)) => visible.check().map_err(|_| error),
        }
    }
}

/// Preview of a link: what its sender saw there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkPreview {
    url: String,
    title: Option<String>,
    image: Option<Attachment>,
    unknown: UnknownFields,
}

impl LinkPreview {
    /// Preview of `url`, an `http` or `https` link to a page with this title.
    ///
    /// # Errors
    /// [`ContentError::PreviewUrl`] for another URL, [`ContentError::Empty`] for a blank title.
    pub fn new(url: impl Into<String>, title: impl Into<String>) -> Result<Self, ContentError> {
        let url = url.into();
        if !is_web_link(&url) {
            return Err(ContentError::PreviewUrl);
        }
        let title = Some(fields::not_blank(title.into(), "Preview.title")?);
        Ok(Self { url, title, image: None, unknown: UnknownFields::default() })
    }

    /// The preview with a picture.
    #[must_use]
    pub fn with_image(self, image: Attachment) -> Self {
        Self { image: Some(image), ..self }
    }

    /// The link, which occurs in the text: `http` or `https`, in any case.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the preview shows something, of a web page that the text links to. Otherwise it is dropped: its sender
    /// could show one page and lead to another (03 §4.1).
    fn is_of(&self, body: Option<&str>) -> bool {
        let shows =
            self.image.is_some() || self.title().is_some_and(|title| !title.trim().is_empty());
        shows && is_web_link(&self.url) && body.is_some_and(|body| body.contains(&self.url))
    }

    /// Title of the page.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Picture of the page.
    #[must_use]
    pub const fn image(&self) -> Option<&Attachment> {
        self.image.as_ref()
    }

    fn encode(&self) -> Vec<u8> {
        let preview = data::Preview {
            url: Some(self.url.clone()),
            title: self.title.clone(),
            image: self.image.iter().map(Attachment::encode).collect(),
        };
        wire::encode_with(&preview, &self.unknown)
    }

    /// `None` for a preview of nothing. A picture that is nowhere costs itself: the title may show enough.
    fn decode(bytes: &[u8]) -> Result<Option<Self>, ContentError> {
        let (preview, unknown) = wire::decode_keeping::<data::Preview>(bytes)?;
        let image = match wire::merged(preview.image).map(|bytes| Attachment::decode(&bytes)) {
            None | Some(Err(ContentError::Missing { .. })) => None,
            Some(image) => Some(image?),
        };
        let title = preview.title;
        Ok(preview.url.map(|url| Self { url, title, image, unknown }))
    }
}

/// Whether the scheme is that of a web page, in any case.
fn is_web_link(url: &str) -> bool {
    let has = |scheme: &str| {
        let (start, rest) = url.split_at_checked(scheme.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(scheme) && !rest.trim().is_empty()
    };
    has("https://") || has("http://")
}

/// Invitation to a community.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CommunityInvitation {
    community: Community,
    name: String,
    unknown: UnknownFields,
}

impl CommunityInvitation {
    /// Invitation to a room, which the sender calls by this name.
    #[must_use]
    pub fn new(community: Community, name: impl Into<String>) -> Self {
        Self { community, name: name.into(), unknown: UnknownFields::default() }
    }

    /// The room, ready to be joined.
    #[must_use]
    pub const fn community(&self) -> &Community {
        &self.community
    }

    /// What the sender calls the room; for display only.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn encode(&self) -> Vec<u8> {
        let invitation = OpenGroupInvitation {
            url: Some(self.community.to_string()),
            name: Some(self.name.clone()),
        };
        wire::encode_with(&invitation, &self.unknown)
    }

    fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (invitation, unknown) = wire::decode_keeping::<OpenGroupInvitation>(bytes)?;
        let url = fields::required(invitation.url, "OpenGroupInvitation.url")?;
        Ok(Self {
            community: Community::parse_invitation(&url).map_err(ContentError::CommunityUrl)?,
            name: fields::required(invitation.name, "OpenGroupInvitation.name")?,
            unknown,
        })
    }
}
