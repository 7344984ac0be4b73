//! The sandbox as other people's clients ask it: by older addresses, with other names, in other pieces.

#![cfg(feature = "sandbox")]

mod support;

use airbyte_agent_gmail::operation::{Location, gmail};
use airbyte_agent_gmail::sandbox::Sandbox;
use serde_json::Value;
use support::{TestResult, web};

const RFC822: &str = "Content-Type: message/rfc822";

/// A request with Google's token.
async fn ask(
    sandbox: &Sandbox,
    request: &str,
    headers: &[&str],
    body: &str,
) -> std::io::Result<web::Answer> {
    let authorization = format!("Bearer {}", sandbox.google().access_token);
    ask_with(sandbox, &authorization, request, headers, body).await
}

async fn ask_with(
    sandbox: &Sandbox,
    authorization: &str,
    request: &str,
    headers: &[&str],
    body: &str,
) -> std::io::Result<web::Answer> {
    let (port, _) = web::split(sandbox.gmail_url())?;
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAuthorization: {authorization}\r\n\
         {headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    web::raw(port, text.as_bytes()).await
}

fn json(answer: &web::Answer) -> Result<Value, Box<dyn std::error::Error>> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    Ok(serde_json::from_str(&answer.body)?)
}

#[tokio::test]
async fn googles_older_addresses_answer_too() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let google = sandbox.google();
    let form = format!(
        "grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
        google.client_id, google.client_secret, google.refresh_token
    );
    let kind = "application/x-www-form-urlencoded";
    for path in [
        "/token",
        "/o/oauth2/token",
        "/oauth2/v3/token",
        "/oauth2/v4/token",
    ] {
        let url = format!("{}{path}", sandbox.gmail_url());
        let tokens = json(&web::send("POST", &url, kind, &form).await?)?;
        assert!(tokens["access_token"].is_string(), "{path}: {tokens}");
    }
    for (path, key) in [
        ("/oauth2/v3/userinfo", "sub"),
        ("/v1/userinfo", "sub"),
        ("/oauth2/v2/userinfo", "id"),
        ("/oauth2/v1/userinfo?alt=json", "id"),
        ("/userinfo/v2/me", "id"),
    ] {
        let user = json(&ask(&sandbox, &format!("GET {path}"), &[], "").await?)?;
        assert!(user[key].is_string(), "{path}: {user}");
        assert_eq!(user["email"], "user@example.com", "{path}");
    }
    let token = &google.access_token;
    for (path, key, expires_is_number) in [
        ("/tokeninfo", "aud", false),
        ("/oauth2/v1/tokeninfo", "audience", true),
        ("/oauth2/v2/tokeninfo", "audience", true),
    ] {
        let target = format!("POST {path}?access_token={token}");
        let info = json(&ask(&sandbox, &target, &[], "").await?)?;
        assert_eq!(info[key], google.client_id.as_str(), "{path}: {info}");
        assert_eq!(info["expires_in"].is_number(), expires_is_number, "{path}");
    }
    let profile = "GET /gmail/v1/users/me/profile";
    let scheme = format!("OAuth {token}");
    json(&ask_with(&sandbox, &scheme, profile, &[], "").await?)?;
    // Revocation went by GET there, and does not where it is now.
    let gone = ask(&sandbox, &format!("GET /revoke?token={token}"), &[], "").await?;
    assert_eq!(gone.status, 405);
    let target = format!("GET /o/oauth2/revoke?token={token}");
    json(&ask(&sandbox, &target, &[], "").await?)?;
    let refused = ask(&sandbox, profile, &[], "").await?;
    assert_eq!(refused.status, 401);
    Ok(())
}

#[tokio::test]
async fn the_first_consent_gives_a_refresh_token_unasked() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let google = sandbox.google();
    let redirect = "http://localhost:1/";
    for is_first in [true, false] {
        let consent = format!(
            "{}/o/oauth2/auth?response_type=code&client_id={}&redirect_uri={redirect}&access_type=offline\
             &scope=https://mail.google.com/",
            sandbox.gmail_url(),
            google.client_id
        );
        let back = web::decide(&consent, "allow").await?;
        let code = back.split("code=").nth(1).ok_or("no code")?;
        let form = format!(
            "grant_type=authorization_code&client_id={}&client_secret={}&redirect_uri={redirect}&code={}",
            google.client_id,
            google.client_secret,
            code.split('&').next().unwrap_or_default()
        );
        let kind = "application/x-www-form-urlencoded";
        let tokens = json(&web::send("POST", sandbox.token_url(), kind, &form).await?)?;
        assert_eq!(tokens["refresh_token"].is_string(), is_first, "{tokens}");
    }
    Ok(())
}

#[tokio::test]
async fn an_uploaded_message_is_known_by_its_type() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let path = "/upload/gmail/v1/users/me/messages/send";
    let message = "To: support@example.com\r\nSubject: by its type\r\n\r\nhello\r\n";
    let related = format!(
        "--b\r\nContent-Type: application/json\r\n\r\n{{}}\r\n--b\r\n{RFC822}\r\n\r\n{message}\r\n--b--"
    );
    let multipart = "Content-Type: multipart/related; boundary=b";
    for (query, kind, body) in [
        ("", RFC822, message),
        ("?uploadType=media", RFC822, message),
        ("?uploadType=multipart", RFC822, message),
        ("?uploadType=multipart", multipart, &related),
        ("", multipart, &related),
    ] {
        let sent = ask(&sandbox, &format!("POST {path}{query}"), &[kind], body).await?;
        assert_eq!(json(&sent)?["labelIds"][0], "SENT", "{query} {kind}");
    }
    for (query, kind) in [
        ("", "Content-Type: application/json"),
        ("?uploadType=other", RFC822),
    ] {
        let refused = ask(&sandbox, &format!("POST {path}{query}"), &[kind], message).await?;
        assert_eq!(refused.status, 400, "{query} {kind}");
    }
    Ok(())
}

#[tokio::test]
async fn of_an_odd_piece_whole_multiples_are_kept() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let path = "/upload/gmail/v1/users/me/messages?uploadType=resumable";
    let begun = ask(&sandbox, &format!("POST {path}"), &[], "").await?;
    let (_, target) = web::split(&begun.location()?)?;
    let put = format!("PUT {target}");
    let message = format!("Subject: odd\r\n\r\n{}", "x".repeat(699_984));
    let piece = |from: usize, to: usize| {
        let range = format!("Content-Range: bytes {from}-{}/{}", to - 1, message.len());
        (range, &message[from..to])
    };
    let (range, body) = piece(0, 1000);
    let small = ask(&sandbox, &put, &[&range], body).await?;
    assert_eq!(small.status, 400, "{}", small.body);
    let (range, body) = piece(0, 300_000);
    let kept = ask(&sandbox, &put, &[&range], body).await?;
    assert_eq!(kept.status, 308, "{}", kept.body);
    assert_eq!(kept.header("range"), Some("bytes=0-262143"));
    let (range, body) = piece(262_144, message.len());
    let inserted = json(&ask(&sandbox, &put, &[&range], body).await?)?;
    let id = inserted["id"].as_str().unwrap_or_default();
    let target = format!("GET /gmail/v1/users/me/messages/{id}?fields=sizeEstimate");
    let stored = json(&ask(&sandbox, &target, &[], "").await?)?;
    assert_eq!(stored["sizeEstimate"], message.len());
    Ok(())
}

#[tokio::test]
async fn googles_own_parameters_have_second_names() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let query = "$alt=json;enum-encoding=int&$prettyPrint=false&$fields=emailAddress&$.xgafv=2&userIp=127.0.0.1";
    let target = format!("GET /gmail/v1/users/me/profile?{query}");
    let profile = ask(&sandbox, &target, &[], "").await?;
    json(&profile)?;
    assert_eq!(
        profile.body.trim_end(),
        r#"{"emailAddress":"user@example.com"}"#
    );
    for query in ["alt=media", "$alt=proto", "$q=x"] {
        let target = format!("GET /gmail/v1/users/me/profile?{query}");
        assert_eq!(
            ask(&sandbox, &target, &[], "").await?.status,
            400,
            "{query}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_batch_may_give_whole_addresses() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let part = |target: &str| {
        format!("--b\r\nContent-Type: application/http\r\n\r\nGET {target} HTTP/1.1\r\n\r\n\r\n")
    };
    let body = [
        part("https://gmail.googleapis.com/gmail/v1/users/me/profile"),
        part("/gmail/v1/users/me/messages?q=https://example.com/"),
        "--b--\r\n".to_owned(),
    ]
    .concat();
    let kind = "Content-Type: multipart/mixed; boundary=b";
    let answers = ask(&sandbox, "POST /batch/gmail/v1", &[kind], &body).await?;
    assert_eq!(answers.body.matches("HTTP/1.1 200 OK").count(), 2);
    Ok(())
}

#[tokio::test]
async fn the_discovery_document_has_every_operation_and_leads_back() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let path = "/discovery/v1/apis/gmail/v1/rest";
    let document = json(&web::get(&format!("{}{path}", sandbox.gmail_url())).await?)?;
    let other = format!("{}/$discovery/rest?version=v1", sandbox.gmail_url());
    assert_eq!(json(&web::get(&other).await?)?, document);
    assert_eq!(document["rootUrl"], format!("{}/", sandbox.gmail_url()));

    let users = &document["resources"]["users"];
    let methods = count(users);
    assert_eq!(methods, gmail().operations.len());
    let get = &users["resources"]["messages"]["methods"]["get"];
    assert_eq!(get["id"], "gmail.users.messages.get");
    assert_eq!(get["path"], "gmail/v1/users/{userId}/messages/{id}");
    assert_eq!(get["parameterOrder"], serde_json::json!(["userId", "id"]));
    let attachment = &users["resources"]["messages"]["resources"]["attachments"]["methods"]["get"];
    assert_eq!(
        attachment["path"],
        "gmail/v1/users/{userId}/messages/{messageId}/attachments/{id}"
    );
    let send = &users["resources"]["messages"]["methods"]["send"];
    assert_eq!(
        send["mediaUpload"]["protocols"]["resumable"]["path"],
        "/resumable/upload/gmail/v1/users/{userId}/messages/send"
    );
    let list = gmail().find("messages", "list")?;
    let parameters = &users["resources"]["messages"]["methods"]["list"]["parameters"];
    for field in list
        .fields
        .iter()
        .filter(|field| field.location == Location::Query)
    {
        assert_eq!(
            parameters[field.name]["location"], "query",
            "{}",
            field.name
        );
    }
    assert_eq!(parameters["labelIds"]["repeated"], true);
    Ok(())
}

#[tokio::test]
async fn airbyte_refuses_values_that_it_would_not_use() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let token = format!("Bearer {}", sandbox.airbyte().bearer_token);
    let kind = ["Content-Type: application/json"];
    let list = "GET /api/v1/integrations/templates/sources?use_global=";
    let scoped = "POST /api/v1/account/applications/scoped-token";
    for (request, body, status) in [
        (format!("{list}1"), "", 200),
        (format!("{list}null"), "", 422),
        (scoped.to_owned(), r#"{"workspace_name": "default"}"#, 200),
        (
            scoped.to_owned(),
            r#"{"workspace_name": "default", "customer_name": {}}"#,
            422,
        ),
        (scoped.to_owned(), r#"{"customer_name": null}"#, 422),
    ] {
        let answer = ask_with(&sandbox, &token, &request, &kind, body).await?;
        assert_eq!(answer.status, status, "{request} {body}: {}", answer.body);
    }
    Ok(())
}

/// The methods of a resource and those below it.
fn count(resource: &Value) -> usize {
    let own = resource["methods"].as_object().map_or(0, |map| map.len());
    let below = resource["resources"].as_object();
    own + below.map_or(0, |map| map.values().map(count).sum())
}
