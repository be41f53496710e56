//! `oxend_request`: questions that a node passes on to its blockchain daemon (spec 05 §5.13).

use alloc::string::String;

use crate::wire::{Dict, Excerpt, FieldError, Fields, Kind, Value};

/// What the daemon may be asked.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum OxendEndpoint {
    /// The list of service nodes (§2.8).
    GetServiceNodes,
    /// The account behind a name (01 §4).
    OnsResolve,
}

impl OxendEndpoint {
    fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        let field = "endpoint";
        let given = params.get(field).ok_or(FieldError::Missing { field })?;
        let given = given.as_bytes().unwrap_or_default();
        let all = [Self::GetServiceNodes, Self::OnsResolve];
        let endpoint = all.into_iter().find(|endpoint| endpoint.name().as_bytes() == given);
        endpoint.ok_or(FieldError::Endpoint { given: Excerpt::of(given) })
    }

    /// Name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetServiceNodes => "get_service_nodes",
            Self::OnsResolve => "ons_resolve",
        }
    }
}

/// Asks a node's blockchain daemon.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OxendRequest {
    endpoint: OxendEndpoint,
    params: Option<String>,
}

impl OxendRequest {
    /// Request to this endpoint. `params` is a JSON object.
    ///
    /// # Errors
    /// [`FieldError::Form`] if it is none.
    pub fn new(endpoint: OxendEndpoint, params: Option<&str>) -> Result<Self, FieldError> {
        let params = params.map(object).transpose()?;
        Ok(Self { endpoint, params })
    }

    /// The endpoint.
    #[must_use]
    pub const fn endpoint(&self) -> OxendEndpoint {
        self.endpoint
    }

    /// The parameters: JSON, an object with its fields in byte order, without white space. Whether they are an
    /// object is for the daemon to find.
    #[must_use]
    pub fn params(&self) -> Option<&str> {
        self.params.as_deref()
    }

    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        params.check_types(&[("endpoint", Kind::Text)])?;
        let endpoint = OxendEndpoint::from_params(params)?;
        let params = match params.get("params") {
            // In bencode it is a string of JSON.
            Some(Value::Bytes(text)) => Some(json(text)?),
            given => given.map(|value| String::from_utf8_lossy(&value.to_json()).into_owned()),
        };
        Ok(Self { endpoint, params })
    }

    /// In bencode the parameters are a string of JSON; in JSON they are that JSON.
    pub(super) fn to_params(&self) -> Dict<'_> {
        let params = self.params.as_deref().map(|text| Value::Json(text.into()));
        Dict::new().with("endpoint", self.endpoint.name()).with_optional("params", params)
    }
}

/// What is said of parameters that are no JSON, or none of an object.
const FORM: FieldError = FieldError::Form { field: "params", expected: "a json object" };

/// JSON, whatever it is, without white space.
fn json(text: &[u8]) -> Result<String, FieldError> {
    let value = Value::from_json(text).map_err(|_| FORM)?;
    String::from_utf8(value.to_json()).map_err(|_| FORM)
}

/// The JSON of an object, without white space.
fn object(text: &str) -> Result<String, FieldError> {
    match Value::from_json(text.as_bytes()) {
        Ok(object @ Value::Dict(_)) => String::from_utf8(object.to_json()).map_err(|_| FORM),
        _ => Err(FORM),
    }
}
