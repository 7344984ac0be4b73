//! Approval by a person through the client: MCP elicitation, within a session (2025-06-18, 2025-11-25) and without
//! one (2026-07-28).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rmcp::model::{
    BooleanSchema, CallToolRequestParams, CallToolResponse, CancelledNotificationParam,
    ClientResult, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationSchema, ErrorCode, ErrorData, InputRequest, InputRequests, InputRequiredResult,
    PrimitiveSchemaDefinition, ProtocolVersion, RequestId, RequestStateCodec, RequestStateError,
    SealOptions, ServerRequest,
};
use rmcp::service::{Peer, PeerRequestOptions, RequestContext, RoleServer, ServiceError};
use serde_json::{Map, Value};

use super::lock;
use crate::random;
use crate::tool::{Decision, Question};

/// How long a person may take within a session.
const PERSON: Duration = Duration::from_secs(5 * 60);

/// How long the state of a question stays valid without a session.
const STATE: Duration = Duration::from_secs(10 * 60);

/// The form's only field, and the name of its only question.
const FIELD: &str = "approve";

/// How the client can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// It does not support forms.
    Absent,
    /// With a request from the server.
    Session,
    /// With a result that asks, and a second call that carries the reply.
    Stateless,
}

impl Form {
    fn of(context: &RequestContext<RoleServer>) -> Self {
        let elicitation = context
            .client_capabilities()
            .and_then(|capabilities| capabilities.elicitation);
        // A client that names no mode means forms.
        let takes_forms =
            elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none());
        let is_stateless = context
            .protocol_version()
            .is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        match (takes_forms, is_stateless) {
            (false, _) => Self::Absent,
            (true, false) => Self::Session,
            (true, true) => Self::Stateless,
        }
    }
}

/// A server's questions: signed, and each answered only once. The key is generated at startup, so a question from
/// another server process is asked again.
pub(super) struct Approvals {
    codec: Option<RequestStateCodec>,
    /// Answered questions, each with the time at which its state expires.
    answered: Mutex<HashMap<String, Instant>>,
}

debug!(Approvals, self);

impl Approvals {
    pub(super) fn new() -> Self {
        let key = random::bytes::<32>().ok();
        Self {
            // Without random numbers, nobody is asked in the stateless form.
            codec: key.and_then(|key| RequestStateCodec::try_new(key.to_vec()).ok()),
            answered: Mutex::default(),
        }
    }

    /// How this call can ask.
    pub(super) fn asking(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Asking, ErrorData> {
        let form = Form::of(context);
        let bound = bound(request);
        let said = match form {
            // A session has no states.
            Form::Session => None,
            _ => self.said(request, &bound)?,
        };
        Ok(Asking {
            form,
            bound,
            said,
            peer: context.peer.clone(),
            open: Arc::default(),
            pending: Arc::default(),
        })
    }

    /// The reply to an earlier call's question, if any. Fails for a state that is not this server's, belongs to
    /// another call, or was answered already.
    fn said(
        &self,
        request: &CallToolRequestParams,
        bound: &[u8],
    ) -> Result<Option<(String, Decision)>, ErrorData> {
        let Some(state) = request.request_state.as_deref() else {
            return Ok(None);
        };
        let payload = match &self.codec {
            Some(codec) => codec.open_with(state, bound),
            None => return Err(bad_state("was not given by this server")),
        };
        let payload = payload.map_err(|error| match error {
            RequestStateError::Expired => bad_state("has expired"),
            _ => bad_state("was not given by this server for this call"),
        })?;
        let payload = String::from_utf8_lossy(&payload);
        let (nonce, text) = payload.split_once('\n').unwrap_or_default();
        // Without a reply, the person is asked again.
        let responses = request.input_responses.as_ref();
        let Some(result) = responses.and_then(|responses| responses.get(FIELD)) else {
            return Ok(None);
        };
        // Only the first reply counts.
        if !self.burn(nonce) {
            return Err(bad_state("was answered already"));
        }
        let result = serde_json::from_value::<ElicitResult>(result.clone());
        let decision = result.map_or(Decision::Declined, |result| decision(&result));
        Ok(Some((text.to_owned(), decision)))
    }

    /// Marks a question as answered; returns whether this is the first time.
    fn burn(&self, nonce: &str) -> bool {
        let now = Instant::now();
        let mut answered = lock(&self.answered);
        answered.retain(|_, until| *until > now);
        // Keep it a full period from now: the state may be only a moment old.
        answered.insert(nonce.to_owned(), now + STATE).is_none()
    }

    /// The result that asks the question, if the call left one open.
    pub(super) fn open_question(&self, asking: &Asking) -> Option<CallToolResponse> {
        let text = lock(&asking.pending).take()?;
        let nonce = random::bytes::<16>().ok()?;
        let nonce = crate::mail::encoding::encode_base64url(&nonce);
        let options = SealOptions::new().associated_data(&asking.bound).ttl(STATE);
        let payload = format!("{nonce}\n{text}");
        let state = self.codec.as_ref()?.seal_with(payload.as_bytes(), &options);
        let request = InputRequest::Elicitation(ElicitRequest::new(form(text)));
        let requests = InputRequests::from([(FIELD.to_owned(), request)]);
        let result = InputRequiredResult::new(Some(requests), Some(state));
        Some(CallToolResponse::InputRequired(result))
    }
}

/// How one call asks a person.
#[derive(Clone)]
pub(super) struct Asking {
    form: Form,
    /// What a state is bound to: the tool and its arguments.
    bound: Vec<u8>,
    /// A reply already given, with the question's text.
    said: Option<(String, Decision)>,
    peer: Peer<RoleServer>,
    /// The question the client is showing now.
    open: Arc<Mutex<Option<RequestId>>>,
    /// The question to return as the call's result.
    pending: Arc<Mutex<Option<String>>>,
}

impl Asking {
    pub(super) async fn ask(self, question: Question) -> Decision {
        match self.form {
            Form::Absent => Decision::Unavailable,
            Form::Session => self.ask_now(question.text).await,
            Form::Stateless => match self.said {
                // The reply counts only for the text that was shown.
                Some((shown, decision)) if shown == question.text => decision,
                _ => {
                    *lock(&self.pending) = Some(question.text);
                    Decision::Declined
                }
            },
        }
    }

    async fn ask_now(self, text: String) -> Decision {
        let request = ServerRequest::ElicitRequest(ElicitRequest::new(form(text)));
        let options = PeerRequestOptions::with_timeout(PERSON);
        let Ok(handle) = self.peer.send_cancellable_request(request, options).await else {
            return Decision::Declined;
        };
        *lock(&self.open) = Some(handle.id.clone());
        let said = handle.await_response().await;
        lock(&self.open).take();
        match said {
            Ok(ClientResult::ElicitResult(result)) => decision(&result),
            // The client claims forms but does not implement them.
            Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => {
                Decision::Unavailable
            }
            _ => Decision::Declined,
        }
    }

    /// Withdraws the open question of a cancelled call.
    pub(super) async fn take_back(&self) {
        let id = lock(&self.open).take();
        if id.is_some() {
            let reason = Some("the call was cancelled".to_owned());
            let param = CancelledNotificationParam::new(id, reason);
            // An error means that the client has gone.
            let _ = self.peer.notify_cancelled(param).await;
        }
    }
}

fn bad_state(why: &str) -> ErrorData {
    let message =
        format!("`requestState` {why}; call again without it, and the person is asked again");
    ErrorData::invalid_params(message, None)
}

/// Only an accepted form with its box ticked approves.
fn decision(result: &ElicitResult) -> Decision {
    let ticked = result
        .content
        .as_ref()
        .and_then(|content| content.get(FIELD));
    match (&result.action, ticked) {
        (ElicitationAction::Accept, Some(Value::Bool(true))) => Decision::Approved,
        _ => Decision::Declined,
    }
}

fn form(message: String) -> ElicitRequestParams {
    // A client that fills in defaults must not approve by doing so.
    let tick = BooleanSchema::new().title("Do it").with_default(false);
    let schema = ElicitationSchema::builder()
        .required_property(FIELD, PrimitiveSchemaDefinition::Boolean(tick))
        .build_unchecked();
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema: schema,
    }
}

/// The tool and its arguments in canonical form.
fn bound(request: &CallToolRequestParams) -> Vec<u8> {
    let arguments = request.arguments.clone().unwrap_or_default();
    let arguments = sorted(Value::Object(arguments));
    format!("{}\n{arguments}", request.name).into_bytes()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            fields.sort_by(|(one, _), (other, _)| one.cmp(other));
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, sorted(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_ticked_box_is_a_yes() {
        for (action, content, expected) in [
            ("accept", json!({"approve": true}), Decision::Approved),
            ("accept", json!({"approve": "true"}), Decision::Declined),
            ("accept", json!({"approve": false}), Decision::Declined),
            ("accept", json!({}), Decision::Declined),
            ("accept", json!(null), Decision::Declined),
            ("decline", json!({"approve": true}), Decision::Declined),
            ("cancel", json!({"approve": true}), Decision::Declined),
        ] {
            let result = json!({"action": action, "content": content});
            let result = serde_json::from_value(result).expect("a result");
            assert_eq!(decision(&result), expected, "{action} {content}");
        }
    }

    #[test]
    fn a_question_is_answered_once() {
        let approvals = Approvals::new();
        assert!(approvals.burn("a") && !approvals.burn("a") && approvals.burn("b"));
    }
}
