//! The sandbox's control endpoint: what other processes can do with it, and whom it rejects.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use serde_json::{Value, json};
use support::{TestResult, web};

/// Calls the control endpoint; returns the answer's body, or null.
async fn control(
    sandbox: &Sandbox,
    request: &str,
    body: &str,
) -> Result<Value, Box<dyn std::error::Error>> {
    let (method, path) = request.split_once(' ').ok_or("a method and a path")?;
    let url = format!("{}/control{path}", sandbox.gmail_url());
    let answer = web::send(method, &url, "application/json", body).await?;
    match answer.status {
        200 => Ok(serde_json::from_str(&answer.body)?),
        204 => Ok(Value::Null),
        status => Err(format!("{request}: {status} {}", answer.body).into()),
    }
}

#[tokio::test]
async fn another_process_can_do_what_the_handle_can() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    let fault = Fault::new(Service::Gmail, FaultKind::status(404)).on("get_profile");
    let fault = serde_json::to_string(&fault)?;
    control(&sandbox, "POST /faults", &fault).await?;
    let error = gmail.get_profile().send().await.expect_err("the fault");
    assert!(error.is_not_found(), "{error}");
    control(&sandbox, "POST /faults", &format!("[{fault}, {fault}]")).await?;
    control(&sandbox, "DELETE /faults", "").await?;
    gmail.get_profile().send().await?;

    let requests = control(&sandbox, "GET /requests", "").await?;
    assert_eq!(requests, json!(sandbox.requests()));
    assert_eq!(requests[0]["status"], 404);
    control(&sandbox, "DELETE /requests", "").await?;
    assert!(sandbox.requests().is_empty());

    control(&sandbox, "POST /tokens", r#"{"action": "expire"}"#).await?;
    gmail.get_profile().send().await?;
    let asked = |path: &str| sandbox.requests().iter().any(|one| one.path == path);
    assert!(asked("/token"));

    let raw = "From: support@example.com\r\nSubject: Delivered\r\n\r\nText.\r\n";
    let delivered = control(&sandbox, "POST /deliver", raw).await?;
    let id = delivered["id"].as_str().ok_or("an id")?;
    assert!(gmail.messages().get(id).send().await?.payload.is_some());
    let mbox = format!("From a@example.com Sat Mar  7 08:15:00 2026\n{raw}\n");
    let imported = control(&sandbox, "POST /mbox", &mbox).await?;
    assert_eq!(imported, json!({"messages": 1}));
    let state = control(&sandbox, "GET /mailbox", "").await?;
    assert_eq!(state, sandbox.mailbox_state());

    let before = control(&sandbox, "GET /settings", "").await?;
    let changed = r#"{"multi_organization": true}"#;
    let mut expected = before.clone();
    expected["multi_organization"] = true.into();
    assert_ne!(before, expected);
    assert_eq!(
        control(&sandbox, "POST /settings", changed).await?,
        expected
    );
    assert_eq!(control(&sandbox, "GET /settings", "").await?, expected);

    for (request, body) in [
        ("POST /faults", "{}"),
        ("POST /tokens", r#"{"action": "forget"}"#),
        ("POST /settings", "[]"),
        ("POST /settings", r#"{"multi_organisation": true}"#),
        ("GET /elsewhere", ""),
    ] {
        assert!(control(&sandbox, request, body).await.is_err(), "{request}");
    }
    assert_eq!(control(&sandbox, "GET /settings", "").await?, expected);
    Ok(())
}

#[tokio::test]
async fn a_page_of_the_web_is_turned_away() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (port, _) = web::split(sandbox.gmail_url())?;
    let ask = async |request: &str, host: &str, origin: &str| {
        let request = format!(
            "{request} HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: close\r\nContent-Length: 0\r\n\r\n"
        );
        web::raw(port, request.as_bytes())
            .await
            .map(|answer| answer.status)
    };
    let own = format!("127.0.0.1:{port}");
    let before = sandbox.mailbox_state();
    // A stranger's domain that resolves to this machine.
    for request in ["POST /control/deliver", "GET /gmail/v1/users/me/profile"] {
        let rebound = format!("attacker.example:{port}");
        assert_eq!(ask(request, &rebound, "").await?, 403, "{request}");
    }
    let page = "Origin: https://attacker.example\r\n";
    assert_eq!(ask("POST /control/deliver", &own, page).await?, 403);
    assert_eq!(sandbox.mailbox_state(), before);
    let own_page = format!("Origin: http://{own}\r\n");
    for origin in ["", &own_page] {
        assert_eq!(ask("GET /control/mailbox", &own, origin).await?, 200);
    }
    Ok(())
}
