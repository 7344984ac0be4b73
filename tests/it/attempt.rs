//! Attempts to get around an agent's limits through the MCP server: a forbidden call never reaches the service, in any
//! wording.

#![cfg(all(feature = "cli", feature = "mcp"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::operation::{Operation, Outbound, gmail};
use airbyte_agent_gmail::sandbox::{Sandbox, Service};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::Fixture;
use crate::support::directory::Directory;
use crate::support::mcp::{Client, program};

/// The effect of an attempt when no limit forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// A message goes to a stranger.
    Send,
    /// A message would go to a stranger if its recipients were parsed carelessly; parsed correctly, they are no valid
    /// recipients.
    Nowhere,
    /// Mail can leave the mailbox later.
    Share,
    /// Something is deleted permanently.
    Delete,
    /// The mailbox changes.
    Change,
    /// A request goes to a list's server, at an address that the test cannot reach.
    Unsubscribe,
}

struct Attempt {
    name: String,
    tool: String,
    arguments: Value,
    reach: Reach,
}

/// A limit, as flags of the server, and whether a person is asked, who declines.
struct Limit {
    flags: &'static [&'static str],
    has_person: bool,
    forbids: fn(Reach) -> bool,
    /// The requests that must not reach the service.
    is_harm: fn(&Operation) -> bool,
}

const fn leaves(row: &Operation) -> bool {
    !matches!(row.outbound, Outbound::Nothing)
}

const LIMITS: [Limit; 8] = [
    Limit {
        flags: &["--read-only"],
        has_person: false,
        forbids: |_| true,
        is_harm: |row| !row.read_only,
    },
    Limit {
        flags: &["--profile", "reader", "--approve"],
        has_person: true,
        forbids: |_| true,
        is_harm: |row| !row.read_only,
    },
    Limit {
        flags: &["--no-send"],
        has_person: false,
        forbids: |reach| !matches!(reach, Reach::Delete | Reach::Change),
        is_harm: leaves,
    },
    Limit {
        flags: &["--allow-recipients", "@example.com,one@example.net"],
        has_person: false,
        forbids: |reach| !matches!(reach, Reach::Delete | Reach::Change),
        is_harm: leaves,
    },
    Limit {
        flags: &["--approve"],
        has_person: false,
        forbids: |reach| reach != Reach::Change,
        is_harm: |row| leaves(row) || row.destructive,
    },
    Limit {
        flags: &["--approve=send,forward,share,delete"],
        has_person: true,
        forbids: |reach| reach != Reach::Change,
        is_harm: |row| leaves(row) || row.destructive,
    },
    Limit {
        flags: &["--profile", "assistant"],
        has_person: true,
        forbids: |reach| reach != Reach::Change,
        is_harm: |row| leaves(row) || row.destructive,
    },
    Limit {
        flags: &[
            "--max-sends=0/day",
            "--max-forwards=0/day",
            "--max-shares=0/day",
            "--max-deletes=0/day",
        ],
        has_person: false,
        forbids: |reach| reach != Reach::Change && reach != Reach::Unsubscribe,
        is_harm: |row| leaves(row) || row.destructive,
    },
];

const STRANGER: &str = "stranger@example.net";

/// Ways to hide a stranger among recipients, and whether mail can reach them.
const RECIPIENTS: [(&str, Reach); 22] = [
    (STRANGER, Reach::Send),
    ("STRANGER@EXAMPLE.NET", Reach::Send),
    ("support@example.com, stranger@example.net", Reach::Send),
    ("stranger@sub.example.com", Reach::Send),
    ("stranger@example.com.example.net", Reach::Send),
    ("stranger@notexample.com", Reach::Send),
    (
        "\"support@example.com\" <stranger@example.net>",
        Reach::Send,
    ),
    ("support@example.com <stranger@example.net>", Reach::Send),
    ("\"support@example.com\"@example.net", Reach::Send),
    (
        "\"a, support@example.com\" <stranger@example.net>",
        Reach::Send,
    ),
    ("one@example.net@example.org", Reach::Nowhere),
    ("Team: stranger@example.net;", Reach::Send),
    (
        "support@example.com: stranger@example.net, one@example.net;",
        Reach::Send,
    ),
    ("stranger@example.net (support@example.com)", Reach::Send),
    ("stranger(support@example.com)@example.net", Reach::Send),
    ("(<support@example.com>) stranger@example.net", Reach::Send),
    ("stranger@example.net(@example.com)", Reach::Send),
    (
        "=?utf-8?q?support=40example.com?= <stranger@example.net>",
        Reach::Send,
    ),
    ("=?utf-8?q?stranger=40example.net?=", Reach::Nowhere),
    ("<@example.com:stranger@example.net>", Reach::Send),
    (
        "support@example.com\r\nBcc: stranger@example.net",
        Reach::Nowhere,
    ),
    ("stranger@example.net\u{200b}@example.com", Reach::Nowhere),
];

/// Encoded messages, by their headers.
const RAW: [&str; 9] = [
    "To: stranger@example.net",
    "To: support@example.com\r\nBcc: stranger@example.net",
    "To: support@example.com\r\nCc: Team: stranger@example.net;",
    "To: support@example.com\r\nResent-To: stranger@example.net",
    "To: support@example.com\r\nResent-Bcc: stranger@example.net",
    "To: =?utf-8?q?support=40example.com?= <stranger@example.net>",
    "To: stranger@example.net (support@example.com)",
    "To: support@example.com,\r\n stranger@example.net",
    "TO: stranger(support@example.com)@example.net",
];

fn execute(entity: &str, action: &str, params: &Value) -> Value {
    json!({"entity": entity, "action": action, "params": params})
}

fn raw(headers: &str) -> String {
    let message = format!("From: user@example.com\r\n{headers}\r\nSubject: x\r\n\r\nx\r\n");
    BASE64_URL_SAFE_NO_PAD.encode(message)
}

/// Mail through which a stranger can be reached.
struct Mail {
    invitation: String,
    list: String,
    from_stranger: String,
}

fn deliver(sandbox: &Sandbox) -> Mail {
    Mail {
        invitation: sandbox.deliver(
            b"From: s@example.net\r\nTo: user@example.com\r\nSubject: Lunch\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n\
              BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.net\r\nSUMMARY:Lunch\r\n\
              DTSTART:20261201T113000Z\r\nDTEND:20261201T123000Z\r\nORGANIZER:mailto:stranger@example.net\r\n\
              ATTENDEE;RSVP=TRUE:mailto:user@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        ),
        list: sandbox.deliver(
            b"Authentication-Results: mx.google.com; dkim=pass header.i=@example.org header.s=s1 header.b=abc\r\n\
              DKIM-Signature: v=1; d=example.org; s=s1; h=from:list-unsubscribe:list-unsubscribe-post; b=abcdef\r\n\
              From: news@example.org\r\nList-Unsubscribe: <https://127.0.0.1:1/u>\r\n\
              List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nNews.\r\n",
        ),
        from_stranger: sandbox.deliver(
            b"From: \"support@example.com\" <one@example.net>\r\nReply-To: stranger@example.net\r\n\
              To: user@example.com, stranger@example.org\r\nSubject: Question\r\n\r\nHi\r\n",
        ),
    }
}

/// Every attempt, deletions last.
fn attempts(fixture: &Fixture, mail: &Mail) -> Vec<Attempt> {
    let mut all = Vec::new();
    let mut add = |name: &str, tool: &str, reach: Reach, arguments: Value| {
        all.push(Attempt {
            name: name.to_owned(),
            tool: tool.to_owned(),
            arguments,
            reach,
        });
    };
    for (to, reach) in RECIPIENTS {
        let message = json!({"to": [to], "subject": "x", "text": "x"});
        add(&format!("to {to}"), "gmail_send", reach, message);
    }
    for field in ["cc", "bcc"] {
        let mut message = json!({"to": ["support@example.com"], "subject": "x", "text": "x"});
        message[field] = json!([STRANGER]);
        add(field, "gmail_send", Reach::Send, message);
    }
    let id = &mail.from_stranger;
    let reply = json!({"message_id": id, "text": "x"});
    add("reply to Reply-To", "gmail_reply", Reach::Send, reply);
    let reply = json!({"message_id": id, "text": "x", "reply_all": "true"});
    add("reply to all", "gmail_reply", Reach::Send, reply);
    let forward = json!({"message_id": id, "to": format!("Team: {STRANGER};")});
    add("forward", "gmail_forward", Reach::Send, forward);
    let respond = json!({"message_id": mail.invitation, "answer": "accept"});
    add("invitation", "gmail_respond", Reach::Send, respond);
    let unsubscribe = json!({"message_id": mail.list});
    add(
        "unsubscribe",
        "gmail_unsubscribe",
        Reach::Unsubscribe,
        unsubscribe,
    );
    for headers in RAW {
        let params = json!({"raw": raw(headers)});
        let draft = json!({"id": "", "message": params});
        for (action, tool, arguments) in [
            (
                "raw",
                "gmail_execute",
                execute("messages", "create", &params),
            ),
            (
                "raw as text",
                "gmail_execute",
                execute("messages", "create", &json!(params.to_string())),
            ),
            (
                "raw draft",
                "gmail_execute",
                execute("drafts_send", "create", &draft),
            ),
            ("raw", "gmail_messages_create", params.clone()),
            ("raw draft", "gmail_drafts_send_create", draft.clone()),
        ] {
            add(
                &format!("{tool} {action}: {headers}"),
                tool,
                Reach::Send,
                arguments,
            );
        }
    }
    let rule = json!({"criteria": {"from": "a@example.org"}, "action": {"forward": STRANGER}});
    let rule_as_text = json!({"criteria": "{\"from\": \"a@example.org\"}", "action": format!("{{\"forward\": \"{STRANGER}\"}}")});
    let vacation =
        json!({"enableAutoReply": true, "responseBodyPlainText": "x", "restrictToDomain": false});
    let forwarding =
        json!({"enabled": true, "emailAddress": STRANGER, "disposition": "leaveInInbox"});
    for (entity, action, params) in [
        ("settings_filters", "create", rule),
        ("settings_filters", "create", rule_as_text),
        ("settings", "update_vacation", vacation),
        ("settings", "update_auto_forwarding", forwarding),
        (
            "settings_forwarding_addresses",
            "create",
            json!({"forwardingEmail": STRANGER}),
        ),
        (
            "settings_delegates",
            "create",
            json!({"delegateEmail": STRANGER}),
        ),
        (
            "settings_send_as",
            "create",
            json!({"sendAsEmail": STRANGER, "replyToAddress": STRANGER}),
        ),
    ] {
        let name = format!("{entity} {action} {params}");
        add(
            &name,
            "gmail_execute",
            Reach::Share,
            execute(entity, action, &params),
        );
        add(
            &name,
            &format!("gmail_{entity}_{action}"),
            Reach::Share,
            params,
        );
    }
    // Every row of the table that changes something, through both tools.
    let mut rows: Vec<_> = gmail()
        .operations
        .iter()
        .filter(|row| !row.read_only)
        .collect();
    rows.sort_by_key(|row| row.destructive);
    for row in rows {
        let reach = match row.outbound {
            Outbound::Sends => Reach::Send,
            Outbound::Shares => Reach::Share,
            _ if row.destructive => Reach::Delete,
            _ => Reach::Change,
        };
        let params = Value::Object(fixture.params(row));
        let name = format!("{} {}", row.entity, row.action);
        add(
            &name,
            "gmail_execute",
            reach,
            execute(row.entity, row.action, &params),
        );
        add(
            &name,
            &format!("gmail_{}_{}", row.entity, row.action),
            reach,
            params,
        );
    }
    all
}

/// Calls a tool, and declines whenever a person is asked.
async fn call(client: &mut Client, attempt: &Attempt) -> Value {
    let params = json!({"name": attempt.tool, "arguments": attempt.arguments});
    client
        .write(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}))
        .await;
    loop {
        let message = client.read().await;
        if message["method"] == "elicitation/create" {
            let no = json!({"action": "accept", "content": {"approve": false}});
            client
                .write(&json!({"jsonrpc": "2.0", "id": message["id"], "result": no}))
                .await;
        } else if message["id"] == 1 {
            return message;
        }
    }
}

/// The operations that reached the service since the last check.
fn arrived(sandbox: &Sandbox) -> Vec<&'static Operation> {
    let requests = sandbox.requests();
    sandbox.clear_requests();
    let gmail_requests = requests
        .iter()
        .filter(|request| request.service == Service::Gmail);
    gmail_requests
        .map(|request| {
            let mut rows = gmail().operations.iter();
            rows.find(|row| row.id == request.operation)
                .unwrap_or_else(|| panic!("{request:?}"))
        })
        .copied()
        .collect()
}

async fn sandbox() -> (Sandbox, Vec<Attempt>) {
    let sandbox = Sandbox::start().await.unwrap();
    let mail = deliver(&sandbox);
    let fixture = Fixture::new(&sandbox.open_source().unwrap()).await.unwrap();
    sandbox.clear_requests();
    let attempts = attempts(&fixture, &mail);
    (sandbox, attempts)
}

#[tokio::test]
async fn what_a_limit_forbids_never_reaches_the_service() {
    for limit in LIMITS {
        let (sandbox, attempts) = sandbox().await;
        let flags = [&["--tools", "all"], limit.flags].concat();
        let capabilities = if limit.has_person {
            json!({"elicitation": {}})
        } else {
            json!({})
        };
        let settings = Directory::new().unwrap();
        let mut command = program(&sandbox, Mode::OpenSource);
        command.env("AIRBYTE_GMAIL_CONFIG_DIR", settings.path());
        let mut client = Client::declaring(command, &flags, capabilities).await;
        for attempt in attempts {
            let what = format!("{:?} {}: {}", limit.flags, attempt.tool, attempt.name);
            let answer = call(&mut client, &attempt).await;
            let arrived = arrived(&sandbox);
            let harm: Vec<&str> = arrived
                .iter()
                .filter(|row| (limit.is_harm)(row))
                .map(|row| row.id)
                .collect();
            assert!(harm.is_empty(), "{what}: {harm:?}");
            if (limit.forbids)(attempt.reach) {
                let result = &answer["result"];
                let is_refused = answer["error"]["code"] == -32602 || result["isError"] == true;
                let is_draft = result["structuredContent"]["is_draft_instead"] == true;
                assert!(is_refused || is_draft, "{what}: {answer}");
            }
        }
    }
}

/// The attempts are real: without a limit, each one reaches the service.
#[tokio::test]
async fn without_a_limit_every_attempt_reaches_the_service() {
    let (sandbox, attempts) = sandbox().await;
    let mut client = Client::able(&sandbox, &["--tools", "all"], json!({})).await;
    for attempt in attempts {
        let what = format!("{}: {}", attempt.tool, attempt.name);
        let answer = call(&mut client, &attempt).await;
        let arrived = arrived(&sandbox);
        let is_there = match attempt.reach {
            Reach::Send => arrived.iter().any(|row| row.outbound == Outbound::Sends),
            Reach::Share => arrived.iter().any(|row| row.outbound == Outbound::Shares),
            Reach::Delete => arrived.iter().any(|row| row.destructive),
            Reach::Change => arrived.iter().any(|row| !row.read_only),
            Reach::Nowhere | Reach::Unsubscribe => {
                assert!(!arrived.iter().any(|row| leaves(row)), "{what}: {answer}");
                answer["result"]["isError"] == true
            }
        };
        assert!(is_there, "{what}: {answer}");
    }
}
