//! The sandbox as other clients call it: at older addresses, with other names, in other chunks.

#![cfg(feature = "sandbox")]

use crate::support;

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
    // The older endpoint takes GET; the current one does not.
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
    let path = "/upload/gmail/v1/users/me/messages?uploadType=resumable&fields=id";
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
    // The first request's `fields` apply to the last answer.
    assert_eq!(inserted.as_object().map(serde_json::Map::len), Some(1));
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
async fn a_selector_may_have_spaces_or_dots_and_come_in_a_header() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let list = "GET /gmail/v1/users/me/messages?maxResults=1";
    let selected = async |query: &str, headers: &[&str]| {
        let page = ask(&sandbox, &format!("{list}{query}"), headers, "").await?;
        let keys = |value: &Value| {
            value
                .as_object()
                .map(|map| map.keys().cloned().collect::<Vec<_>>())
        };
        let page = json(&page)?;
        Ok::<_, Box<dyn std::error::Error>>((keys(&page), keys(&page["messages"][0])))
    };
    let expected = selected("&fields=messages/id,nextPageToken", &[]).await?;
    let mask = "X-Goog-FieldMask: messages.id,nextPageToken";
    for (query, headers) in [
        ("&fields=nextPageToken,%20messages(%20id%20)", [].as_slice()),
        ("&fields=messages.id,+nextPageToken", &[]),
        ("", &[mask]),
        (
            "&fields=messages/id,nextPageToken",
            &["X-Goog-FieldMask: *"],
        ),
    ] {
        assert_eq!(selected(query, headers).await?, expected, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn a_message_in_json_is_no_larger_than_one_beside_it() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let kind = ["Content-Type: application/json"];
    // To: support@example.com, then `x` up to 35 MiB, and once with one more byte.
    for (last, status) in [("eHg", 200), ("eHh4", 413)] {
        let raw = format!(
            "VG86IHN1cHBvcnRAZXhhbXBsZS5jb20NCg0K{}{last}",
            "eHh4".repeat(12_233_377)
        );
        for (path, body) in [
            ("messages/send", format!(r#"{{"raw": "{raw}"}}"#)),
            ("drafts", format!(r#"{{"message": {{"raw": "{raw}"}}}}"#)),
        ] {
            let target = format!("POST /gmail/v1/users/me/{path}");
            let answer = ask(&sandbox, &target, &kind, &body).await?;
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_batch_may_give_whole_addresses_and_methods_in_a_header() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let part = |target: &str| {
        format!("--b\r\nContent-Type: application/http\r\n\r\nGET {target} HTTP/1.1\r\n\r\n\r\n")
    };
    let body = [
        part("https://gmail.googleapis.com/gmail/v1/users/me/profile"),
        part("/gmail/v1/users/me/messages?q=https://example.com/"),
        // Java's own HTTP client cannot send PATCH.
        "--b\r\nContent-Type: application/http\r\n\r\nPOST /gmail/v1/users/me/labels/Label_1 HTTP/1.1\r\n\
         X-HTTP-Method-Override: PATCH\r\nContent-Type: application/json\r\n\r\n{\"name\": \"patched\"}\r\n"
            .to_owned(),
        "--b--\r\n".to_owned(),
    ]
    .concat();
    let kind = "Content-Type: multipart/mixed; boundary=b";
    let answers = ask(&sandbox, "POST /batch/gmail/v1", &[kind], &body).await?;
    assert_eq!(answers.body.matches("HTTP/1.1 200 OK").count(), 3);
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

#[tokio::test]
async fn a_packed_body_is_unpacked() -> TestResult {
    use std::io::Write as _;

    let sandbox = Sandbox::start().await?;
    let (port, _) = web::split(sandbox.gmail_url())?;
    let token = sandbox.google().access_token;
    let ask = |packed: Vec<u8>| async move {
        let head = format!(
            "POST /gmail/v1/users/me/labels HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json; charset=UTF-8\r\n\
             Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            packed.len()
        );
        web::raw(port, &[head.as_bytes(), &packed].concat()).await
    };
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(br#"{"name": "packed"}"#)?;
    let packed = packer.finish()?;
    assert_eq!(json(&ask.clone()(packed.clone()).await?)?["name"], "packed");
    let half = packed[..packed.len() / 2].to_vec();
    assert_eq!(ask.clone()(half).await?.status, 400);
    assert_eq!(ask.clone()(b"{}".to_vec()).await?.status, 400);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&vec![b' '; 1024 * 1024])?;
    // Concatenated gzip files are one gzip file.
    assert_eq!(ask(packer.finish()?.repeat(201)).await?.status, 413);
    Ok(())
}

#[tokio::test]
async fn pieces_by_post_go_on_without_a_redirect_and_the_last_answer_is_kept() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let drafts = "/upload/gmail/v1/users/me/drafts";
    let made = ask(
        &sandbox,
        &format!("POST {drafts}"),
        &[RFC822],
        "Subject: x\r\n\r\n",
    )
    .await?;
    let id = json(&made)?["id"].as_str().unwrap_or_default().to_owned();
    let begin = format!("PUT {drafts}/{id}?uploadType=resumable");
    let (_, target) = web::split(&ask(&sandbox, &begin, &[], "").await?.location()?)?;
    let post = format!("POST {target}");
    let message = format!("Subject: pieces\r\n\r\n{}", "x".repeat(300_000));
    let (first, last) = message.split_at(262_144);
    let no_308 = "X-GUploader-No-308: yes";
    let range = format!("Content-Range: bytes 0-262143/{}", message.len());
    let more = ask(&sandbox, &post, &[no_308, &range], first).await?;
    assert_eq!(more.status, 200, "{}", more.body);
    assert_eq!(more.header("x-http-status-code-override"), Some("308"));
    assert_eq!(more.header("range"), Some("bytes=0-262143"));
    let range = format!(
        "Content-Range: bytes 262144-{}/{}",
        message.len() - 1,
        message.len()
    );
    let done = json(&ask(&sandbox, &post, &[no_308, &range], last).await?)?;
    assert_eq!(done["id"], id.as_str());
    // A client that lost the answer asks for the upload's status.
    let range = format!("Content-Range: bytes */{}", message.len());
    assert_eq!(json(&ask(&sandbox, &post, &[&range], "").await?)?, done);
    let draft = format!("GET /gmail/v1/users/me/drafts/{id}?fields=message/id");
    let draft = json(&ask(&sandbox, &draft, &[], "").await?)?;
    assert_eq!(draft["message"]["id"], done["message"]["id"]);
    Ok(())
}

#[tokio::test]
async fn a_broken_selector_is_refused_before_anything_is_done() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let before = sandbox.mailbox_state();
    let create = "POST /gmail/v1/users/me/labels?fields=id(";
    let kind = ["Content-Type: application/json"];
    let refused = ask(&sandbox, create, &kind, r#"{"name": "unmade"}"#).await?;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(sandbox.mailbox_state(), before);
    Ok(())
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_for_nothing_else() -> TestResult {
    let sandbox = Sandbox::start().await?;
    // A lifetime too large for the clock means no expiry.
    sandbox.configure(|settings| settings.refresh_token_lifetime = Some(std::time::Duration::MAX));
    sandbox.rotate_refresh_tokens(true);
    let google = sandbox.google();
    let refresh = |token: String, scope: &str| {
        let form = format!(
            "grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={token}&scope={scope}",
            google.client_id, google.client_secret
        );
        let url = sandbox.token_url();
        async move { web::send("POST", url, "application/x-www-form-urlencoded", &form).await }
    };
    let token = google.refresh_token.clone();
    let other = refresh(token.clone(), "https://www.googleapis.com/auth/drive").await?;
    assert_eq!(other.status, 400);
    assert_eq!(
        serde_json::from_str::<Value>(&other.body)?["error"],
        "invalid_scope"
    );
    let labels = "https://www.googleapis.com/auth/gmail.labels";
    let less = json(&refresh(token, labels).await?)?;
    assert_eq!(less["scope"], labels);
    let bearer = format!(
        "Bearer {}",
        less["access_token"].as_str().unwrap_or_default()
    );
    for (path, status) in [("labels", 200), ("messages", 403)] {
        let target = format!("GET /gmail/v1/users/me/{path}");
        let answer = ask_with(&sandbox, &bearer, &target, &[], "").await?;
        assert_eq!(answer.status, status, "{path}");
    }
    // The answer names the scheme that the client used.
    let strange = ask_with(
        &sandbox,
        "Basic c3RyYW5nZXI6c2VjcmV0",
        "POST /token",
        &["Content-Type: application/x-www-form-urlencoded"],
        "grant_type=refresh_token&refresh_token=x",
    )
    .await?;
    let scheme = strange.header("www-authenticate").unwrap_or_default();
    assert_eq!(
        (strange.status, scheme.split(' ').next()),
        (401, Some("Basic"))
    );
    // The refresh token itself keeps all granted scopes.
    let token = less["refresh_token"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let all = json(&refresh(token, "").await?)?;
    assert!(
        all["scope"]
            .as_str()
            .is_some_and(|scope| scope.contains("https://mail.google.com/"))
    );
    Ok(())
}

#[tokio::test]
async fn a_consent_adds_to_those_before_it_where_it_is_asked_to() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let google = sandbox.google();
    let scope = |name: &str| format!("https://www.googleapis.com/auth/gmail.{name}");
    let redirect = "http://localhost:1/";
    let mut granted = Vec::new();
    for (name, more) in [("labels", "true"), ("send", "true"), ("insert", "false")] {
        let consent = format!(
            "{}/o/oauth2/v2/auth?response_type=code&client_id={}&redirect_uri={redirect}&scope={}\
             &include_granted_scopes={more}",
            sandbox.gmail_url(),
            google.client_id,
            scope(name)
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
        granted.push(tokens["scope"].as_str().unwrap_or_default().to_owned());
    }
    let both = format!("{} {}", scope("send"), scope("labels"));
    assert_eq!(granted, [scope("labels"), both, scope("insert")]);
    Ok(())
}

#[tokio::test]
async fn a_cursor_of_somebodys_own_ends_the_list() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = sandbox.airbyte();
    let token = format!("Bearer {}", airbyte.bearer_token);
    let kind = ["Content-Type: application/json"];
    // `position:18446744073709551615`, the highest position.
    let cursor = "cG9zaXRpb246MTg0NDY3NDQwNzM3MDk1NTE2MTU";
    let list = format!("GET /api/v1/workspaces?cursor={cursor}");
    let page = json(&ask_with(&sandbox, &token, &list, &kind, "").await?)?;
    assert_eq!(
        (page["data"].as_array().map(Vec::len), &page["next"]),
        (Some(0), &Value::Null)
    );
    let execute = format!(
        "POST /api/v1/integrations/connectors/{}/execute",
        airbyte.connector_id
    );
    let search = format!(
        r#"{{"entity": "labels", "action": "context_store_search", "params": {{"cursor": "{cursor}"}}}}"#
    );
    let page = json(&ask_with(&sandbox, &token, &execute, &kind, &search).await?)?;
    assert_eq!(page["result"]["meta"]["has_more"], false, "{page}");
    Ok(())
}

#[tokio::test]
async fn a_connector_shows_its_template_after_that_is_deleted() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let airbyte = sandbox.airbyte();
    let token = format!("Bearer {}", airbyte.bearer_token);
    let ask = async |request: &str| ask_with(&sandbox, &token, request, &[], "").await;
    let connector = format!(
        "GET /api/v1/integrations/connectors/{}",
        airbyte.connector_id
    );
    let shown = json(&ask(&connector).await?)?;
    let template = shown["source_template"]["id"].as_str().unwrap_or_default();
    let place = format!("/api/v1/integrations/templates/sources/{template}");
    json(&ask(&format!("DELETE {place}")).await?)?;
    assert_eq!(
        json(&ask(&connector).await?)?["source_template"]["id"],
        template
    );
    for method in ["GET", "DELETE"] {
        assert_eq!(
            ask(&format!("{method} {place}")).await?.status,
            404,
            "{method}"
        );
    }
    let list = json(&ask("GET /api/v1/integrations/templates/sources").await?)?;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(0));
    Ok(())
}

#[tokio::test]
async fn a_secret_is_used_up_by_the_connector_and_not_by_a_check() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| settings.secret_callback = true);
    let airbyte = sandbox.airbyte();
    let token = format!("Bearer {}", airbyte.bearer_token);
    let kind = ["Content-Type: application/json"];
    let post = async |path: &str, body: &str| {
        let request = format!("POST /api/v1/integrations/connectors{path}");
        ask_with(&sandbox, &token, &request, &kind, body).await
    };
    let name = airbyte.customer_name.as_str();
    let begin = format!(
        r#"{{"workspace_name": "{name}", "connector_type": "Gmail", "redirect_url": "http://localhost:1/"}}"#
    );
    let begun = json(&post("/oauth/initiate", &begin).await?)?;
    let consent = begun["consent_url"].as_str().unwrap_or_default();
    let back = web::decide(consent, "allow").await?;
    let secret = back.split("secret_id=").nth(1).ok_or("no secret")?;
    let body = |workspace: &str| {
        format!(
            r#"{{"workspace_name": "{workspace}", "connector_type": "Gmail", "server_side_oauth_secret_id": "{secret}"}}"#
        )
    };
    assert_eq!(
        json(&post("/check", &body(name)).await?)?["status"],
        "succeeded"
    );
    assert_eq!(post("", &body("nowhere")).await?.status, 404);
    json(&post("", &body(name)).await?)?;
    assert_eq!(post("", &body(name)).await?.status, 400);
    Ok(())
}

/// The number of methods in a resource and those below it.
fn count(resource: &Value) -> usize {
    let own = resource["methods"].as_object().map_or(0, |map| map.len());
    let below = resource["resources"].as_object();
    own + below.map_or(0, |map| map.values().map(count).sum())
}
