//! The syntax of requests and answers: a tree of values that JSON and bencode both fill, and typed reading of
//! its fields. No rules of single methods live here.

mod bt;
mod budget;
mod field;
mod json;
mod kind;
mod value;

pub use field::FieldError;
pub(crate) use field::{DecimalOrText, Fields, FromField, MIN_MILLIS, Misfit};
pub use kind::Excerpt;
pub(crate) use kind::{Kind, Types};
pub(crate) use value::{Dict, Value};
