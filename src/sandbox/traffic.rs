//! The last requests with their answers as sent, for the web pages.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

use super::log::RequestRecord;

/// How many requests are kept.
const KEPT: usize = 200;

/// How much of a body is kept, in bytes.
const LARGEST_BODY: usize = 32 * 1024;

/// A request with its answer.
#[derive(Clone)]
pub(crate) struct Traced {
    pub(crate) number: u64,
    pub(crate) record: RequestRecord,
    pub(crate) sent: Half,
    /// Absent while there is no answer, or if the connection closed without one.
    pub(crate) got: Option<Half>,
}

/// The headers and the body of a request or an answer.
#[derive(Clone)]
pub(crate) struct Half {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// Whether the body was cut off.
    pub(crate) cut: bool,
}

impl Half {
    pub(crate) fn new(headers: &HeaderMap, body: &Bytes) -> Self {
        let kept = body.get(..LARGEST_BODY).unwrap_or(body);
        Self {
            headers: headers
                .iter()
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (name.as_str().to_owned(), value)
                })
                .collect(),
            // A slice would keep the whole body alive.
            body: Bytes::copy_from_slice(kept),
            cut: kept.len() < body.len(),
        }
    }
}

/// The last requests.
#[derive(Default)]
pub(crate) struct Traffic(VecDeque<Traced>);

impl Traffic {
    pub(crate) fn push(&mut self, traced: Traced) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(traced);
    }

    /// Adds the answer to a request that is still kept.
    pub(crate) fn finish(&mut self, number: u64, record: &RequestRecord, got: Option<Half>) {
        if let Some(traced) = self
            .0
            .iter_mut()
            .rev()
            .find(|traced| traced.number == number)
        {
            traced.record = record.clone();
            traced.got = got;
        }
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Traced> {
        self.0.iter().find(|traced| traced.number == number)
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Traced> {
        self.0.iter().rev()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

// Traffic contains tokens and mail.
impl fmt::Debug for Traffic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Traffic")
            .field("requests", &self.0.len())
            .finish_non_exhaustive()
    }
}
