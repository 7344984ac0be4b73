//! Answers that differ slightly from the documentation, and answers that come from elsewhere.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use std::io::Write as _;

use airbyte_agent_gmail::connector::GmailConnectorBuilder;
use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector, Limits, RetryPolicy};
use serde_json::{Value, json};
use support::{TestResult, mode_name};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const EXECUTE: &str = "create_integrations_connectors_id_execute";

fn answer(code: u16, content_type: &str, body: &Value) -> FaultKind {
    FaultKind::Answer {
        code,
        content_type: content_type.to_owned(),
        body: body
            .as_str()
            .map_or_else(|| body.to_string(), str::to_owned),
    }
}

/// A hosted connector whose next action gets this answer.
async fn hosted_with(body: Value) -> Result<(Sandbox, GmailConnector), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.hosted()?;
    gmail.connector_id().await?;
    let kind = answer(200, "application/json", &body);
    sandbox.inject(Fault::new(Service::Airbyte, kind).on(EXECUTE).forever());
    Ok((sandbox, gmail))
}

#[tokio::test]
async fn an_application_token_may_say_its_lifetime_as_a_text() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let tokens = |body: Value| {
        let kind = answer(200, "application/json", &body);
        Fault::new(Service::Airbyte, kind).on("create_account_applications_token")
    };
    let connector = || {
        let auth = sandbox.airbyte_auth();
        GmailConnector::builder(auth.with_connector_id(sandbox.airbyte().connector_id))
            .base_url(sandbox.airbyte_url())
            .retry(RetryPolicy::never())
            .build()
    };
    for body in [
        json!({"access_token": "t", "expires_in": "900", "organization_id": null, "more": {}}),
        json!({"access_token": "t"}),
        json!({"access_token": "t", "expires_in": 899.5}),
        json!({"access_token": "t", "expires_in": "soon"}),
        json!({"access_token": "t", "expires_in": [900]}),
    ] {
        sandbox.inject(tokens(body));
        let hosted = connector()?;
        // The sandbox does not know this token; after its 401 the next token works.
        hosted.check().await?;
    }
    for body in [
        json!({}),
        json!({"access_token": null}),
        json!({"access_token": ""}),
    ] {
        // An unreadable answer is requested again, and no call goes out without a token.
        sandbox.inject(tokens(body).forever());
        let hosted = connector()?;
        sandbox.clear_requests();
        let error = hosted.check().await.expect_err("no token");
        assert!(error.is_token_refresh_failed(), "{error:?}");
        assert!(error.to_string().contains("application token"), "{error}");
        let tokens = "create_account_applications_token";
        assert!(
            sandbox
                .requests()
                .iter()
                .all(|request| request.operation == tokens)
        );
        sandbox.clear_faults();
    }
    Ok(())
}

#[tokio::test]
async fn a_page_or_an_error_is_no_success_of_a_deletion() -> TestResult {
    for (content_type, body, is_done) in [
        ("text/html; charset=UTF-8", json!(""), true),
        ("application/json", json!({}), true),
        ("text/plain", json!("done"), false),
        (
            "text/html; charset=UTF-8",
            json!("<html>Sign in</html>"),
            false,
        ),
        (
            "application/json",
            json!({"error": {"code": 403, "status": "PERMISSION_DENIED"}}),
            false,
        ),
    ] {
        let sandbox = Sandbox::start().await?;
        let gmail = GmailConnector::builder(sandbox.google_auth())
            .base_url(sandbox.gmail_url())
            .token_url(sandbox.token_url())
            .retry(RetryPolicy::never())
            .build()?;
        let kind = answer(200, content_type, &body);
        sandbox.inject(
            Fault::new(Service::Gmail, kind)
                .on("labels_delete")
                .forever(),
        );
        let typed = gmail.labels().delete("Label_1").send().await;
        let executed = gmail
            .execute("labels", "delete", json!({"labelId": "Label_1"}))
            .await;
        for result in [typed, executed.map(drop)] {
            assert_eq!(result.is_ok(), is_done, "{content_type} {body}: {result:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_record_without_its_key_is_an_error_that_names_the_operation() -> TestResult {
    let keyless = json!({"messages": [{"id": "1"}, {"threadId": "2"}]});
    let sandbox = Sandbox::start().await?;
    let kind = answer(200, "application/json", &keyless);
    sandbox.inject(Fault::new(Service::Gmail, kind).on("messages_list"));
    let (_sandbox, hosted) = hosted_with(json!({
        "status": "success", "result": keyless["messages"], "connector_metadata": {},
    }))
    .await?;
    let direct = sandbox.open_source()?;
    // A field selection must include the key.
    let narrow = direct.with_fields("messages/threadId")?;
    for gmail in [direct, hosted, narrow] {
        let error = gmail
            .messages()
            .list()
            .await
            .expect_err("a message without an id");
        assert!(error.is_invalid_response(), "{error:?}");
        assert!(
            error
                .to_string()
                .starts_with("messages_list: the service's answer has no `id`"),
            "{error}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn where_a_list_goes_on_may_stand_beside_its_object_form() -> TestResult {
    let (_sandbox, gmail) = hosted_with(json!({
        "status": "success",
        "result": {"data": [{"id": "1"}], "meta": {"has_more": true, "nextPageToken": null}},
        "connector_metadata": {"nextPageToken": "next"},
        "execution_metadata": null,
    }))
    .await?;
    let list = gmail.messages().list().send().await?;
    assert_eq!(list.next_page_token.as_deref(), Some("next"));
    let executed = gmail.execute("messages", "list", json!({})).await?;
    assert_eq!(executed.meta["nextPageToken"], "next");
    Ok(())
}

#[tokio::test]
async fn a_result_of_null_is_no_record() -> TestResult {
    let (_sandbox, gmail) =
        hosted_with(json!({"status": "success", "result": null, "connector_metadata": null}))
            .await?;
    let params = json!({"messageId": "1"});
    let error = gmail
        .execute("messages", "get", params)
        .await
        .expect_err("no message");
    assert!(error.is_invalid_response(), "{error:?}");
    // Null is the result of a deletion, not an empty list.
    let deleted = gmail
        .execute("labels", "delete", json!({"labelId": "1"}))
        .await?;
    assert_eq!(deleted.data, json!({}));
    let listed = gmail.execute("messages", "list", json!({})).await;
    assert!(listed.is_err_and(|error| error.is_invalid_response()));
    let listed = gmail.messages().list().send().await;
    assert!(listed.is_err_and(|error| error.is_invalid_response()));
    Ok(())
}

#[tokio::test]
async fn a_search_that_found_nothing_is_told_from_no_result() -> TestResult {
    for (result, is_result) in [
        (json!({"data": [], "meta": null}), true),
        (json!({"data": null}), false),
        (json!(null), false),
        (json!({"hits": [{"id": "1"}], "next_cursor": "a"}), false),
        (json!("paused"), false),
    ] {
        let envelope = json!({"status": "success", "result": result});
        let (_sandbox, gmail) = hosted_with(envelope).await?;
        let found = gmail.search("messages").send().await;
        match found {
            Ok(found) => assert!(is_result && found.data.is_empty(), "{result}"),
            Err(error) => assert!(
                !is_result && error.is_invalid_response(),
                "{result}: {error:?}"
            ),
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_airbyte_says_of_an_error_is_found_in_each_form() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.hosted()?;
    for body in [
        json!({"message": "no such thing", "errors": []}),
        json!({"message": null, "errors": [{"field": null, "message": "no such thing"}]}),
        json!({"message": "", "detail": "no such thing"}),
        json!({"detail": [{"loc": ["body"], "msg": "no such thing", "type": "value_error"}]}),
        json!({"detail": {"message": "no such thing"}}),
        json!({"error": "no such thing"}),
        json!({"error": {"message": "no such thing"}}),
        json!({"errors": [{"error": "no such thing"}]}),
        json!({"errors": [{"userPresentableMessage": "no such thing"}]}),
    ] {
        let kind = answer(400, "application/json", &body);
        sandbox.inject(Fault::new(Service::Airbyte, kind).on(EXECUTE));
        let error = gmail.get_profile().send().await.expect_err("refused");
        assert!(error.is_invalid_request(), "{body}: {error:?}");
        assert_eq!(error.service_message(), Some("no such thing"), "{body}");
        assert!(!format!("{error} {error:?}").contains("no such thing"));
    }
    Ok(())
}

/// A connector whose next call gets these bytes, and the request as sent, in lower case.
async fn answered_with(
    answer: Vec<u8>,
    configure: impl FnOnce(GmailConnectorBuilder) -> GmailConnectorBuilder,
) -> Result<
    (
        GmailConnector,
        tokio::task::JoinHandle<std::io::Result<String>>,
    ),
    Box<dyn std::error::Error>,
> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let builder = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
        .base_url(format!("http://{}", listener.local_addr()?))
        .retry(RetryPolicy::never());
    let gmail = configure(builder).build()?;
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await?);
        }
        // A client that has read enough may hang up.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        Ok(String::from_utf8_lossy(&request).to_lowercase())
    });
    Ok((gmail, served))
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain)?;
    encoder.finish()
}

/// A complete HTTP answer without a length.
fn http_answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

const PROFILE: &[u8] = br#"{"emailAddress":"user@example.com"}"#;

const GZIP: &str = "content-encoding: gzip\r\n";

#[tokio::test]
async fn gzip_is_asked_for_as_google_wants_it() -> TestResult {
    let (gmail, served) = answered_with(http_answer(GZIP, &gzip(PROFILE)?), |own| own).await?;
    assert_eq!(
        gmail.get_profile().send().await?.email_address,
        "user@example.com"
    );
    let request = served.await??;
    assert!(
        request.contains("\r\naccept-encoding: gzip\r\n"),
        "{request}"
    );
    let agent = concat!(
        "\r\nuser-agent: airbyte-agent-gmail/",
        env!("CARGO_PKG_VERSION"),
        " (gzip)\r\n"
    );
    assert!(request.contains(agent), "{request}");

    let (gmail, served) = answered_with(http_answer("", PROFILE), |own| own.gzip(false)).await?;
    gmail.get_profile().send().await?;
    let request = served.await??;
    // Without the header, any encoding is acceptable (RFC 9110, section 12.5.3).
    assert!(
        request.contains("\r\naccept-encoding: identity\r\n"),
        "{request}"
    );
    assert!(!request.contains("gzip"), "{request}");
    Ok(())
}

#[tokio::test]
async fn a_bomb_is_an_answer_that_is_too_large() -> TestResult {
    let large = vec![b' '; 1 << 20];
    let limits = Limits {
        response_bytes: 100_000,
        ..Limits::default()
    };
    let mut messages = Vec::new();
    for answer in [http_answer(GZIP, &gzip(&large)?), http_answer("", &large)] {
        let (gmail, served) = answered_with(answer, |own| own.limits(limits)).await?;
        let error = gmail.get_profile().send().await.err().ok_or("a refusal")?;
        assert!(
            error.is_invalid_response() && !error.is_outcome_unknown(),
            "{error}"
        );
        messages.push(error.to_string());
        served.await??;
    }
    assert_eq!(messages[0], messages[1]);
    assert!(
        messages[0].contains("limit of 100000 bytes"),
        "{}",
        messages[0]
    );
    Ok(())
}

#[tokio::test]
async fn gzip_that_is_cut_or_damaged_is_an_answer_that_is_cut() -> TestResult {
    let whole = gzip(PROFILE)?;
    let mut damaged = whole.clone();
    let at = damaged.len() - 5;
    damaged[at] ^= 1;
    let cut = whole[..whole.len() - 3].to_vec();
    for body in [cut, damaged, PROFILE.to_vec()] {
        let (gmail, served) = answered_with(http_answer(GZIP, &body), |own| own).await?;
        let error = gmail.get_profile().send().await.err().ok_or("an error")?;
        assert!(
            error
                .to_string()
                .contains("the connection broke before the whole answer came")
                && !error.is_outcome_unknown(),
            "{error}"
        );
        served.await??;

        let (gmail, served) = answered_with(http_answer(GZIP, &body), |own| own).await?;
        let sent = gmail.execute(
            "messages",
            "create",
            json!({"raw": "VG86IGFAZXhhbXBsZS5jb20NCg0K"}),
        );
        let error = sent.await.err().ok_or("an error")?;
        assert!(
            error
                .to_string()
                .contains("the connection broke before the whole answer came")
                && error.is_outcome_unknown(),
            "{error}"
        );
        served.await??;
    }
    Ok(())
}

#[tokio::test]
async fn every_kind_of_answer_comes_in_gzip() -> TestResult {
    let sandbox = Sandbox::start().await?;
    for gmail in [sandbox.open_source()?, sandbox.hosted()?] {
        let mode = mode_name(&gmail);
        let list = gmail.messages().list().max_results(2).send().await?;
        let id = list.messages.first().ok_or("a message")?.id.clone();
        assert_eq!(
            gmail.messages().get(id.as_str()).send().await?.id,
            id,
            "{mode}"
        );
        let missing = gmail.messages().get("ffffffffffffff").send().await;
        let error = missing.err().ok_or("a refusal")?;
        assert!(
            !error.is_transient() && !error.is_invalid_response(),
            "{mode}: {error}"
        );
    }
    let gmail = sandbox.open_source()?;
    let mut batch = gmail.batch();
    batch.add("labels", "get", json!({"labelId": "INBOX"}))?;
    batch.add("labels", "get", json!({"labelId": "no-such-label"}))?;
    let results = batch.send().await?;
    assert_eq!(
        results[0].as_ref().map_err(ToString::to_string)?.data["id"],
        "INBOX"
    );
    assert!(results[1].as_ref().is_err_and(|error| error.is_not_found()));
    Ok(())
}

#[tokio::test]
async fn a_number_or_null_for_a_text_costs_no_answer() -> TestResult {
    let body = json!({
        "id": "1", "threadId": 2, "historyId": 3, "internalDate": 4, "sizeEstimate": "5", "labelIds": null,
        "payload": {"headers": null, "parts": null, "body": {"size": "6", "data": null}}, "new": [{"a": 1}],
    });
    let sandbox = Sandbox::start().await?;
    for (service, operation, body, gmail) in [
        (
            Service::Gmail,
            "messages_get",
            body.clone(),
            sandbox.open_source()?,
        ),
        (
            Service::Airbyte,
            EXECUTE,
            json!({"status": "success", "result": body, "warning": "stale"}),
            sandbox.hosted()?,
        ),
    ] {
        let kind = answer(200, "application/json", &body);
        sandbox.inject(Fault::new(service, kind).on(operation));
        let message = gmail.messages().get("1").send().await?;
        let mode = mode_name(&gmail);
        assert_eq!(message.thread_id.as_deref(), Some("2"), "{mode}");
        assert_eq!(message.size_estimate, Some(5), "{mode}");
        let size = message.payload.and_then(|payload| payload.body?.size);
        assert_eq!(size, Some(6), "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn what_an_earlier_attempt_may_have_done_is_said() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let label = gmail
        .execute("labels", "create", json!({"name": "Soon gone"}))
        .await?;
    let id = label.data["id"].as_str().ok_or("no id")?.to_owned();
    sandbox.inject(Fault::new(
        Service::Gmail,
        FaultKind::ConnectionClosedBeforeResponse,
    ));
    let error = gmail
        .execute("labels", "delete", json!({"labelId": id}))
        .await
        .expect_err("the label was deleted by the first attempt");
    assert!(
        error.is_not_found() && error.is_outcome_unknown(),
        "{error}"
    );
    assert!(error.to_string().contains("may have been done"));

    // A read changes nothing, even when its first attempt got no answer.
    sandbox.inject(Fault::new(
        Service::Gmail,
        FaultKind::ConnectionClosedBeforeResponse,
    ));
    let error = gmail
        .execute("labels", "get", json!({"labelId": id}))
        .await
        .expect_err("the label is gone");
    assert!(
        error.is_not_found() && !error.is_outcome_unknown(),
        "{error}"
    );
    Ok(())
}
