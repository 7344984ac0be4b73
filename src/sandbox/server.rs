//! The HTTP server: reads requests, applies faults and sends the services' answers.

use std::fmt;
use std::io::{self, Read, Write};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::body::ResponseBody;
use super::exchange::{Answer, Request};
use super::fault::FaultKind;
use super::log::{RequestRecord, Service};
use super::state::{State, lock};
use super::traffic::{Half, Traced};
use super::{airbyte, control, gmail, google, page};

/// Gmail accepts messages of up to 150 MiB, which are 200 MiB in base64.
const LARGEST_BODY: usize = 200 * 1024 * 1024;

/// How long connections have to finish when the sandbox stops.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves until `stop` changes or its sender is dropped.
pub(crate) async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, Arc::clone(&state), stop.clone()));
                }
                // Running out of file descriptors is temporary; retrying at once would only waste time.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

async fn connection(stream: TcpStream, state: Arc<State>, mut stop: watch::Receiver<bool>) {
    // Without this option, small answers wait for the acknowledgement of the previous one. If setting it fails, they
    // only come later.
    let _ = stream.set_nodelay(true);
    let inner = stop.clone();
    let service = service_fn(move |request| handle(Arc::clone(&state), inner.clone(), request));
    let mut connection = pin!(
        http1::Builder::new()
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), service)
    );
    // Clients may close connections as they like, and injected faults end them with an error.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(LAST_WORDS, connection).await;
        }
    }
}

async fn handle(
    state: Arc<State>,
    mut stop: watch::Receiver<bool>,
    request: http::Request<Incoming>,
) -> Result<Response<ResponseBody>, Interrupted> {
    let (parts, body) = request.into_parts();
    // Refuse early when the declared length is too large, so that the client need not send the body.
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return Ok(respond(too_large()));
    }
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(respond(too_large())),
        Err(_) => return Err(Interrupted),
    };
    if !is_loopback(&parts) {
        // A web page can point its own domain at this machine (DNS rebinding), but its requests still carry that name.
        // They must not reach imported mail.
        let text = "the sandbox answers on loopback addresses only: send the request to 127.0.0.1";
        return Ok(respond(airbyte::error::detail(StatusCode::FORBIDDEN, text)));
    }
    let body = match unpacked(&parts.headers, body) {
        Ok(body) => body,
        Err(refusal) => return Ok(respond(refusal)),
    };
    let asked = parts.method.clone();
    let request = Request {
        // HEAD is handled as GET; hyper leaves out the body.
        method: if parts.method == Method::HEAD {
            Method::GET
        } else {
            parts.method
        },
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
    };
    if page::is_stream(&request) {
        let answer = Answer::empty(StatusCode::OK)
            .with_header(header::CONTENT_TYPE, "text/event-stream")
            .with_header(header::CACHE_CONTROL, "no-store");
        let changes = page::changes(&state, stop);
        return Ok(respond_with(answer, |_| ResponseBody::stream(changes)));
    }
    if page::is_page(&request.path) {
        return Ok(respond(page::answer(&state, &request)));
    }
    let Some(service) = service_of(&request.path) else {
        return Ok(respond(control::answer(&state, &request)));
    };
    let request = if service == Service::Gmail {
        gmail::overridden(request)
    } else {
        request
    };

    let mut record = RequestRecord::new(
        service,
        asked.as_str(),
        &request.path,
        request.query.as_deref(),
    );
    let mut executed = None;
    match service {
        Service::Google => google::describe(&request, &mut record),
        Service::Gmail => gmail::describe(&state, &request, &mut record),
        Service::Airbyte => executed = airbyte::describe(&request, &mut record),
    }
    let number = state.log.begin(record.clone());
    lock(&state.traffic).push(Traced {
        number,
        record: record.clone(),
        sent: Half::new(&request.headers, &request.body),
        got: None,
    });
    let names = [Some(record.operation.as_str()), executed]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    let fault = lock(&state.faults).take(service, &names);

    let replaced = fault.as_ref().and_then(|fault| fault.answer(service));
    let answer = match (&fault, replaced) {
        (_, Some(answer)) => answer,
        (Some(FaultKind::ConnectionClosedWithoutProcessing), _) => return Err(Interrupted),
        (Some(FaultKind::NeverAnswer), _) => {
            // Either result means that the sandbox is gone.
            let _ = stop.changed().await;
            return Err(Interrupted);
        }
        _ => match service {
            Service::Google => google::answer(&state, &request, &mut record),
            Service::Gmail => gmail::answer(&state, &request, &mut record),
            Service::Airbyte => airbyte::answer(&state, &request, &mut record),
        },
    };
    let mut got = None;
    if !matches!(fault, Some(FaultKind::ConnectionClosedBeforeResponse)) {
        record.status = Some(answer.status.as_u16());
        got = Some(Half::new(&answer.headers, &answer.body));
    }
    lock(&state.traffic).finish(number, &record, got);
    state.log.finish(number, record);
    state.changed();

    let answer = match fault {
        Some(FaultKind::WrongContentType) => {
            answer.with_header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        }
        Some(FaultKind::InvalidJson) => {
            let half = answer.body.slice(..answer.body.len() / 2);
            let body = [b"{\"cut\": ".as_slice(), &half].concat();
            Answer {
                body: body.into(),
                ..answer
            }
        }
        _ => answer,
    };
    let answer = if takes_gzip(service, &request) {
        packed(answer)
    } else {
        answer
    };
    match fault {
        Some(FaultKind::ConnectionClosedBeforeResponse) => Err(Interrupted),
        Some(FaultKind::Delay(delay)) => {
            tokio::select! {
                () = sleep(delay) => Ok(respond(answer)),
                _ = stop.changed() => Err(Interrupted),
            }
        }
        Some(FaultKind::SlowBody(pause)) => {
            Ok(respond_with(answer, |body| ResponseBody::slow(body, pause)))
        }
        Some(FaultKind::TruncatedBody) => Ok(respond_with(answer, ResponseBody::truncated)),
        _ => Ok(respond(answer)),
    }
}

/// Decompresses the body: Google's Java client compresses without being asked.
fn unpacked(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Answer> {
    let packed = headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    if !packed || body.is_empty() {
        return Ok(body);
    }
    let mut whole = Vec::new();
    let read = MultiGzDecoder::new(body.as_ref())
        .take(LARGEST_BODY as u64 + 1)
        .read_to_end(&mut whole);
    match read {
        Err(_) => Err(gmail::error::page(
            StatusCode::BAD_REQUEST,
            "The body is not what its Content-Encoding says.",
        )),
        Ok(length) if length > LARGEST_BODY => Err(too_large()),
        Ok(_) => Ok(whole.into()),
    }
}

/// Whether to compress the answer. Google requires `gzip` in `User-Agent` too.
fn takes_gzip(service: Service, request: &Request) -> bool {
    let names = |header: HeaderName| {
        request
            .header(header)
            .is_some_and(|value| value.to_ascii_lowercase().contains("gzip"))
    };
    names(header::ACCEPT_ENCODING) && (service == Service::Airbyte || names(header::USER_AGENT))
}

/// Compresses a non-empty answer.
fn packed(answer: Answer) -> Answer {
    if answer.body.is_empty() {
        return answer;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    match encoder
        .write_all(&answer.body)
        .and_then(|()| encoder.finish())
    {
        Ok(body) => Answer {
            body: body.into(),
            ..answer
        }
        .with_header(header::CONTENT_ENCODING, "gzip"),
        Err(_) => answer,
    }
}

/// The service that a path belongs to; `None` is the control endpoint.
fn service_of(path: &str) -> Option<Service> {
    let below = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if below("/control") {
        None
    } else if below("/api") || below("/airbyte") || below("/v1/integrations") {
        Some(Service::Airbyte)
    } else if [
        "/token",
        "/revoke",
        "/tokeninfo",
        "/o",
        "/oauth2",
        "/v1/userinfo",
        "/v1/projects",
        "/computeMetadata",
        "/userinfo",
    ]
    .into_iter()
    .any(below)
    {
        Some(Service::Google)
    } else {
        Some(Service::Gmail)
    }
}

fn is_loopback(parts: &http::request::Parts) -> bool {
    let Some(host) = parts.headers.get(header::HOST).map(HeaderValue::to_str) else {
        // HTTP/1.0 has no Host header, and browsers do not use it.
        return true;
    };
    let host = host.unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

fn too_large() -> Answer {
    gmail::error::page(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.")
        .with_header(header::CONNECTION, "close")
}

fn respond(answer: Answer) -> Response<ResponseBody> {
    respond_with(answer, ResponseBody::whole)
}

fn respond_with(
    answer: Answer,
    body: impl FnOnce(Bytes) -> ResponseBody,
) -> Response<ResponseBody> {
    let mut response = Response::new(body(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = *answer.headers;
    response
}

/// An error that closes the connection without an answer.
#[derive(Debug)]
struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is closed without an answer")
    }
}

impl std::error::Error for Interrupted {}

/// Binds a port on 127.0.0.1; 0 picks a free one.
pub(crate) async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await
}
