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
        let params = params.map(|text| object(&text.into())).transpose()?;
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
            Some(Value::Bytes(text)) => Some(object(&Value::Bytes(text.as_ref().into()))?),
            given => given.map(|value| String::from_utf8_lossy(&value.to_json()).into_owned()),
        };
        Ok(Self { endpoint, params })
    }

    /// In bencode the parameters are a string of JSON; in JSON they are an object.
    pub(super) fn to_params(&self) -> Dict<'_> {
        let params = self.params.as_deref().map(|text| Value::Json(text.into()));
        Dict::new().with("endpoint", self.endpoint.name()).with_optional("params", params)
    }
}

/// The JSON text of an object, which may be given as a string of JSON.
fn object(value: &Value<'_>) -> Result<String, FieldError> {
    let form = FieldError::Form { field: "params", expected: "a json object" };
    let written = match value.as_bytes() {
        Some(text) => match Value::from_json(text) {
            Ok(object @ Value::Dict(_)) => object.to_json(),
            _ => return Err(form),
        },
        None if matches!(value, Value::Dict(_)) => value.to_json(),
        None => return Err(form),
    };
    String::from_utf8(written).map_err(|_| form)
}
