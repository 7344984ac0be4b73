//! What a client sends before it has said which version it speaks. rmcp would end with the first message that it does
//! not expect there.

use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetMeta, JsonRpcMessage, ProtocolVersion,
    RequestMetaObject,
};
use serde_json::Value;

use super::message;

/// What becomes of a message that comes that early.
pub(super) enum Early {
    /// It says the version, for itself or for all that follow.
    Opens,
    /// It is answered as at any time.
    Passes,
    /// Nobody waits for an answer to it: clients take back the request with which they asked for the versions.
    Ignored,
    /// It was to say the version, and this is the answer.
    Refused(Value),
}

pub(super) fn early(message: &ClientJsonRpcMessage) -> Early {
    let JsonRpcMessage::Request(request) = message else {
        return Early::Ignored;
    };
    match &request.request {
        ClientRequest::InitializeRequest(_) => Early::Opens,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => Early::Passes,
        ClientRequest::CustomRequest(custom) if custom.method == "initialize" => Early::Refused(
            message::misfitting(&custom.method, custom.params.as_ref(), &request.id),
        ),
        other if is_complete(other.get_meta()) => Early::Opens,
        _ => Early::Passes,
    }
}

/// Whether a request says for itself all that it has to.
fn is_complete(meta: &RequestMetaObject) -> bool {
    let version = meta.protocol_version();
    version.is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        && meta
            .missing_required_keys(&ProtocolVersion::V_2026_07_28)
            .is_empty()
}
