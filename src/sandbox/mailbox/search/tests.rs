use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use super::*;
use crate::sandbox::mailbox::{
    index::Index,
    support::{call, done, empty, raw},
};

/// An event in a mailbox.
#[derive(Debug, Clone)]
enum Event {
    Insert {
        mail: String,
        labels: Vec<&'static str>,
    },
    Draft(String),
    Relabel {
        message: usize,
        add: &'static str,
        remove: &'static str,
    },
    Delete(usize),
}

const LABELS: &[&str] = &["INBOX", "UNREAD", "SENT", "SPAM", "TRASH", "Label_1"];

const WORDS: &[&str] = &["alpha", "beta", "gamma", "Δelta", "你好", "alpha-beta"];

/// The terms that queries are made of.
const TERMS: &[&str] = &[
    "alpha",
    "beta",
    "gamma",
    "δelta",
    "好",
    "\"alpha beta\"",
    "beta-gamma",
    "nowhere",
    "***",
    "-",
    "OR",
    "NOT",
    "(",
    ")",
    "{",
    "}",
    "from:ann",
    "from:ann@example.com",
    "to:me",
    "cc:bob",
    "to:(ann bob)",
    "subject:beta",
    "subject:\"alpha beta\"",
    "list:news.example.org",
    "deliveredto:bob",
    "filename:alpha",
    "filename:beta.pdf",
    "has:attachment",
    "rfc822msgid:3@example.com",
    "in:inbox",
    "in:trash",
    "in:anywhere",
    "in:archive",
    "label:my-own",
    "label:nothing",
    "is:unread",
    "is:read",
    "has:userlabels",
    "has:nouserlabels",
    "after:2026/01/03",
    "before:2026/01/05",
    "older_than:5m",
    "after:",
    "larger:400",
    "smaller:300",
];

fn text() -> impl Strategy<Value = String> {
    vec(select(WORDS), 0..4).prop_map(|words| words.join(" "))
}

fn mail() -> impl Strategy<Value = String> {
    let person = || {
        select(vec![
            "Ann <ann@example.com>",
            "bob@example.com",
            "user@example.com",
        ])
    };
    let header = (person(), person(), person(), text(), 1..9, 0..9, 0..9);
    (header, text(), text(), 0..5).prop_map(|(header, body, file, shape)| {
        let (from, to, copy, subject, day, own, other) = header;
        let fields = format!(
            "From: {from}\nTo: {to}\nCc: {copy}\nSubject: Re: {subject}\n\
             Date: {day} Jan 2026 00:00:00 +0000\nMessage-ID: <{own}@example.com>\n\
             In-Reply-To: <{other}@example.com>\n"
        );
        match shape {
            0 => format!("{fields}Content-Type: text/html\n\n<p>{body}</p>{file}"),
            1 => format!(
                "{fields}Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{body}\n--b\n\
                 Content-Type: application/pdf; name=\"{file}.pdf\"\n\n{body}\n--b--\n"
            ),
            2 => format!("{fields}List-Id: <news.example.org>\nDelivered-To: {copy}\n\n{body}"),
            _ => format!("{fields}\n{body}\n{file}"),
        }
    })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (mail(), vec(select(LABELS), 0..4))
            .prop_map(|(mail, labels)| Event::Insert { mail, labels }),
        1 => mail().prop_map(Event::Draft),
        2 => (0..40_usize, select(LABELS), select(LABELS))
            .prop_map(|(message, add, remove)| Event::Relabel { message, add, remove }),
        1 => (0..40_usize).prop_map(Event::Delete),
    ]
}

/// A mailbox whose index holds at most this many words per message.
fn mailbox(most_terms: usize, events: &[Event]) -> Mailbox {
    let mut mailbox = empty();
    mailbox.store.index = Index::with_limit(most_terms);
    done(&mut mailbox, "labels_create", json!({"name": "My own"}));
    for event in events {
        let id = |message: &usize| {
            let mut ids = mailbox.store.messages.keys();
            format!("{:016x}", ids.nth(*message).copied().unwrap_or(1))
        };
        // An event that fails, such as a change of a draft, fails in every mailbox.
        let _ = match event {
            Event::Insert { mail, labels } => {
                let params = json!({
                    "raw": raw(mail), "labelIds": labels, "internalDateSource": "dateHeader",
                });
                call(&mut mailbox, "messages_insert", params)
            }
            Event::Draft(mail) => {
                let params = json!({"message": {"raw": raw(mail)}});
                call(&mut mailbox, "drafts_create", params)
            }
            Event::Relabel {
                message,
                add,
                remove,
            } => {
                let params = json!({
                    "messageId": id(message), "addLabelIds": [add], "removeLabelIds": [remove],
                });
                call(&mut mailbox, "messages_modify", params)
            }
            Event::Delete(message) => {
                let params = json!({"messageId": id(message)});
                call(&mut mailbox, "messages_delete", params)
            }
        };
    }
    mailbox
}

/// Every message, newest first.
fn all(mailbox: &Mailbox) -> Vec<Position> {
    let messages = mailbox.store.messages.iter();
    let mut all: Vec<Position> = messages.map(|(id, message)| (message.date, *id)).collect();
    all.sort_unstable();
    all.reverse();
    all
}

/// The results when every message is tested.
fn scan(search: &Search<'_>) -> (Vec<Position>, Vec<Position>) {
    let messages = all(search.mailbox)
        .into_iter()
        .filter(|(_, id)| search.finds_message(*id))
        .collect();
    let mut seen = HashSet::new();
    let threads = all(search.mailbox)
        .into_iter()
        .filter(|(_, id)| {
            let message = &search.mailbox.store.messages[id];
            search.may_show(message)
                && seen.insert(message.thread)
                && search.finds_thread(message.thread)
        })
        .collect();
    (messages, threads)
}

/// The results of all pages, and the last page's estimate of their number.
fn pages(size: usize, list: impl Fn(PageRequest) -> Found) -> (Vec<Position>, usize) {
    let mut positions: Vec<Position> = Vec::new();
    loop {
        let after = positions.last().copied();
        let found = list(PageRequest { size, after });
        positions.extend(found.page.items);
        if found.page.next.is_none() {
            return (positions, found.estimate);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_index_finds_what_a_look_at_each_message_finds(
        events in vec(event(), 0..40),
        queries in vec((vec(select(TERMS), 0..5), vec(select(LABELS), 0..2), any::<bool>()), 12),
        size in 1..9_usize,
    ) {
        let plain = mailbox(0, &events);
        let mailboxes = [mailbox(6, &events), mailbox(10_000, &events)];
        for (terms, labels, hidden) in queries {
            let params = json!({
                "q": terms.join(" "), "labelIds": labels, "includeSpamTrash": hidden,
            });
            let params = params.as_object().unwrap();
            let (messages, threads) = scan(&Search::of(&plain, params).unwrap());
            for mailbox in &mailboxes {
                let mut search = Search::of(mailbox, params).unwrap();
                // With few candidates the number is exact.
                let found = pages(size, |page| search.messages(page));
                prop_assert_eq!(&found, &(messages.clone(), messages.len()), "{:?}", params);
                let found = pages(size, |page| search.threads(page));
                prop_assert_eq!(&found, &(threads.clone(), threads.len()), "{:?}", params);
                // The same as if there were many candidates.
                search.counted = 1;
                let found = pages(size, |page| search.messages(page)).0;
                prop_assert_eq!(&found, &messages, "{:?}", params);
                let found = pages(size, |page| search.threads(page)).0;
                prop_assert_eq!(&found, &threads, "{:?}", params);
            }
        }
        let drafts = done(&mut mailbox(6, &events), "drafts_list", json!({"maxResults": 500}));
        let drafts: Vec<&str> = drafts["drafts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|draft| draft["message"]["id"].as_str())
            .collect();
        let expected: Vec<String> = all(&plain)
            .into_iter()
            .filter(|(_, id)| plain.draft_of(*id).is_some())
            .filter(|(_, id)| !plain.store.messages[id].is_hidden())
            .map(|(_, id)| format!("{id:016x}"))
            .collect();
        prop_assert_eq!(drafts, expected);
    }
}

#[test]
fn what_is_gone_leaves_the_index() {
    let mut mailbox = empty();
    for number in 0..1500 {
        let id = mailbox.deliver(format!("Subject: word{number} all\r\n\r\n").as_bytes());
        if number % 5 != 0 {
            done(&mut mailbox, "messages_delete", json!({"messageId": id}));
        }
    }
    let mut count = |q: &str| {
        let params = json!({"q": q, "maxResults": 500});
        let found = done(&mut mailbox, "messages_list", params);
        let messages = found["messages"].as_array().map_or(0, Vec::len);
        assert_eq!(found["resultSizeEstimate"], messages);
        messages
    };
    assert_eq!((count("all"), count("word1495")), (300, 1));
    assert_eq!((count("word3"), count("-word5")), (0, 299));
    let (place, words) = (Place::Text, "word3");
    let index = &mailbox.store.index;
    assert_eq!(index.candidates(place, words).unwrap()[0], [0; 0]);
    assert_eq!(index.candidates(place, "word1495").unwrap()[0].len(), 1);
}

#[test]
fn the_number_of_many_is_estimated() {
    let mut mailbox = empty();
    for number in 0..1200 {
        let labels = if number % 2 == 0 { "INBOX" } else { "SENT" };
        let params = json!({"raw": raw("Subject: x\n\n"), "labelIds": [labels]});
        done(&mut mailbox, "messages_insert", params);
    }
    for (params, expected) in [
        (json!({}), 1200),
        (json!({"labelIds": "INBOX"}), 600),
        (json!({"q": "in:inbox"}), 600),
        (json!({"q": "in:inbox x"}), 600),
        (json!({"q": "x -in:inbox"}), 600),
        (json!({"q": "before:2000/01/01"}), 0),
    ] {
        let found = done(&mut mailbox, "messages_list", params.clone());
        assert_eq!(found["resultSizeEstimate"], expected, "{params}");
    }
}
