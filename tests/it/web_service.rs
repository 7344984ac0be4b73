//! The web service of `examples/web.rs` over HTTP, used by two browsers.

#![cfg(all(feature = "oauth", feature = "sandbox"))]

#[allow(dead_code, reason = "its `main` is for people")]
#[path = "../../examples/web.rs"]
mod example;
use crate::support;

use airbyte_agent_gmail::sandbox::Sandbox;
use support::{Failure, web};

/// Serves the example on a free port; returns its address.
async fn serve(sandbox: &Sandbox) -> Result<String, Failure> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?.to_string();
    let routes = example::routes(&address, sandbox, |_| None)?;
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(format!("http://{address}"))
}

/// Gets a page with a browser's cookie.
async fn get(url: &str, cookie: &str) -> Result<web::Answer, Failure> {
    let (port, target) = web::split(url)?;
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: theme=dark; {cookie}\r\nConnection: close\r\n\r\n"
    );
    Ok(web::raw(port, request.as_bytes()).await?)
}

/// Starts a consent; returns its page and cookie.
async fn begin(url: &str) -> Result<(String, String), Failure> {
    let answer = web::get(url).await?;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let cookie = answer.header("set-cookie").ok_or("no cookie")?;
    for part in ["HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap_or_default().to_owned();
    Ok((answer.location()?, pair))
}

#[tokio::test]
async fn users_connect_their_mailboxes_both_ways() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let url = serve(&sandbox).await?;
    let start = web::get(&format!("{url}/")).await?;
    for way in ["/google", "/airbyte"] {
        assert!(
            start.body.contains(&format!("href=\"{way}\"")),
            "{}",
            start.body
        );
        let (page, cookie) = begin(&format!("{url}{way}")).await?;
        let back = web::decide(&page, "allow").await?;
        let connected = get(&back, &cookie).await?;
        assert_eq!(connected.status, 200, "{}", connected.body);
        assert!(
            connected.body.contains("The mailbox has"),
            "{}",
            connected.body
        );
        assert_eq!(connected.header("referrer-policy"), Some("no-referrer"));
        let replayed = get(&back, &cookie).await?;
        assert_eq!(replayed.status, 400, "{}", replayed.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_callback_counts_only_in_the_browser_that_began_it() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let url = serve(&sandbox).await?;
    for way in ["/google", "/airbyte"] {
        let (page, cookie) = begin(&format!("{url}{way}")).await?;
        let (_, other) = begin(&format!("{url}{way}")).await?;
        let back = web::decide(&page, "allow").await?;
        // With no cookie, an invented one, and another user's.
        assert_eq!(get(&back, "").await?.status, 400);
        assert_eq!(get(&back, "consent=made-up").await?.status, 400);
        let foreign = get(&back, &other).await?;
        assert_eq!(foreign.status, 400);
        assert!(foreign.body.contains("does not belong"), "{}", foreign.body);
        // None of them has used up the consent.
        assert_eq!(get(&back, &cookie).await?.status, 200);

        let (page, cookie) = begin(&format!("{url}{way}")).await?;
        let denied = get(&web::decide(&page, "deny").await?, &cookie).await?;
        assert_eq!(denied.status, 400);
        assert!(
            denied.body.contains("the consent was denied"),
            "{}",
            denied.body
        );
    }
    Ok(())
}
