//! Local: settings of one device, which are in no message (07 §16).

use session_identity::Timestamp;

use crate::{
    config::{Config, ConfigType, LoadError, Sealed},
    data::Value,
    encryption::Domain,
    fields,
    message::Authority,
};

/// The type of [`Config`] that holds the settings of this device. It can be dumped and loaded, and not pushed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Local;

impl Sealed for Local {
    const DOMAIN: Domain<'static> = Domain("Local");
    type Local = ();
}
impl ConfigType for Local {}

/// What a notification shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "numbers beyond these read as the default")]
pub enum NotifyContent {
    /// As the application does by default: 0.
    #[default]
    Default,
    /// Name and text: 1.
    NameAndPreview,
    /// The name: 2.
    NameOnly,
    /// Neither: 3.
    Neither,
}

/// Colours of the application.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "numbers beyond these read as the default")]
pub enum Theme {
    /// As the application does by default: 0.
    #[default]
    Default,
    /// 1.
    ClassicDark,
    /// 2.
    ClassicLight,
    /// 3.
    OceanDark,
    /// 4.
    OceanLight,
}

/// Accent of the colours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "numbers beyond these read as the default")]
pub enum PrimaryColor {
    /// As the application does by default: 0.
    #[default]
    Default,
    /// 1.
    Green,
    /// 2.
    Blue,
    /// 3.
    Yellow,
    /// 4.
    Pink,
    /// 5.
    Purple,
    /// 6.
    Orange,
    /// 7.
    Red,
}

/// All values of the three enums in the order of their numbers, from 0.
const NOTIFY_CONTENTS: [NotifyContent; 4] = [
    NotifyContent::Default,
    NotifyContent::NameAndPreview,
    NotifyContent::NameOnly,
    NotifyContent::Neither,
];
const THEMES: [Theme; 5] =
    [Theme::Default, Theme::ClassicDark, Theme::ClassicLight, Theme::OceanDark, Theme::OceanLight];
const PRIMARY_COLORS: [PrimaryColor; 8] = [
    PrimaryColor::Default,
    PrimaryColor::Green,
    PrimaryColor::Blue,
    PrimaryColor::Yellow,
    PrimaryColor::Pink,
    PrimaryColor::Purple,
    PrimaryColor::Orange,
    PrimaryColor::Red,
];

impl Config<Local> {
    /// Settings of a new device.
    #[must_use]
    pub fn for_device() -> Self {
        Self::with(Authority::Unsigned, Vec::new())
    }

    /// Settings in a dump.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load_device(dump: &[u8], now: Timestamp) -> Result<Self, LoadError> {
        let mut config = Self::for_device();
        config.restore(dump, now)?;
        Ok(config)
    }

    /// What a notification shows.
    #[must_use]
    pub fn notify_content(&self) -> NotifyContent {
        self.choice(b"notify_content", &NOTIFY_CONTENTS)
    }

    /// Sets what a notification shows.
    pub fn set_notify_content(&mut self, content: NotifyContent) {
        self.set_choice(b"notify_content", &NOTIFY_CONTENTS, content);
    }

    /// Number of the sound of notifications, as the application counts them.
    #[must_use]
    pub fn notify_sound(&self) -> Option<i64> {
        self.data().integer(b"notify_sound")
    }

    /// Sets the sound of notifications.
    pub fn set_notify_sound(&mut self, sound: Option<i64>) {
        self.assign(&[b"notify_sound"], sound.map(Value::from));
    }

    /// Colours of the application.
    #[must_use]
    pub fn theme(&self) -> Theme {
        self.choice(b"theme", &THEMES)
    }

    /// Sets the colours of the application.
    pub fn set_theme(&mut self, theme: Theme) {
        self.set_choice(b"theme", &THEMES, theme);
    }

    /// Accent of the colours.
    #[must_use]
    pub fn primary_color(&self) -> PrimaryColor {
        self.choice(b"theme_primary_color", &PRIMARY_COLORS)
    }

    /// Sets the accent of the colours.
    pub fn set_primary_color(&mut self, color: PrimaryColor) {
        self.set_choice(b"theme_primary_color", &PRIMARY_COLORS, color);
    }

    /// A setting of the application by name; off if it was never on.
    #[must_use]
    pub fn setting(&self, name: &str) -> bool {
        self.data().dict(b"settings").is_some_and(|settings| settings.flag(name.as_bytes()))
    }

    /// Turns a setting of the application on or off.
    pub fn set_setting(&mut self, name: &str, is_on: bool) {
        self.assign(&[b"settings", name.as_bytes()], fields::flag(is_on));
    }

    fn choice<C: Copy + Default>(&self, key: &[u8], choices: &[C]) -> C {
        let number = self.data().positive(key).and_then(|number| usize::try_from(number).ok());
        number.and_then(|number| choices.get(number)).copied().unwrap_or_default()
    }

    fn set_choice<C: PartialEq>(&mut self, key: &[u8], choices: &[C], choice: C) {
        let number = (0..).zip(choices).find(|(_, other)| **other == choice);
        self.assign(&[key], fields::positive(number.map_or(0, |(number, _)| number)));
    }
}
