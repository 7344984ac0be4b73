//! Google's sign-in: the callback with hostile input, the listener, the flow, and the program's commands.

#![cfg(feature = "cli")]

use crate::support;

use std::time::Duration;

use airbyte_agent_gmail::auth::{
    AirbyteCallback, CallbackError, airbyte_callback, google_callback, least_scopes,
};
use airbyte_agent_gmail::oauth::{GoogleClient, Loopback};
use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::sandbox::Sandbox;
use proptest::prelude::*;
use support::directory::Directory;
use support::program::{self, Waiting};
use support::{Failure, http, web};

const STATE: &str = "the-state-of-this-sign-in";
const READ_ONLY: &str = "https://www.googleapis.com/auth/gmail.readonly";

fn client(sandbox: &Sandbox) -> GoogleClient {
    let google = sandbox.google();
    let url = sandbox.gmail_url();
    GoogleClient::new(google.client_id)
        .with_secret(google.client_secret)
        .with_urls(
            format!("{url}/o/oauth2/v2/auth"),
            format!("{url}/token"),
            format!("{url}/revoke"),
        )
}

fn google(target: &str) -> Result<String, CallbackError> {
    google_callback(target, "/callback", STATE).map(|code| code.expose().to_owned())
}

#[test]
fn a_callback_is_one_code_with_the_right_state() {
    for target in [
        format!("/callback?state={STATE}&code=4%2F0Ab&scope=a%20b&authuser=0"),
        format!("http://127.0.0.1:4000/callback?code=4/0Ab&state={STATE}"),
        format!("  /callback?code=4/0Ab&&state={STATE}#fragment "),
    ] {
        assert_eq!(google(&target), Ok("4/0Ab".to_owned()), "{target}");
    }
    use CallbackError as E;
    let cases = [
        (
            format!("/callback?code=x&code=y&state={STATE}"),
            E::Repeated,
        ),
        (
            format!("/callback?code=x&state={STATE}&state={STATE}"),
            E::Repeated,
        ),
        (
            format!("/callback?code=x&state=other&state={STATE}"),
            E::Repeated,
        ),
        (
            format!("/callback?code=x&state={STATE}%26code%3Dy"),
            E::Forged,
        ),
        (format!("/callback?code=x%26state%3D{STATE}"), E::Forged),
        ("/callback?code=x".to_owned(), E::Forged),
        ("/callback?code=x&state=".to_owned(), E::Forged),
        ("/callback".to_owned(), E::Forged),
        ("/callback?error=access_denied".to_owned(), E::Forged),
        (format!("/callback?code=x&State={STATE}"), E::Forged),
        (format!("/callback?state={STATE}"), E::Unclear),
        (format!("/callback?state={STATE}&code="), E::Unclear),
        (
            format!("/callback?state={STATE}&code=x&error=access_denied"),
            E::Unclear,
        ),
        (
            format!("/callback?state={STATE}&error=%3Cscript%3E"),
            E::Unclear,
        ),
        (
            format!("/callback?state={STATE}&error=access_denied"),
            E::Denied,
        ),
        (
            format!("/callback?state={STATE}&error=server_error"),
            E::Failed("server_error".to_owned()),
        ),
        (format!("/callback?state={STATE}&code=%FF%FE"), E::Malformed),
        (format!("/callback?state={STATE}&code=%C0%AF"), E::Malformed),
        (format!("/callback?state={STATE}&code=%2"), E::Malformed),
        (format!("/callback?state={STATE}&code=%zz"), E::Malformed),
        (
            format!("/callback?state={STATE}&code=a%0d%0aSet-Cookie:x"),
            E::Malformed,
        ),
        (format!("/callback?state={STATE}&code=a%00"), E::Malformed),
        (format!("/callback?state={STATE}&code=a b"), E::Malformed),
        (format!("/other?state={STATE}&code=x"), E::WrongPath),
        (format!("/callback/?state={STATE}&code=x"), E::WrongPath),
        (format!("/callback%3Fstate={STATE}&code=x"), E::WrongPath),
        (format!("//callback?state={STATE}&code=x"), E::WrongPath),
        (format!("/x/../callback?state={STATE}&code=x"), E::WrongPath),
        (format!("/callback#?state={STATE}&code=x"), E::Forged),
        (String::new(), E::WrongPath),
        (
            format!("/callback?state={STATE}&code={}", "x".repeat(5000)),
            E::TooLong,
        ),
        (
            format!("/callback?state={STATE}&code={}", "x".repeat(64 * 1024)),
            E::TooLong,
        ),
        (
            format!("/callback?state={STATE}&code={}", "%41".repeat(3 << 20)),
            E::TooLong,
        ),
        (
            format!("/callback?state={STATE}&code=x{}", "&a=b".repeat(70)),
            E::TooLong,
        ),
    ];
    for (target, expected) in cases {
        let shown = target.get(..200).unwrap_or(&target);
        assert_eq!(google(&target), Err(expected), "{shown}");
    }
    // A sign-in that has lost its state accepts nothing, rather than everything.
    let without_state = google_callback("/callback?code=x&state=", "/callback", "");
    assert_eq!(without_state.unwrap_err(), E::Forged);
}

#[test]
fn airbytes_callback_has_three_forms() {
    let read = |query: &str| {
        airbyte_callback(
            &format!("/back?correlation={STATE}&{query}"),
            "/back",
            STATE,
        )
    };
    assert!(
        matches!(read("connector_id=0a1b-2c"), Ok(AirbyteCallback::Connector(id)) if id == "0a1b-2c")
    );
    assert!(
        matches!(read("secret_id=s"), Ok(AirbyteCallback::Secret(secret)) if secret.expose() == "s")
    );
    use CallbackError as E;
    for (query, expected) in [
        ("error=access_denied&error_description=No", E::Denied),
        ("error=session_expired", E::Expired),
        (
            "error=creation_failed&error_description=%3Cb%3E",
            E::Failed("creation_failed".to_owned()),
        ),
        ("error_description=x", E::Unclear),
        ("", E::Unclear),
        ("connector_id=a&secret_id=b", E::Unclear),
        ("connector_id=a&error=x", E::Unclear),
        ("connector_id=..%2F..%2Fworkspaces", E::Unclear),
        ("connector_id=a%3Fb", E::Unclear),
        ("connector_id=a&connector_id=b", E::Repeated),
        (
            "error=a&error_description=b&error_description=c",
            E::Repeated,
        ),
        ("connector_id=a&correlation=x", E::Repeated),
    ] {
        assert_eq!(read(query).unwrap_err(), expected, "{query}");
    }
    let without_state = airbyte_callback("/back?connector_id=a", "/back", STATE);
    assert_eq!(without_state.unwrap_err(), E::Forged);
}

proptest! {
    #[test]
    fn no_input_without_the_state_gives_anything(text in "\\PC{0,300}", query in "[a-z=&%0-9+]{0,200}") {
        for target in [text.clone(), format!("/callback?{text}"), format!("/callback?{query}")] {
            prop_assert!(google(&target).is_err());
            prop_assert!(airbyte_callback(&target, "/callback", STATE).is_err());
        }
    }

    #[test]
    fn a_code_comes_out_as_it_went_in(code in "[^\\p{C}]{1,200}", extra in "[a-z]{1,9}") {
        let query = |pairs: &[(&str, &str)]| {
            let encode = |text: &str| -> String {
                text.bytes().map(|byte| format!("%{byte:02x}")).collect()
            };
            let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
            format!("/callback?{}", pairs.join("&"))
        };
        let name = format!("x_{extra}");
        let target = query(&[("code", &code), (name.as_str(), "1"), ("state", STATE)]);
        // Spaces around a secret are trimmed.
        prop_assume!(code.trim() == code);
        prop_assert_eq!(google(&target), Ok(code.clone()));
        let twice = query(&[("code", &code), ("state", STATE), ("code", &code)]);
        prop_assert_eq!(google(&twice), Err(CallbackError::Repeated));
    }

    #[test]
    fn only_the_very_state_is_taken(state in "[A-Za-z0-9_-]{0,60}") {
        prop_assume!(state != STATE);
        prop_assert_eq!(google(&format!("/callback?code=x&state={state}")), Err(CallbackError::Forged));
    }
}

const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn the_whole_flow_gives_tokens_that_work_and_pages_without_them() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let client = client(&sandbox);
    let mut loopback = Loopback::bind(0).await?;
    let consent = client.consent(loopback.redirect_url(), &[READ_ONLY], None)?;
    let (url, state) = (consent.url().to_owned(), consent.state().to_owned());
    for part in [
        "code_challenge_method=S256",
        "access_type=offline",
        "prompt=consent",
    ] {
        assert!(url.contains(part), "{url}");
    }
    assert!(!format!("{consent:?}").contains(&state));
    let redirect_url = loopback.redirect_url().to_owned();
    let browser = async {
        // Forged callbacks are rejected, and the sign-in continues.
        for (query, status) in [
            ("?code=forged&state=guessed", 400),
            ("?error=access_denied&state=guessed", 400),
            ("", 400),
            ("/more", 404),
        ] {
            let page = web::get(&format!("{redirect_url}{query}")).await?;
            assert_eq!(page.status, status, "{query}");
            assert!(!page.body.contains("guessed") && !page.body.contains("forged"));
        }
        let (port, target) = web::split(&redirect_url)?;
        let rebound =
            format!("GET {target}?code=x&state={state} HTTP/1.1\r\nHost: attacker.example\r\n\r\n");
        assert_eq!(web::raw(port, rebound.as_bytes()).await?.status, 421);
        let posted = web::send(
            "POST",
            &format!("{redirect_url}?code=x&state={state}"),
            "text/plain",
            "",
        )
        .await?;
        assert_eq!(posted.status, 405);
        let huge = format!(
            "GET {target}?state={state}&code={} HTTP/1.1\r\n",
            "x".repeat(3 << 20)
        );
        assert_eq!(web::raw(port, huge.as_bytes()).await?.status, 431);
        let long = format!("{redirect_url}?state={state}&code={}", "x".repeat(20_000));
        assert_eq!(web::get(&long).await?.status, 400);

        let back = web::decide(&url, "allow").await?;
        let page = web::get(&back).await?;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("You are signed in"), "{}", page.body);
        for header in [
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "default-src 'none'",
        ] {
            assert!(
                page.head.to_ascii_lowercase().contains(header),
                "{}",
                page.head
            );
        }
        let (_, query) = back.split_once('?').ok_or("no query")?;
        for pair in query.split('&') {
            let (_, value) = pair.split_once('=').ok_or("no value")?;
            assert!(value.len() < 8 || !page.body.contains(value), "{pair}");
        }
        Ok::<_, Failure>(back)
    };
    let (tokens, back) = tokio::join!(consent.receive(&client, &mut loopback, LIMIT), browser);
    let (tokens, back) = (tokens?, back?);
    assert_eq!(tokens.scopes, [READ_ONLY]);
    assert!(tokens.refresh_token.is_some() && tokens.expires_at.is_some());

    // The same callback once more, first while nobody waits, then during another sign-in.
    let page = web::get(&back).await?;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This sign-in is over"), "{}", page.body);
    let consent = client.consent(loopback.redirect_url(), &[READ_ONLY], None)?;
    tokio::select! {
        result = consent.receive(&client, &mut loopback, LIMIT) => {
            return Err(format!("a replay ends no sign-in: {result:?}").into());
        }
        page = web::get(&back) => assert_eq!(page?.status, 400),
    }
    let consent = client.consent(loopback.redirect_url(), &[READ_ONLY], None)?;
    let nobody = consent.receive(&client, &mut loopback, Duration::from_millis(1));
    let error = nobody.await.expect_err("nobody answered");
    assert!(
        error.is_timeout() && error.to_string().contains("tab closed"),
        "{error}"
    );
    drop(loopback);
    assert!(web::get(&back).await.is_err());
    Ok(())
}

const SEND: &str = "https://www.googleapis.com/auth/gmail.send";

/// A consent form with only this box ticked.
fn ticked(scope: &str) -> String {
    format!("allow&boxes=shown&scope={scope}")
}

#[tokio::test]
async fn a_box_that_is_left_empty_is_told_on_the_page_and_in_the_tokens() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let client = client(&sandbox);
    let mut loopback = Loopback::bind(0).await?;
    let consent = client.consent(loopback.redirect_url(), &[READ_ONLY, SEND], None)?;
    let url = consent.url().to_owned();
    let browser =
        async { Ok::<_, Failure>(web::get(&web::decide(&url, &ticked(READ_ONLY)).await?).await?) };
    let (tokens, page) = tokio::join!(consent.receive(&client, &mut loopback, LIMIT), browser);
    let page = page?;
    assert_eq!(page.status, 200);
    assert!(
        page.body
            .contains("Signed in, with less access than requested"),
        "{}",
        page.body
    );
    assert_eq!(tokens?.scopes, [READ_ONLY]);

    // With no box ticked, nothing is granted.
    let consent = client.consent(loopback.redirect_url(), &[READ_ONLY, SEND], None)?;
    let back = web::decide(consent.url(), "allow&boxes=shown").await?;
    let error = consent.finish(&client, &back).await.expect_err("nothing");
    assert!(error.is_consent_denied(), "{error}");

    // The program requests the scopes that two operations need, and gets only those of one.
    let rows = [
        gmail().find("messages", "list")?,
        gmail().find("settings_filters", "create")?,
    ];
    let scopes = least_scopes(rows);
    assert_eq!(scopes.len(), 2, "{scopes:?}");
    let reading = scopes
        .iter()
        .find(|scope| rows[0].scopes.contains(scope))
        .ok_or("no scope")?;
    let directory = Directory::new()?;
    let google = sandbox.google();
    let mut command = program::program(
        &sandbox,
        &directory,
        &[
            "auth",
            "login",
            "--no-browser",
            "--client-id",
            &google.client_id,
            "--operation",
            "messages.list",
            "--operation",
            "settings_filters.create",
        ],
    );
    command.env("GMAIL_CLIENT_SECRET", &google.client_secret);
    let waiting = Waiting::start(command).await?;
    web::get(&web::decide(&waiting.url, &ticked(reading)).await?).await?;
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(0), "{rest}");
    assert!(
        rest.contains("less was granted than asked for")
            && rest.contains("settings_filters.create")
            && !rest.contains("messages.list"),
        "{rest}"
    );
    let output = program::program(
        &sandbox,
        &directory,
        &["auth", "doctor", "--operation", "settings_filters.create"],
    )
    .output()
    .await?;
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        report.contains("they do not allow settings_filters.create"),
        "{report}"
    );
    assert_eq!(output.status.code(), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_consent_that_is_limited_in_time_is_shown_with_its_end() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| {
        settings.refresh_token_lifetime = Some(Duration::from_secs(50 * 3600));
    });
    let directory = Directory::new()?;
    let (account, _) = sign_in(&sandbox, &directory, &[]).await?;
    let end = account["refresh_token_expires_at"].clone();
    assert!(end.is_string(), "{account}");
    let doctor = || async {
        let output = program::program(&sandbox, &directory, &["auth", "doctor"])
            .output()
            .await?;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        Ok::<_, Failure>((output.status.code(), report.to_string()))
    };
    let (code, report) = doctor().await?;
    assert!(
        code == Some(0) && report.contains("49 hours are left"),
        "{report}"
    );
    // The doctor has refreshed the tokens; the consent's expiry is still known.
    let status = program::program(&sandbox, &directory, &["auth", "status"])
        .output()
        .await?;
    let status = program::json(&status)?;
    assert!(
        status["account"]["refresh_token_expires_at"].is_string(),
        "{status}"
    );

    sandbox.configure(|settings| settings.refresh_token_lifetime = Some(Duration::ZERO));
    sign_in(&sandbox, &directory, &[]).await?;
    let (code, report) = doctor().await?;
    assert!(
        code == Some(3) && report.contains("time-limited and has ended"),
        "{report}"
    );
    Ok(())
}

/// A token endpoint with its own clock.
async fn token_endpoint(
    date: &'static str,
    access_token: String,
) -> Result<(String, tokio::task::JoinHandle<()>), Failure> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/token", listener.local_addr()?);
    let body = serde_json::json!({"access_token": access_token, "expires_in": 3599}).to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0_u8; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    Ok((url, server))
}

#[tokio::test]
async fn the_doctor_sees_a_clock_that_is_wrong() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    sign_in(&sandbox, &directory, &["--read-only"]).await?;
    for (date, side) in [
        ("Tue, 01 Jan 2019 00:00:00 GMT", "seconds ahead of google's"),
        ("Thu, 01 Jan 2099 00:00:00 GMT", "seconds behind google's"),
    ] {
        let (url, server) = token_endpoint(date, sandbox.google().access_token).await?;
        let output = program::program(&sandbox, &directory, &["auth", "doctor"])
            .env("GOOGLE_TOKEN_URL", &url)
            .output()
            .await?;
        server.abort();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let clock = report["findings"]
            .as_array()
            .and_then(|list| list.iter().find(|finding| finding["check"] == "clock"))
            .ok_or("no finding")?;
        assert_eq!(clock["ok"], false, "{report}");
        assert!(clock.to_string().contains(side), "{clock}");
        assert!(clock["next"].to_string().contains("NTP"), "{clock}");
        assert_eq!(output.status.code(), Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn a_denied_consent_and_a_taken_port_have_errors_of_their_own() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let client = client(&sandbox);
    let mut loopback = Loopback::bind(0).await?;
    let consent = client.consent(loopback.redirect_url(), &[READ_ONLY], None)?;
    let url = consent.url().to_owned();
    let browser = async {
        let page = web::get(&web::decide(&url, "deny").await?).await?;
        Ok::<_, Failure>(page)
    };
    let (result, page) = tokio::join!(consent.receive(&client, &mut loopback, LIMIT), browser);
    assert!(result.expect_err("denied").is_consent_denied());
    assert!(page?.body.contains("Access was not allowed"));

    let (port, _) = web::split(loopback.redirect_url())?;
    let error = Loopback::bind(port).await.expect_err("taken");
    assert!(
        error.is_configuration() && error.to_string().contains("in use"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_web_service_finishes_by_itself_and_a_code_works_once() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let client = client(&sandbox);
    let redirect = "http://127.0.0.1:1/google/back";
    let consent = client.consent(redirect, &[READ_ONLY], Some("user@example.com"))?;
    let other = client.consent(redirect, &[READ_ONLY], None)?;
    let back = web::decide(consent.url(), "allow").await?;
    let error = other
        .finish(&client, &back)
        .await
        .expect_err("of another consent");
    assert!(error.is_invalid_input(), "{error}");
    let tokens = consent.finish(&client, &back).await?;
    let refresh_token = tokens.refresh_token.ok_or("no refresh token")?;
    client.revoke(&refresh_token).await?;
    // Revoking an ended token is no error.
    client.revoke(&refresh_token).await?;
    assert!(
        client
            .clock_skew()
            .await?
            .is_some_and(|skew| skew.abs() < 5)
    );

    let wrong = GoogleClient::new(client.id())
        .with_secret("wrong")
        .with_urls(
            format!("{}/o/oauth2/v2/auth", sandbox.gmail_url()),
            sandbox.token_url(),
            sandbox.gmail_url(),
        );
    let consent = wrong.consent(redirect, &[READ_ONLY], None)?;
    let back = web::decide(consent.url(), "allow").await?;
    let error = consent
        .finish(&wrong, &back)
        .await
        .expect_err("wrong client");
    assert!(
        error.is_configuration() && error.reason() == Some("invalid_client"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn the_callers_own_http_client_is_used() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let nowhere = http::local_client()?
        .proxy(reqwest::Proxy::all("http://127.0.0.1:9")?)
        .build()?;
    let error = client(&sandbox)
        .with_http_client(nowhere)
        .revoke(&"token".into())
        .await
        .expect_err("its proxy is not there");
    assert!(error.is_connect(), "{error}");
    assert!(sandbox.requests().is_empty());
    Ok(())
}

#[test]
fn googles_client_file_is_read_and_its_addresses_are_not() -> Result<(), Failure> {
    let text = r#"{"web": {"client_id": "id", "client_secret": "s", "token_uri": "https://attacker.example/"}}"#;
    let client = GoogleClient::from_json(text)?;
    assert_eq!(
        (client.id(), client.secret().map(|secret| secret.expose())),
        ("id", Some("s"))
    );
    assert!(!format!("{client:?}").contains("attacker"));
    for text in [
        "",
        "{}",
        "[]",
        r#"{"type": "service_account", "private_key": "planted"}"#,
    ] {
        let error = GoogleClient::from_json(text)
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("client_secret json") && !error.contains("planted"),
            "{error}"
        );
    }
    Ok(())
}

/// Signs in with the program; returns its output.
async fn sign_in(
    sandbox: &Sandbox,
    directory: &Directory,
    more: &[&str],
) -> Result<(serde_json::Value, String), Failure> {
    let google = sandbox.google();
    let mut arguments = vec![
        "auth",
        "login",
        "--no-browser",
        "--client-id",
        &google.client_id,
    ];
    arguments.extend(more);
    let mut command = program::program(sandbox, directory, &arguments);
    command.env("GMAIL_CLIENT_SECRET", &google.client_secret);
    let waiting = Waiting::start(command).await?;
    let back = web::decide(&waiting.url, "allow").await?;
    assert_eq!(web::get(&back).await?.status, 200);
    let (code, output, rest) = waiting.end().await?;
    assert_eq!(code, Some(0), "{rest}");
    for part in back
        .split(['?', '&', '='])
        .skip(1)
        .filter(|part| part.len() > 20 && !part.contains("auth"))
    {
        assert!(!output.contains(part) && !rest.contains(part), "{part}");
    }
    Ok((serde_json::from_str(&output)?, rest))
}

#[tokio::test]
async fn the_program_signs_in_works_refreshes_and_signs_out() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let run = |arguments: &'static [&'static str]| {
        program::program(&sandbox, &directory, arguments).output()
    };

    let output = run(&["check"]).await?;
    assert_eq!(output.status.code(), Some(2));
    let (account, _) = sign_in(&sandbox, &directory, &["--read-only"]).await?;
    assert_eq!(account["account"], "user@example.com");
    assert_eq!(account["scopes"], serde_json::json!([READ_ONLY]));

    let output = run(&["check", "--verbose"]).await?;
    assert!(
        program::errors(&output).contains("credentials: the signed-in account user@example.com")
    );
    program::json(&output)?;
    assert!(
        sandbox
            .requests()
            .iter()
            .filter(|request| request.path == "/token")
            .count()
            == 1
    );
    sandbox.expire_access_tokens();
    program::json(&run(&["check"]).await?)?;

    // A second account, by name. The first stays the default.
    let (second, _) = sign_in(
        &sandbox,
        &directory,
        &["--account", "second", "--operation", "messages_send"],
    )
    .await?;
    assert_eq!(
        (&second["account"], &second["default"]),
        (&"second".into(), &false.into())
    );
    assert_eq!(
        second["scopes"],
        serde_json::json!(["https://www.googleapis.com/auth/gmail.send"])
    );
    let list = program::json(&run(&["auth", "list"]).await?)?;
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    let output = run(&["check", "--account", "second"]).await?;
    assert_eq!(
        output.status.code(),
        Some(4),
        "{}",
        program::errors(&output)
    );
    let status = program::json(&run(&["auth", "status"]).await?)?;
    assert_eq!(status["google"]["account"], "user@example.com");
    assert!(
        status["account"]["access_token_expires_in_seconds"].is_number(),
        "{status}"
    );

    // The environment takes precedence over the stored account, and the program says so.
    let output = program::program(&sandbox, &directory, &["check"])
        .env("GMAIL_ACCESS_TOKEN", sandbox.google().access_token)
        .output()
        .await?;
    assert!(program::errors(&output).contains("the environment (GMAIL_ACCESS_TOKEN)"));

    let report = program::json(&run(&["auth", "doctor"]).await?)?;
    assert_eq!(report["ok"], true, "{report}");
    let output = run(&["auth", "doctor", "--operation", "messages_send"]).await?;
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stdout)?.contains("do not allow "));

    program::json(&run(&["auth", "use", "second"]).await?)?;
    let out = program::json(&run(&["auth", "logout"]).await?)?;
    assert_eq!(
        (&out["account"], &out["revoked"]),
        (&"second".into(), &true.into())
    );
    assert_eq!(out["default_account"], "user@example.com");
    let revoked = sandbox
        .requests()
        .iter()
        .filter(|request| request.path == "/revoke")
        .count();
    assert_eq!(revoked, 1);

    sandbox.revoke_refresh_token();
    let output = run(&["auth", "doctor"]).await?;
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout)?;
    assert!(
        text.contains("invalid_grant") && text.contains("publish the app"),
        "{text}"
    );
    program::json(&run(&["auth", "logout", "--local"]).await?)?;
    assert_eq!(
        program::json(&run(&["auth", "list"]).await?)?,
        serde_json::json!([])
    );
    Ok(())
}

#[tokio::test]
async fn the_address_can_be_pasted_where_the_browser_is_elsewhere() -> Result<(), Failure> {
    use tokio::io::AsyncWriteExt;
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let google = sandbox.google();
    for (forged, expected) in [(false, 0), (true, 2)] {
        let file = directory.path().join("client_secret.json");
        std::fs::write(
            &file,
            serde_json::json!({"installed": {"client_id": google.client_id, "client_secret": google.client_secret}}).to_string(),
        )?;
        let file = file.to_string_lossy().into_owned();
        let mut command = program::program(
            &sandbox,
            &directory,
            &["auth", "login", "--no-browser", "--client-file", &file],
        );
        command.stdin(std::process::Stdio::piped());
        let mut waiting = Waiting::start(command).await?;
        let back = web::decide(&waiting.url, "allow").await?;
        let pasted = if forged {
            back.replace("state=", "state=x")
        } else {
            back
        };
        let mut stdin = waiting.child.stdin.take().ok_or("no standard input")?;
        stdin.write_all(format!("\n{pasted}\n").as_bytes()).await?;
        let (code, _, rest) = waiting.end().await?;
        assert_eq!(code, Some(expected), "{rest}");
    }
    Ok(())
}

#[tokio::test]
async fn a_closed_tab_and_a_denial_end_with_a_clear_message() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let google = sandbox.google();
    let arguments = [
        "auth",
        "login",
        "--no-browser",
        "--client-id",
        &google.client_id,
        "--timeout",
        "1",
    ];
    let waiting = Waiting::start(program::program(&sandbox, &directory, &arguments)).await?;
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(7));
    assert!(rest.contains("was not answered within 1 seconds"), "{rest}");

    let waiting = Waiting::start(program::program(&sandbox, &directory, &arguments[..5])).await?;
    web::get(&web::decide(&waiting.url, "deny").await?).await?;
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(3));
    assert!(rest.contains("the consent was denied"), "{rest}");
    Ok(())
}

#[tokio::test]
async fn the_doctor_tells_the_causes_apart() -> Result<(), Failure> {
    use airbyte_agent_gmail::auth::AccountDirectory;
    use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Service};
    use std::time::SystemTime;
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    sign_in(&sandbox, &directory, &["--read-only"]).await?;
    let doctor = || async {
        let output = program::program(&sandbox, &directory, &["auth", "doctor"])
            .output()
            .await?;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        Ok::<_, Failure>((output.status.code(), report.to_string()))
    };
    let disabled = serde_json::json!({"error": {"code": 403, "message": "x", "status": "PERMISSION_DENIED",
        "errors": [{"reason": "accessNotConfigured", "message": "x", "domain": "usageLimits"}]}});
    sandbox.inject(Fault::new(
        Service::Gmail,
        FaultKind::Answer {
            code: 403,
            content_type: "application/json".to_owned(),
            body: disabled.to_string(),
        },
    ));
    let (code, text) = doctor().await?;
    assert!(
        code == Some(4) && text.contains("enable the gmail api for"),
        "{text}"
    );

    let accounts = AccountDirectory::new(directory.path().join("config"));
    let good = accounts.get("user@example.com")?.ok_or("no account")?;
    let mut changed = good.clone();
    changed.client_secret = Some("changed".into());
    accounts.put(&changed)?;
    let (code, text) = doctor().await?;
    assert!(
        code == Some(2) && text.contains("sign in with --client-file"),
        "{text}"
    );

    let mut week = good.clone();
    week.signed_in_at = SystemTime::now().checked_sub(Duration::from_secs(7 * 24 * 3600 + 60));
    week.tokens.refresh_token = Some("ended".into());
    accounts.put(&week)?;
    let (code, text) = doctor().await?;
    assert!(
        code == Some(3) && text.contains("tokens live 7 days"),
        "{text}"
    );

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = accounts.file("user@example.com")?;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644))?;
        let (code, text) = doctor().await?;
        assert!(code == Some(1) && text.contains("chmod 600"), "{text}");
    }
    Ok(())
}
