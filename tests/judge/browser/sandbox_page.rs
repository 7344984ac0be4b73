//! The sandbox's pages.

use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{GmailConnector, RetryPolicy};
use tokio::net::TcpListener;

use super::Browser;
use crate::support::Failure;

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";

/// Presses Tab until the wanted element has the focus.
async fn tab_to(browser: &Browser, selector: &str) -> Result<(), Failure> {
    for _ in 0..60 {
        browser.press(TAB).await?;
        let script = format!("return document.activeElement.matches(\"{selector}\")");
        if browser.script(&script).await? == true {
            return Ok(());
        }
    }
    Err(format!("the keyboard does not reach {selector}").into())
}

#[tokio::test]
async fn mail_is_read_delivered_and_answered_for_by_the_keyboard_alone() -> Result<(), Failure> {
    let browser = Browser::start().await?;
    let sandbox = Sandbox::start().await?;
    browser.open(&format!("{}/", sandbox.gmail_url())).await?;
    browser
        .until("document.querySelector('h1').innerText === 'Inbox'")
        .await?;
    browser.press("j").await?;
    browser.press(ENTER).await?;
    browser
        .until(
            "location.pathname.startsWith('/page/message/') && document.readyState === 'complete'",
        )
        .await?;
    browser.press("u").await?;
    browser
        .until("location.pathname === '/' && document.readyState === 'complete'")
        .await?;

    // New mail appears without a reload.
    browser.script("window.stayed = true").await?;
    sandbox.deliver(b"From: anna@example.com\r\nSubject: Brought just now\r\n\r\nx\r\n");
    browser
        .until("document.body.innerText.includes('Brought just now')")
        .await?;
    browser.until("window.stayed").await?;

    tab_to(&browser, "[href='/page/deliver']").await?;
    browser.press(ENTER).await?;
    browser
        .until("location.pathname === '/page/deliver' && document.readyState === 'complete'")
        .await?;
    tab_to(&browser, "[name=subject]").await?;
    // Tab selects the existing text, so typing replaces it.
    for key in ["j", "k", "7"] {
        browser.press(key).await?;
    }
    tab_to(&browser, "main button").await?;
    browser.press(ENTER).await?;
    browser
        .until("location.pathname === '/' && document.body.innerText.includes('jk7')")
        .await?;

    browser
        .open(&format!("{}/page/faults", sandbox.gmail_url()))
        .await?;
    tab_to(&browser, "[value=rate-limit]").await?;
    browser.press(ENTER).await?;
    browser
        .until("document.querySelector('#live').innerText.includes('429')")
        .await?;
    let gmail = GmailConnector::builder(sandbox.google_auth())
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .retry(RetryPolicy::never())
        .build()?;
    let error = gmail.get_profile().send().await.expect_err("the fault");
    assert!(error.is_rate_limited(), "{error}");
    Ok(())
}

#[tokio::test]
async fn requests_appear_and_their_secrets_stay_hidden_until_they_are_clicked()
-> Result<(), Failure> {
    let browser = Browser::start().await?;
    let sandbox = Sandbox::start().await?;
    browser
        .open(&format!("{}/page/requests", sandbox.gmail_url()))
        .await?;
    browser
        .until("document.body.innerText.includes('No requests yet')")
        .await?;
    sandbox.open_source()?.labels().list().send().await?;
    browser
        .until("document.querySelectorAll('.log tbody tr').length > 0")
        .await?;
    browser.press("j").await?;
    browser.press(ENTER).await?;
    browser
        .until("document.querySelectorAll('details.secret').length > 0")
        .await?;
    let token = sandbox.google().access_token;
    let shows = format!("document.body.innerText.includes('{token}')");
    browser.until(&format!("!{shows}")).await?;
    browser
        .script("document.querySelector('details.secret summary').click()")
        .await?;
    browser.until(&shows).await
}

#[tokio::test]
async fn what_is_in_a_mail_neither_runs_nor_loads() -> Result<(), Failure> {
    let browser = Browser::start().await?;
    let sandbox = Sandbox::builder().empty().start().await?;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/pixel.png", elsewhere.local_addr()?);
    let id = sandbox.deliver(
        format!(
            "From: a@example.com\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n<p>Seen</p><img src=\"{url}\">\
             <style>@import \"{url}\"; p {{ background: url(\"{url}\") }}</style><script>top.ran = true</script>\r\n"
        )
        .as_bytes(),
    );
    browser
        .open(&format!("{}/page/message/{id}", sandbox.gmail_url()))
        .await?;
    // The driver waits for the page and its frame.
    browser
        .until("document.readyState === 'complete' && frames.length === 1")
        .await?;
    browser.until("window.ran === undefined").await?;
    let html = format!("{}/page/message/{id}/html", sandbox.gmail_url());
    browser.open(&html).await?;
    browser
        .until("document.body.innerText.includes('Seen') && window.ran === undefined")
        .await?;
    let asked = tokio::time::timeout(std::time::Duration::ZERO, elsewhere.accept()).await;
    assert!(asked.is_err(), "a mail loaded something");
    Ok(())
}
