//! Plants secrets and mail text, and searches for them in everything that the crate emits.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::mail::Compose;
use airbyte_agent_gmail::sandbox::{ErrorBody, Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{AirbyteAuthConfig, GmailAuthConfig, GmailConnector, RetryPolicy};
use serde_json::json;
use support::TestResult;
use support::log::{self, Log};

/// A text that must never appear in the crate's output.
const PLANTED: &str = "planted-5f1c9a";

fn whole(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(" {error} {error:?}"));
        source = error.source();
    }
    text
}

#[tokio::test]
async fn nothing_that_is_emitted_holds_a_secret_or_mail() -> TestResult {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = log::subscribe(subscriber);

    let sandbox = Sandbox::start().await?;
    sandbox.deliver(
        format!("From: {PLANTED}@example.com\r\nSubject: {PLANTED}\r\n\r\n{PLANTED}\r\n")
            .as_bytes(),
    );
    let mut emitted = String::new();

    // Configurations, builders and connectors.
    let google = GmailAuthConfig::new(PLANTED)
        .with_access_token(PLANTED)
        .with_client("client", PLANTED);
    let airbyte = AirbyteAuthConfig::new("client", PLANTED).with_customer_name("customer");
    let bearer = AirbyteAuthConfig::from_bearer_token(PLANTED).with_connector_id("connector");
    let made = [
        GmailConnector::builder(google.clone())
            .base_url(sandbox.gmail_url())
            .token_url(sandbox.token_url())
            .retry(RetryPolicy::never()),
        GmailConnector::builder(airbyte.clone())
            .base_url(sandbox.airbyte_url())
            .retry(RetryPolicy::never()),
        GmailConnector::builder(bearer.clone())
            .base_url(sandbox.airbyte_url())
            .retry(RetryPolicy::never()),
    ];
    emitted.push_str(&format!("{google:?} {airbyte:?} {bearer:?}"));
    for builder in made {
        emitted.push_str(&format!("{builder:#?}"));
        let gmail = builder.build()?;
        let list = gmail.messages().list().q(PLANTED);
        let send = gmail.messages().send(PLANTED);
        emitted.push_str(&format!(
            "{gmail:#?} {:#?} {list:#?} {send:#?}",
            gmail.client()
        ));
        // Google or Airbyte rejects each of these credentials.
        emitted.push_str(&whole(&list.send().await.expect_err("refused")));
        emitted.push_str(&whole(&send.send().await.expect_err("refused")));
        emitted.push_str(&whole(
            &gmail
                .execute("messages", "get", json!({"messageId": PLANTED}))
                .await
                .expect_err("refused"),
        ));
    }

    // Successful calls and all kinds of failures, with the planted text in ids, searches, bodies and answers.
    let composed = Compose::new()
        .from("user@example.com")
        .to(format!("{PLANTED}@example.com").as_str())
        .subject(PLANTED)
        .text(PLANTED)
        .build()?;
    emitted.push_str(&format!("{composed:?}"));
    let planted_body = format!(
        r#"{{"error":{{"code":400,"message":"{PLANTED}","status":"{PLANTED}","errors":[{{"reason":"{PLANTED}","message":"{PLANTED}"}}]}},"detail":"{PLANTED}"}}"#
    );
    let kinds = || {
        let answer = |code: u16| FaultKind::Answer {
            code,
            body: planted_body.clone(),
            content_type: "application/json".to_owned(),
        };
        [400, 401, 403, 404, 409, 422, 429, 500, 503, 200]
            .map(answer)
            .into_iter()
            .chain([
                FaultKind::Status {
                    code: 500,
                    body: ErrorBody::Html,
                    headers: Default::default(),
                },
                FaultKind::ConnectionClosedBeforeResponse,
                FaultKind::TruncatedBody,
                FaultKind::InvalidJson,
                FaultKind::WrongContentType,
                FaultKind::Redirect {
                    location: format!("http://127.0.0.1:9/{PLANTED}?{PLANTED}"),
                },
            ])
    };
    for (gmail, service) in [
        (sandbox.open_source()?, Service::Gmail),
        (sandbox.hosted()?, Service::Airbyte),
    ] {
        gmail.messages().list().q(PLANTED).send().await?;
        gmail
            .messages()
            .send(composed.raw_base64url())
            .send()
            .await?;
        gmail
            .labels()
            .create(format!("{PLANTED} {service:?}"))
            .send()
            .await?;
        for (entity, action, params) in [
            (PLANTED, "list", json!({})),
            ("messages", PLANTED, json!({})),
            (
                "messages",
                "list",
                json!({"q": 1, "text with spaces": PLANTED}),
            ),
            (
                "messages",
                "get",
                json!({"messageId": PLANTED, "format": PLANTED}),
            ),
            ("messages", "get", json!({"messageId": [PLANTED]})),
            ("drafts", "create", json!({"message": {"raw": [PLANTED]}})),
        ] {
            emitted.push_str(&whole(
                &gmail
                    .execute(entity, action, params)
                    .await
                    .expect_err("bad input"),
            ));
        }
        for kind in kinds() {
            sandbox.inject(Fault::new(service, kind).times(2));
            let errors = [
                gmail.messages().list().q(PLANTED).send().await.err(),
                gmail
                    .messages()
                    .send(composed.raw_base64url())
                    .send()
                    .await
                    .err(),
            ];
            sandbox.clear_faults();
            for error in errors.into_iter().flatten() {
                emitted.push_str(&whole(&error));
            }
        }
        emitted.push_str(&format!("{:?}", gmail.messages().list().stream()));
    }
    emitted.push_str(&format!("{sandbox:?}"));

    let logged = log.text();
    assert!(logged.contains("messages_list"), "nothing was logged");
    for (name, text) in [("an error or a debug output", &emitted), ("a log", &logged)] {
        if let Some(at) = text.find(PLANTED) {
            let start = text[..at]
                .char_indices()
                .rev()
                .nth(200)
                .map_or(0, |(index, _)| index);
            panic!(
                "{name} holds planted text: …{}",
                &text[start..at + PLANTED.len()]
            );
        }
        // Tokens that the sandbox itself issued.
        for secret in [
            sandbox.google().access_token,
            sandbox.google().refresh_token,
            sandbox.airbyte().client_secret,
            sandbox.airbyte().bearer_token,
        ] {
            assert!(!text.contains(&secret), "{name} holds a token");
        }
    }
    Ok(())
}
