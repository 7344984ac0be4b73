//! Resumable uploads: the message in chunks, which a client can resume.

use std::collections::{HashMap, VecDeque};
use std::mem;

use http::{HeaderName, StatusCode, header};
use serde_json::{Map, Value};

use super::error;
use super::parameter;
use super::upload::{Received, check_size, check_type};
use crate::operation::Operation;
use crate::sandbox::exchange::{Answer, Request, media_type, with_query};
use crate::sandbox::random;
use crate::sandbox::state::{State, lock};

/// Every chunk but the last has at least this many bytes; of each, only a multiple of it is kept.
const CHUNK: u64 = 256 * 1024;

/// How many finished uploads keep their answer.
const FINISHED: usize = 100;

/// The most unfinished uploads, and the most bytes in all of them. Beyond that the least recently used one is dropped;
/// its client gets a 404 and starts again.
const OPEN: usize = 100;
const OPEN_BYTES: usize = 96 * 1024 * 1024;

/// The resumable uploads, finished or not.
#[derive(Debug, Default)]
pub(crate) struct UploadSessions {
    by_id: HashMap<String, Session>,
    /// The ids of finished uploads, oldest first.
    finished: VecDeque<String>,
    /// The ids of unfinished uploads, least recently used first.
    open: VecDeque<String>,
}

impl UploadSessions {
    /// Marks an upload as used, and drops the least recently used ones beyond the limits.
    fn touch(&mut self, id: &str) {
        let Self { by_id, open, .. } = self;
        open.retain(|other| other != id && by_id.get(other).is_some_and(Session::is_open));
        open.push_back(id.to_owned());
        let size = |open: &VecDeque<String>, by_id: &HashMap<String, Session>| -> usize {
            open.iter()
                .filter_map(|id| by_id.get(id))
                .map(|session| session.received.len())
                .sum()
        };
        while open.len() > OPEN || (open.len() > 1 && size(open, by_id) > OPEN_BYTES) {
            if let Some(oldest) = open.pop_front() {
                by_id.remove(&oldest);
            }
        }
    }
}

#[derive(Debug)]
struct Session {
    operation: &'static str,
    params: Map<String, Value>,
    received: Vec<u8>,
    progress: Progress,
}

impl Session {
    fn is_open(&self) -> bool {
        matches!(self.progress, Progress::Open)
    }
}

#[derive(Debug)]
enum Progress {
    /// More chunks are expected.
    Open,
    /// The mailbox has the whole message, and takes it only once.
    UnderWay,
    /// The answer to the last chunk, for a client that missed it and asks again.
    Done(Value),
}

/// Keeps the answer of a resumable upload, or drops an upload that the mailbox rejected.
pub(super) fn settle(state: &State, id: &str, outcome: Option<&Value>) {
    let mut sessions = lock(&state.uploads);
    let Some(answer) = outcome else {
        sessions.by_id.remove(id);
        return;
    };
    if let Some(session) = sessions.by_id.get_mut(id) {
        session.progress = Progress::Done(answer.clone());
        sessions.finished.push_back(id.to_owned());
    }
    if sessions.finished.len() > FINISHED
        && let Some(oldest) = sessions.finished.pop_front()
    {
        sessions.by_id.remove(&oldest);
    }
}

/// Starts an upload and returns the address for its chunks.
pub(super) fn begin(
    state: &State,
    request: &Request,
    operation: &'static Operation,
    params: &mut Map<String, Value>,
    limit: u64,
) -> Result<Answer, Answer> {
    parameter::from_body(operation, request, params)?;
    if let Some(kind) = request.header("x-upload-content-type") {
        check_type(&media_type(kind))?;
    }
    if let Some(length) = request
        .header("x-upload-content-length")
        .and_then(|length| length.parse().ok())
    {
        check_size(length, limit)?;
    }
    let id = random::token("upload");
    let session = Session {
        operation: operation.id,
        params: params.clone(),
        received: Vec::new(),
        progress: Progress::Open,
    };
    let mut sessions = lock(&state.uploads);
    sessions.by_id.insert(id.clone(), session);
    sessions.touch(&id);
    drop(sessions);
    // Keep the query: its `fields` and the like apply to the answer of the last chunk.
    let query = request.query.as_deref().unwrap_or_default();
    let address = format!("{}{}?{query}", state.origin, request.path);
    let location = with_query(&address, &[("upload_id", &id)]);
    Ok(Answer::empty(StatusCode::OK)
        .with_header(header::LOCATION, &location)
        .with_header(UPLOAD_ID, &id)
        .with_header(UPLOAD_STATUS, "active"))
}

/// Takes a chunk, or reports how much has arrived.
pub(super) fn advance(
    state: &State,
    request: &Request,
    operation: &Operation,
    id: &str,
    params: &mut Map<String, Value>,
    limit: u64,
) -> Result<Received, Answer> {
    let mut sessions = lock(&state.uploads);
    let Some(session) = sessions
        .by_id
        .get_mut(id)
        .filter(|session| session.operation == operation.id)
    else {
        return Err(error::generic(StatusCode::NOT_FOUND));
    };
    match &session.progress {
        Progress::Open => {}
        Progress::UnderWay => return Err(error::generic(StatusCode::SERVICE_UNAVAILABLE)),
        Progress::Done(answer) => return Ok(Received::Nothing(answer.clone())),
    }
    let length = request.body.len() as u64;
    let there = session.received.len() as u64;
    let range = match request.header(header::CONTENT_RANGE.as_str()) {
        // Without a range the body is the whole message.
        None => Range {
            first: Some(0),
            total: Some(length),
        },
        Some(text) => Range::read(text, length)
            .ok_or_else(|| error::bad_request("Failed to parse Content-Range header."))?,
    };
    if let Some(first) = range.first {
        if first != there {
            return Err(error::bad_request(&format!(
                "Invalid request. The next byte is {there}."
            )));
        }
        check_size(there + length, limit)?;
        let last = range.total == Some(there + length);
        if !last && length < CHUNK {
            return Err(error::bad_request(&format!(
                "Invalid request. The number of bytes uploaded is required to be equal or greater than {CHUNK}, \
                 except for the final request. The received request contained {length} bytes."
            )));
        }
        // The answer's range tells the client where to continue.
        let surplus = if last { 0 } else { length % CHUNK };
        let kept = usize::try_from(length - surplus).unwrap_or_default();
        session
            .received
            .extend_from_slice(request.body.get(..kept).unwrap_or_default());
    }
    let there = session.received.len() as u64;
    if range.total != Some(there) {
        sessions.touch(id);
        // Elsewhere 308 is a redirect. Clients whose HTTP library follows it ask for a header instead.
        let answer = if request.header(NO_308) == Some("yes") {
            Answer::empty(StatusCode::OK).with_header(STATUS_OVERRIDE, "308")
        } else {
            Answer::empty(StatusCode::PERMANENT_REDIRECT)
        };
        let answer = answer.with_header(UPLOAD_STATUS, "active");
        return Ok(Received::Part(match there.checked_sub(1) {
            Some(last) => answer.with_header(header::RANGE, &format!("bytes=0-{last}")),
            None => answer,
        }));
    }
    session.progress = Progress::UnderWay;
    params.extend(mem::take(&mut session.params));
    let media = mem::take(&mut session.received).into();
    Ok(Received::Whole(media, Some(id.to_owned())))
}

const UPLOAD_ID: HeaderName = HeaderName::from_static("x-guploader-uploadid");
const UPLOAD_STATUS: HeaderName = HeaderName::from_static("x-goog-upload-status");
const STATUS_OVERRIDE: HeaderName = HeaderName::from_static("x-http-status-code-override");
const NO_308: &str = "x-guploader-no-308";

/// A `Content-Range`: `bytes 0-9/20`, `bytes 0-9/*`, or `bytes */20` to ask how much has arrived.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    first: Option<u64>,
    total: Option<u64>,
}

impl Range {
    fn read(text: &str, length: u64) -> Option<Self> {
        let (span, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let total = match total {
            "*" => None,
            digits => Some(digits.parse().ok()?),
        };
        if span == "*" {
            return (length == 0).then_some(Self { first: None, total });
        }
        let (first, last) = span.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let fits = last.checked_sub(first)?.checked_add(1)? == length
            && total.is_none_or(|total| last < total);
        fits.then_some(Self {
            first: Some(first),
            total,
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};
    use serde_json::json;

    use super::*;
    use crate::sandbox::gmail::upload::receive;
    use crate::sandbox::mailbox::Mailbox;
    use crate::sandbox::table;

    struct Upload {
        state: State,
        operation: &'static Operation,
    }

    impl Upload {
        fn new() -> Self {
            Self {
                state: State::new(String::new(), Mailbox::new("user@example.com")),
                operation: table::find("messages", "create").unwrap(),
            }
        }

        fn put(&self, query: &str, body: &'static str) -> Result<Received, Answer> {
            let request = Request {
                method: Method::PUT,
                path: String::new(),
                query: Some(query.to_owned()),
                headers: HeaderMap::from_iter([(
                    header::CONTENT_TYPE,
                    "message/rfc822".parse().unwrap(),
                )]),
                body: Bytes::from_static(body.as_bytes()),
            };
            let pairs = request.query_pairs();
            let (global, mut params) = parameter::from_query(self.operation, &pairs)?;
            receive(&self.state, &request, self.operation, &global, &mut params)
        }

        fn begin(&self) -> String {
            let Ok(Received::Part(answer)) = self.put("uploadType=resumable", "") else {
                return String::new();
            };
            let id = answer.headers.get(UPLOAD_ID).unwrap().to_str().unwrap();
            format!("uploadType=resumable&upload_id={id}")
        }

        /// The upload id that comes with the whole message.
        fn whole(&self, query: &str) -> Option<String> {
            match self.put(query, "Subject: x\r\n\r\n") {
                Ok(Received::Whole(_, id)) => id,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_message_comes_once() {
        let upload = Upload::new();
        let query = upload.begin();
        let id = upload.whole(&query).unwrap();
        for body in ["Subject: x\r\n\r\n", ""] {
            let refused = upload.put(&query, body).unwrap_err();
            assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        }
        let answer = json!({"id": "1"});
        settle(&upload.state, &id, Some(&answer));
        let again = upload.put(&query, "Subject: x\r\n\r\n");
        assert!(matches!(again, Ok(Received::Nothing(before)) if before == answer));
    }

    #[test]
    fn only_pieces_finish_a_resumable_upload() {
        let upload = Upload::new();
        let query = upload.begin();
        let other = query.replace("resumable", "media");
        assert_eq!(upload.whole(&other), None);
        assert!(upload.whole(&query).is_some());
    }

    #[test]
    fn the_answers_of_the_newest_uploads_are_kept() {
        let upload = Upload::new();
        let queries: Vec<String> = (0..=FINISHED)
            .map(|_| {
                let query = upload.begin();
                let id = upload.whole(&query).unwrap();
                settle(&upload.state, &id, Some(&Value::Null));
                query
            })
            .collect();
        let refused = upload.put(&queries[0], "").unwrap_err();
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        for query in &queries[1..] {
            assert!(matches!(upload.put(query, ""), Ok(Received::Nothing(_))));
        }
    }

    #[test]
    fn ranges_are_read() {
        let range = |first, total| Some(Range { first, total });
        for (text, length, expected) in [
            ("bytes 0-9/20", 10, range(Some(0), Some(20))),
            ("bytes 10-19/20", 10, range(Some(10), Some(20))),
            ("bytes 0-9/*", 10, range(Some(0), None)),
            ("bytes */20", 0, range(None, Some(20))),
            ("bytes 0-9/20", 9, None),
            ("bytes 0-9/5", 10, None),
            ("bytes 9-0/20", 0, None),
            ("bytes 0-18446744073709551615/*", 0, None),
            ("0-9/20", 10, None),
        ] {
            assert_eq!(Range::read(text, length), expected, "{text}");
        }
    }

    #[test]
    fn abandoned_uploads_give_way() {
        let session = |bytes| Session {
            operation: "messages_send",
            params: Map::new(),
            received: vec![0; bytes],
            progress: Progress::Open,
        };
        let mut sessions = UploadSessions::default();
        let begin = |sessions: &mut UploadSessions, id: usize, bytes| {
            sessions.by_id.insert(id.to_string(), session(bytes));
            sessions.touch(&id.to_string());
        };
        for id in 0..300 {
            begin(&mut sessions, id, 1);
        }
        assert_eq!((sessions.by_id.len(), sessions.open.len()), (OPEN, OPEN));
        // An upload in use is not the least recently used.
        sessions.touch("200");
        begin(&mut sessions, 300, 1);
        assert!(sessions.by_id.contains_key("200") && !sessions.by_id.contains_key("201"));
        for id in 301..310 {
            begin(&mut sessions, id, OPEN_BYTES / 4);
        }
        let kept: usize = sessions
            .by_id
            .values()
            .map(|session| session.received.len())
            .sum();
        assert!(kept <= OPEN_BYTES);
        begin(&mut sessions, 400, 2 * OPEN_BYTES);
        assert_eq!(sessions.by_id.len(), 1);
    }
}
