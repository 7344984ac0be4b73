//! The sandbox's web pages: mail, requests and faults, and what other sites can't do to them.

#![cfg(feature = "sandbox")]

use crate::support;

use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{GmailConnector, RetryPolicy};
use support::{TestResult, web};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const FORM: &str = "application/x-www-form-urlencoded";

async fn page(sandbox: &Sandbox, path: &str) -> std::io::Result<web::Answer> {
    web::get(&format!("{}{path}", sandbox.gmail_url())).await
}

async fn push(sandbox: &Sandbox, path: &str, form: &str) -> std::io::Result<u16> {
    let url = format!("{}{path}", sandbox.gmail_url());
    Ok(web::send("POST", &url, FORM, form).await?.status)
}

/// A connector that never retries.
fn once(sandbox: &Sandbox) -> Result<GmailConnector, airbyte_agent_gmail::Error> {
    GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .retry(RetryPolicy::never())
        .build()
}

#[tokio::test]
async fn the_inbox_and_a_message_can_be_read_without_scripts() -> TestResult {
    let sandbox = Sandbox::builder().empty().start().await?;
    let image = "iVBORw0KGgo=";
    let id = sandbox.deliver(
        format!(
            "From: Anna <anna@example.com>\r\nSubject: =?utf-8?q?Caf=C3=A9?= <b>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
             <p onclick=\"x()\">Hello</p><script>x()</script><img src=\"cid:pic@x\">\r\n--b\r\n\
             Content-Type: image/png; name=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Id: <pic@x>\r\n\r\n{image}\r\n--b\r\n\
             Content-Type: text/html; name=\"page.html\"\r\nContent-Disposition: attachment\r\n\r\n\
             <script>x()</script>\r\n--b--\r\n"
        )
        .as_bytes(),
    );
    let list = page(&sandbox, "/").await?;
    assert_eq!(list.status, 200);
    let policy = list.header("content-security-policy").ok_or("a policy")?;
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for expected in [
        "<h1>Inbox</h1>",
        "Caf\u{e9} &lt;b&gt;",
        "Anna</td>",
        "class=\"unread\"",
    ] {
        assert!(list.body.contains(expected), "{expected}: {}", list.body);
    }
    assert!(list.body.contains(&format!("/page/message/{id}")));

    let message = page(&sandbox, &format!("/page/message/{id}")).await?;
    assert!(message.body.contains("<iframe") && message.body.contains("sandbox=\""));
    // Only the frame contains the mail's own markup.
    assert!(!message.body.contains("onclick"), "{}", message.body);
    let html = page(&sandbox, &format!("/page/message/{id}/html")).await?;
    let policy = html.header("content-security-policy").ok_or("a policy")?;
    for expected in ["default-src 'none'", "sandbox", "form-action 'none'"] {
        assert!(policy.contains(expected), "{policy}");
    }
    assert!(
        !policy.contains("allow-scripts") && !policy.contains("script-src"),
        "{policy}"
    );
    let shown = format!("/page/message/{id}/part/1");
    assert!(html.body.contains(&shown), "{}", html.body);
    assert_eq!(
        page(&sandbox, &shown).await?.header("content-type"),
        Some("image/png")
    );
    // A part that could run as a page is only offered for download.
    let file = page(&sandbox, &format!("/page/message/{id}/part/2")).await?;
    assert_eq!(
        file.header("content-type"),
        Some("application/octet-stream")
    );
    assert!(
        file.header("content-disposition")
            .is_some_and(|value| value.starts_with("attachment"))
    );
    let source = page(&sandbox, &format!("/page/message/{id}/source")).await?;
    assert_eq!(
        source.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(source.header("x-content-type-options"), Some("nosniff"));
    for missing in [
        "/page/message/0/html",
        "/page/message/0",
        "/page/requests/7",
        "/page/none",
    ] {
        assert_eq!(page(&sandbox, missing).await?.status, 404, "{missing}");
    }
    Ok(())
}

#[tokio::test]
async fn a_mailbox_of_many_is_shown_page_by_page_and_searched() -> TestResult {
    let sandbox = Sandbox::builder().empty().start().await?;
    for number in 0..120 {
        sandbox.deliver(
            format!("From: a@example.com\r\nSubject: Note {number}.\r\n\r\nx\r\n").as_bytes(),
        );
    }
    let mut path = "/".to_owned();
    let mut seen = Vec::new();
    loop {
        let list = page(&sandbox, &path).await?.body;
        seen.extend((0..120).filter(|number| list.contains(&format!(">Note {number}.<"))));
        let Some((_, rest)) = list.split_once("rel=\"next\" href=\"") else {
            break;
        };
        path = rest
            .split('"')
            .next()
            .ok_or("an address")?
            .replace("&amp;", "&");
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..120).collect::<Vec<_>>());
    let found = page(&sandbox, "/?q=subject%3A77").await?.body;
    assert!(found.contains(">Note 77.<") && !found.contains(">Note 7.<"));
    assert_eq!(page(&sandbox, "/?label=NO_SUCH").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_delivered_message_has_the_header_that_the_form_says() -> TestResult {
    let sandbox = Sandbox::builder().empty().start().await?;
    let form = "from=Anna+%3Canna%40example.com%3E&subject=Hi%0D%0ABcc%3A+eve%40example.com&text=Line%0D%0Atwo";
    assert_eq!(push(&sandbox, "/page/deliver", form).await?, 303);
    let gmail = sandbox.open_source()?;
    let list = gmail.messages().list().send().await?;
    assert_eq!(list.messages.len(), 1);
    let state = sandbox.mailbox_state();
    let id = state["messages"][0]["id"].as_str().ok_or("an id")?;
    let source = page(&sandbox, &format!("/page/message/{id}/source"))
        .await?
        .body;
    assert!(
        !source.lines().any(|line| line.starts_with("Bcc")),
        "{source}"
    );
    assert_eq!(push(&sandbox, "/page/deliver", "from=nobody").await?, 400);
    Ok(())
}

#[tokio::test]
async fn the_buttons_break_what_they_say() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = once(&sandbox)?;
    let press = async |button: &str| {
        push(
            &sandbox,
            "/page/faults",
            &format!("service=gmail&do={button}"),
        )
        .await
    };
    assert_eq!(press("rate-limit").await?, 303);
    assert!(page(&sandbox, "/page/faults").await?.body.contains("429"));
    for _ in 0..2 {
        let error = gmail.get_profile().send().await.expect_err("the fault");
        assert!(error.is_rate_limited(), "{error}");
    }
    gmail.get_profile().send().await?;
    press("unavailable").await?;
    press("clear").await?;
    gmail.get_profile().send().await?;
    press("expire").await?;
    sandbox.clear_requests();
    gmail.get_profile().send().await?;
    assert!(
        sandbox
            .requests()
            .iter()
            .any(|request| request.path == "/token")
    );
    press("hold-quota").await?;
    assert!(
        page(&sandbox, "/page/faults")
            .await?
            .body
            .contains("6000 units")
    );
    press("lift-quota").await?;
    assert!(
        page(&sandbox, "/page/faults")
            .await?
            .body
            .contains("The quota is not enforced")
    );
    press("revoke").await?;
    let error = gmail.get_profile().send().await.expect_err("no consent");
    assert!(error.is_reauthorization_required(), "{error}");
    assert_eq!(press("no-such-button").await?, 400);
    Ok(())
}

#[tokio::test]
async fn what_was_sent_and_received_is_shown_with_its_secrets_hidden() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    sandbox.open_source()?.labels().list().send().await?;
    sandbox.hosted()?.labels().list().send().await?;
    let list = page(&sandbox, "/page/requests").await?.body;
    let pages: Vec<&str> = list
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .filter(|path| path.starts_with("/page/requests/"))
        .collect();
    assert_eq!(pages.len(), sandbox.requests().len());
    let mut all = String::new();
    for path in pages {
        all.push_str(&page(&sandbox, path).await?.body);
    }
    assert!(all.contains("labelListVisibility"), "the answer is shown");
    let mut shown = String::new();
    let mut hidden = 0;
    let mut rest = all.as_str();
    while let Some((before, after)) = rest.split_once("<details class=\"secret\">") {
        shown.push_str(before);
        hidden += 1;
        rest = after.split_once("</details>").ok_or("an end")?.1;
    }
    shown.push_str(rest);
    assert!(hidden >= 4, "{hidden}");
    let (google, airbyte) = (sandbox.google(), sandbox.airbyte());
    for secret in [
        google.client_secret,
        google.refresh_token,
        google.access_token,
        airbyte.client_secret,
        airbyte.bearer_token,
        "sandbox-access-token".to_owned(),
    ] {
        assert!(!shown.contains(&secret), "{secret}");
    }
    Ok(())
}

#[tokio::test]
async fn a_page_is_told_of_a_change() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (port, _) = web::split(sandbox.gmail_url())?;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET /page/changes HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut read = String::new();
    let mut buffer = [0; 1024];
    while !read.contains("retry:") {
        let count = stream.read(&mut buffer).await?;
        assert!(count > 0, "{read}");
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(read.contains("text/event-stream"), "{read}");
    sandbox.deliver(b"From: a@example.com\r\nSubject: New\r\n\r\nx\r\n");
    while !read.contains("event: change") {
        let count = stream.read(&mut buffer).await?;
        assert!(count > 0, "{read}");
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    // A listening browser does not keep the sandbox alive.
    drop(sandbox);
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

#[tokio::test]
async fn a_page_of_the_web_can_neither_read_nor_act() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (port, _) = web::split(sandbox.gmail_url())?;
    let ask = async |request: &str, host: &str, origin: &str| {
        let form = "do=revoke&from=a%40example.com";
        let request = format!(
            "{request} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nConnection: close\r\nContent-Type: {FORM}\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        web::raw(port, request.as_bytes())
            .await
            .map(|answer| answer.status)
    };
    let before = sandbox.mailbox_state();
    let own = format!("127.0.0.1:{port}");
    for request in [
        "POST /page/faults",
        "POST /page/deliver",
        "GET /",
        "GET /page/account",
    ] {
        assert_eq!(
            ask(request, &own, "https://attacker.example").await?,
            403,
            "{request}"
        );
        assert_eq!(ask(request, &own, "null").await?, 403, "{request}");
        let rebound = format!("attacker.example:{port}");
        assert_eq!(
            ask(request, &rebound, &format!("http://{rebound}")).await?,
            403,
            "{request}"
        );
    }
    assert_eq!(sandbox.mailbox_state(), before);
    sandbox.open_source()?.get_profile().send().await?;
    // `localhost` works like 127.0.0.1.
    let local = format!("localhost:{port}");
    assert_eq!(
        ask("POST /page/deliver", &local, &format!("http://{local}")).await?,
        303
    );
    Ok(())
}
