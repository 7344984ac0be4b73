//! A person asked through the client: MCP's elicitation, within a session (2025-06-18, 2025-11-25) and without one
//! (2026-07-28).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
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

use crate::random;
use crate::tool::{Decision, Question};

/// How long a person may take within a session.
const PERSON: Duration = Duration::from_secs(5 * 60);

/// How long an answer to a question is good for without a session.
const STATE: Duration = Duration::from_secs(10 * 60);

/// The one field of the form, and the name of the one question.
const FIELD: &str = "approve";

/// How a client can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// It says nothing of forms.
    Absent,
    /// By a request of the server's.
    Session,
    /// By an answer that asks, and another call with what was said.
    Stateless,
}

impl Form {
    fn of(context: &RequestContext<RoleServer>) -> Self {
        let elicitation = context
            .client_capabilities()
            .and_then(|capabilities| capabilities.elicitation);
        // Without a word about which, forms are meant.
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

/// The questions of a server: signed, and each answered once. The key is drawn when the server begins, so that what was
/// asked by another is asked again.
pub(super) struct Approvals {
    codec: Option<RequestStateCodec>,
    /// The questions that were answered, with the time until which their states would be good.
    answered: Mutex<HashMap<String, Instant>>,
}

impl std::fmt::Debug for Approvals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Approvals").finish_non_exhaustive()
    }
}

impl Approvals {
    pub(super) fn new() -> Self {
        let key = random::bytes::<32>().ok();
        Self {
            // Without randomness nobody is asked in this form.
            codec: key.and_then(|key| RequestStateCodec::try_new(key.to_vec()).ok()),
            answered: Mutex::default(),
        }
    }

    /// The call's way to ask.
    pub(super) fn asking(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Asking, ErrorData> {
        let form = Form::of(context);
        let bound = bound(request);
        let said = match form {
            // Within a session there are no states.
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

    /// What was said to a question of an earlier call; `None` without one. A state that is not from this server about the
    /// same call, or that was answered, is an error.
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
        // Where nothing was said, the person is asked again.
        let responses = request.input_responses.as_ref();
        let Some(result) = responses.and_then(|responses| responses.get(FIELD)) else {
            return Ok(None);
        };
        // The first answer is the answer, whatever it is.
        if !self.burn(nonce) {
            return Err(bad_state("was answered already"));
        }
        let result = serde_json::from_value::<ElicitResult>(result.clone());
        let decision = result.map_or(Decision::Declined, |result| decision(&result));
        Ok(Some((text.to_owned(), decision)))
    }

    /// Whether a question is answered for the first time.
    fn burn(&self, nonce: &str) -> bool {
        let now = Instant::now();
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.retain(|_, until| *until > now);
        // The state may have been made a moment ago.
        answered.insert(nonce.to_owned(), now + STATE).is_none()
    }

    /// The answer that asks, where a call has left a question open.
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

/// A call's way to ask a person.
#[derive(Clone)]
pub(super) struct Asking {
    form: Form,
    /// What a state is bound to: the tool and its arguments.
    bound: Vec<u8>,
    /// What a person has said already, and to which question.
    said: Option<(String, Decision)>,
    peer: Peer<RoleServer>,
    /// The question that the client has in front of it.
    open: Arc<Mutex<Option<RequestId>>>,
    /// The question that the answer is to be.
    pending: Arc<Mutex<Option<String>>>,
}

impl Asking {
    pub(super) async fn ask(self, question: Question) -> Decision {
        match self.form {
            Form::Absent => Decision::Unavailable,
            Form::Session => self.ask_now(question.text).await,
            Form::Stateless => match self.said {
                // What is done is what was shown.
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
            // It says that it takes forms, and has nobody who fills them in.
            Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => {
                Decision::Unavailable
            }
            _ => Decision::Declined,
        }
    }

    /// Takes back the question that a cancelled call has left in front of a person.
    pub(super) async fn take_back(&self) {
        let id = lock(&self.open).take();
        if id.is_some() {
            let reason = Some("the call was cancelled".to_owned());
            let param = CancelledNotificationParam::new(id, reason);
            // A client that is gone has nothing in front of it.
            let _ = self.peer.notify_cancelled(param).await;
        }
    }
}

fn bad_state(why: &str) -> ErrorData {
    let message =
        format!("`requestState` {why}; call again without it, and the person is asked again");
    ErrorData::invalid_params(message, None)
}

/// Only a form that was accepted with its box ticked is a yes.
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
    // A client that fills in defaults is not to say yes by it.
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

/// The tool and its arguments, in one way of writing them.
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
