//! Envelopes and contents of the Session messenger protocol: padding, encryption, wrapping, typed messages.
