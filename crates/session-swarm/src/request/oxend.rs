//! `oxend_request`: questions that a node passes on to its blockchain daemon (spec 05 §5.13).

use alloc::string::String;

use crate::wire::{Dict, FieldError, Fields, FromField, Misfit, Value};

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
    /// Name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetServiceNodes => "get_service_nodes",
            Self::OnsResolve => "ons_resolve",
        }
    }
}

impl FromField for OxendEndpoint {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        let all = [Self::GetServiceNodes, Self::OnsResolve];
        let named = |endpoint: &Self| value.as_text() == Some(endpoint.name());
        all.into_iter().find(named).ok_or(Misfit::Form("an endpoint that may be asked"))
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

    /// The parameters: a JSON object with its fields in byte order, without white space.
    #[must_use]
    pub fn params(&self) -> Option<&str> {
        self.params.as_deref()
    }

    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        let endpoint = params.required("endpoint")?;
        Ok(Self { endpoint, params: params.get("params").map(object).transpose()? })
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
