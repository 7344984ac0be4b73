//! Messages that arrive before the client has named its protocol version. rmcp would end the session at the first one
//! it does not expect.

use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetMeta, JsonRpcMessage, ProtocolVersion,
    RequestMetaObject,
};
use serde_json::Value;

use super::message;

/// What to do with such an early message.
pub(super) enum Early {
    /// It names the version, for itself or for all that follow.
    Opens,
    /// It is handled as usual.
    Passes,
    /// It needs no response: some clients cancel the request with which they asked for the versions.
    Ignored,
    /// It should have named the version; this is the response.
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

/// Whether the request's metadata is complete and names a known version.
fn is_complete(meta: &RequestMetaObject) -> bool {
    let version = meta.protocol_version();
    version.is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        && meta
            .missing_required_keys(&ProtocolVersion::V_2026_07_28)
            .is_empty()
}
