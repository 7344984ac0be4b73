//! The request with which a consent page sends the browser back. Any byte of it may come from an attacker.

use std::fmt;

use crate::auth::Secret;
use crate::error::{Error, Kind, is_reason};

/// The longest request target accepted; a code, a state and a list of scopes take a tenth of it.
const MAX_TARGET: usize = 16 * 1024;

/// The maximum number of parameters.
const MAX_PARAMETERS: usize = 64;

/// The longest value of a parameter.
const MAX_VALUE: usize = 4096;

/// The parameter of our redirect URL that ties Airbyte's callback to this sign-in; Airbyte sends no `state`.
pub(crate) const CORRELATION: &str = "correlation";

/// Why a callback was rejected.
///
/// ```
/// use airbyte_agent_gmail::auth::{CallbackError, google_callback};
///
/// let error = google_callback("/callback?state=s3cret&error=access_denied", "/callback", "s3cret").unwrap_err();
/// assert_eq!(error, CallbackError::Denied);
/// assert!(!error.is_foreign());
/// let error = google_callback("/callback?state=other&code=x", "/callback", "s3cret").unwrap_err();
/// assert!(error.is_foreign());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackError {
    /// It is too long to be real.
    TooLong,
    /// It is not a valid URL, or a value in it is not UTF-8.
    Malformed,
    /// It is for another path.
    WrongPath,
    /// A parameter that matters occurs twice, and two parsers could read different values.
    Repeated,
    /// It lacks the value that this sign-in started with: it is forged, replayed, or from another tab.
    Forged,
    /// It has neither a result nor an error, or both.
    Unclear,
    /// The user, or the user's organization, refused.
    Denied,
    /// The consent page has expired.
    Expired,
    /// The service reports another error, with this code.
    Failed(String),
}

impl CallbackError {
    /// Whether it has nothing to do with this sign-in, so the caller should keep waiting for the real callback.
    pub fn is_foreign(&self) -> bool {
        matches!(
            self,
            Self::TooLong | Self::Malformed | Self::WrongPath | Self::Repeated | Self::Forged
        )
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooLong => "the callback is too long to be real; start the sign-in again",
            Self::Malformed => {
                "the callback is not an address that a consent page gives; start the sign-in again"
            }
            Self::WrongPath => "the address is not the one that the consent page returns to",
            Self::Repeated => "the callback names a parameter twice; start the sign-in again",
            Self::Forged => {
                "the callback does not belong to this sign-in: it is forged, was used already, or comes from \
                 another tab; \
                 start again and use one tab"
            }
            Self::Unclear => {
                "the callback says neither yes nor no; start the sign-in again, and report it if this keeps \
                 happening"
            }
            Self::Denied => "the consent was denied; start again and allow it",
            Self::Expired => "the consent page expired; start again and answer within a few minutes",
            Self::Failed(code) => {
                return write!(
                    formatter,
                    "the consent failed ({code}); start the sign-in again"
                );
            }
        })
    }
}

impl std::error::Error for CallbackError {}

impl From<CallbackError> for Error {
    fn from(error: CallbackError) -> Self {
        let kind = match error {
            CallbackError::Denied => Kind::ConsentDenied,
            CallbackError::Expired => Kind::Timeout,
            CallbackError::Failed(_) => Kind::InvalidRequest,
            _ => Kind::InvalidInput,
        };
        Self::new(kind, error.to_string())
    }
}

/// The result of Airbyte's consent page, read by [`airbyte_callback`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AirbyteCallback {
    /// The connector was created.
    Connector(String),
    /// The older form: a short-lived secret with which to create a connector.
    Secret(Secret),
}

/// Reads the authorization code from Google's callback.
///
/// `target` is the request target (path and query), or the whole URL as the browser shows it.
///
/// ```
/// use airbyte_agent_gmail::auth::{CallbackError, google_callback};
///
/// let code = google_callback("/callback?state=s3cret&code=4%2F0Ab", "/callback", "s3cret")?;
/// assert_eq!(code.expose(), "4/0Ab");
/// let forged = google_callback("/callback?state=other&code=x", "/callback", "s3cret");
/// assert_eq!(forged.unwrap_err(), CallbackError::Forged);
/// # Ok::<(), CallbackError>(())
/// ```
///
/// # Errors
///
/// If it is anything but a single code with the right state.
pub fn google_callback(target: &str, path: &str, state: &str) -> Result<Secret, CallbackError> {
    let query = Query::read(target, path)?;
    query.check("state", state)?;
    match (query.one("code")?, query.one("error")?) {
        (Some(code), None) => Ok(Secret::from(code)),
        (None, Some(error)) => Err(refusal(error)),
        _ => Err(CallbackError::Unclear),
    }
}

/// Reads Airbyte's callback: the connector, or the secret with which to create one.
///
/// ```
/// use airbyte_agent_gmail::auth::{AirbyteCallback, CallbackError, airbyte_callback};
///
/// let target = "/connected?correlation=s3cret&connector_id=0b2d";
/// let callback = airbyte_callback(target, "/connected", "s3cret")?;
/// assert!(matches!(callback, AirbyteCallback::Connector(id) if id == "0b2d"));
/// assert_eq!(airbyte_callback(target, "/connected", "other").unwrap_err(), CallbackError::Forged);
/// # Ok::<(), airbyte_agent_gmail::auth::CallbackError>(())
/// ```
///
/// `correlation` is the value in the redirect URL, such as `AirbyteConsent::correlation` of the feature `oauth`.
///
/// # Errors
///
/// If it is anything but one of the two with the right correlation value.
pub fn airbyte_callback(
    target: &str,
    path: &str,
    correlation: &str,
) -> Result<AirbyteCallback, CallbackError> {
    let query = Query::read(target, path)?;
    query.check(CORRELATION, correlation)?;
    query.one("error_description")?;
    match (
        query.one("connector_id")?,
        query.one("secret_id")?,
        query.one("error")?,
    ) {
        (Some(id), None, None) if is_id(id) => Ok(AirbyteCallback::Connector(id.to_owned())),
        (None, Some(secret), None) => Ok(AirbyteCallback::Secret(Secret::from(secret))),
        (None, None, Some(error)) => Err(refusal(error)),
        _ => Err(CallbackError::Unclear),
    }
}

/// Maps an error code. The description is ignored, since it can quote what a person typed.
fn refusal(code: &str) -> CallbackError {
    match code {
        "access_denied"
        | "consent_denied"
        | "user_denied"
        | "org_internal"
        | "admin_policy_enforced" => CallbackError::Denied,
        "session_expired" | "expired" => CallbackError::Expired,
        code if is_reason(code) => CallbackError::Failed(code.to_owned()),
        _ => CallbackError::Unclear,
    }
}

/// Whether an id is safe in the path of later requests.
fn is_id(id: &str) -> bool {
    id.len() <= 128
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

struct Query(Vec<(String, String)>);

impl Query {
    fn read(target: &str, path: &str) -> Result<Self, CallbackError> {
        if target.len() > MAX_TARGET {
            return Err(CallbackError::TooLong);
        }
        let target = target.trim();
        if target
            .chars()
            .any(|letter| letter.is_control() || letter == ' ' || letter == '\\')
        {
            return Err(CallbackError::Malformed);
        }
        // People paste the whole URL; browsers send only its path and query.
        let target = match target.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                rest.find(['/', '?']).and_then(|start| rest.get(start..))
            }
            _ => Some(target),
        }
        .ok_or(CallbackError::WrongPath)?;
        let target = target.split('#').next().unwrap_or_default();
        let (actual, query) = target.split_once('?').unwrap_or((target, ""));
        if actual != path {
            return Err(CallbackError::WrongPath);
        }
        let mut pairs = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(CallbackError::TooLong);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if value.len() > MAX_VALUE {
                return Err(CallbackError::TooLong);
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The single value of a parameter; an empty one counts as missing.
    fn one(&self, name: &str) -> Result<Option<&str>, CallbackError> {
        let mut values = self
            .0
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str());
        let value = values.next();
        if values.next().is_some() {
            return Err(CallbackError::Repeated);
        }
        Ok(value.filter(|value| !value.is_empty()))
    }

    fn check(&self, name: &str, expected: &str) -> Result<(), CallbackError> {
        match self.one(name)? {
            Some(value) if !expected.is_empty() && Secret::from(expected).matches(value) => Ok(()),
            _ => Err(CallbackError::Forged),
        }
    }
}

/// Decodes a form value once; a broken escape or invalid UTF-8 is an error.
fn decode(text: &str) -> Result<String, CallbackError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    rest.next()
                        .and_then(|digit| char::from(digit).to_digit(16))
                        .and_then(|digit| u8::try_from(digit).ok())
                        .ok_or(CallbackError::Malformed)
                };
                digit()? << 4 | digit()?
            }
            byte => byte,
        };
        bytes.push(byte);
    }
    let text = String::from_utf8(bytes).map_err(|_| CallbackError::Malformed)?;
    if text.chars().any(char::is_control) {
        return Err(CallbackError::Malformed);
    }
    Ok(text)
}
