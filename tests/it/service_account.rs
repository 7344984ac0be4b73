//! Service accounts that act for mailboxes: what is signed, what is requested, and the message of each error.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use airbyte_agent_gmail::auth::{AuthConfig, CredentialFile, ServiceAccount, finish_refreshes};
use airbyte_agent_gmail::sandbox::{RequestRecord, Sandbox};
use airbyte_agent_gmail::{Error, GmailConnector};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::TestResult;

const READ_ONLY: &str = "https://www.googleapis.com/auth/gmail.readonly";
const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const USER: &str = "user@example.com";

fn key(sandbox: &Sandbox) -> serde_json::Result<Value> {
    serde_json::from_str(&sandbox.service_account())
}

fn token_requests(sandbox: &Sandbox) -> Vec<RequestRecord> {
    let mut requests = sandbox.requests();
    requests.retain(|request| request.operation == "token");
    requests
}

fn connector(sandbox: &Sandbox, auth: impl Into<AuthConfig>) -> Result<GmailConnector, Error> {
    GmailConnector::builder(auth)
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .build()
}

/// The error of a call to the mailbox of `USER`, with a changed key file.
async fn refusal(
    sandbox: &Sandbox,
    change: impl FnOnce(&mut Value),
) -> Result<Error, Box<dyn std::error::Error>> {
    let mut file = key(sandbox)?;
    change(&mut file);
    let account = ServiceAccount::from_json(&file.to_string())?;
    let gmail = connector(sandbox, account.subject(USER))?;
    Ok(gmail.check().await.err().ok_or("it was let in")?)
}

#[tokio::test]
async fn the_assertion_has_the_claims_that_google_asks_for() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let account = ServiceAccount::from_json(&sandbox.service_account())?;
    let gmail = connector(&sandbox, account.subject(USER).scopes([READ_ONLY]))?;
    gmail.messages().list().send().await?;
    let asked = token_requests(&sandbox)
        .pop()
        .and_then(|request| request.params);
    let claims = asked.ok_or("claims")?;
    assert_eq!(claims["iss"], account.email().unwrap_or_default());
    assert_eq!(claims["sub"], USER);
    assert_eq!(claims["scope"], READ_ONLY);
    assert_eq!(claims["aud"], sandbox.token_url());
    let issued = claims["iat"].as_u64().ok_or("iat")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    assert!((now - 60..=now).contains(&issued));
    assert_eq!(claims["exp"], issued + 3_600);
    // The token has only the requested scopes.
    let refused = gmail.labels().create("Ideas").send().await.unwrap_err();
    assert!(refused.is_permission_denied());
    Ok(())
}

#[tokio::test]
async fn connectors_of_one_mailbox_and_scopes_share_a_token() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let account = ServiceAccount::from_json(&sandbox.service_account())?;
    for _ in 0..3 {
        for scopes in [[READ_ONLY, MODIFY], [MODIFY, READ_ONLY]] {
            connector(&sandbox, account.subject(USER).scopes(scopes))?
                .check()
                .await?;
        }
        connector(&sandbox, account.subject("support@example.com"))?
            .check()
            .await?;
        connector(&sandbox, account.clone().subject(USER).scopes([READ_ONLY]))?
            .check()
            .await?;
    }
    assert_eq!(token_requests(&sandbox).len(), 3);
    // An expired token is replaced once for all connectors.
    sandbox.expire_access_tokens();
    for _ in 0..2 {
        connector(&sandbox, account.subject("support@example.com"))?
            .check()
            .await?;
    }
    assert_eq!(token_requests(&sandbox).len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_key_in_the_older_form_signs_too() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let mut file = key(&sandbox)?;
    let pem = file["private_key"].as_str().ok_or("a key")?.to_owned();
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(text)?;
    // PKCS#8 (RFC 5208) contains the PKCS#1 key as its last octet string, after 26 bytes for 2,048 bits.
    let old = STANDARD.encode(der.get(26..).ok_or("a key of 2,048 bits")?);
    file["private_key"] = json!(format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{old}\n-----END RSA PRIVATE KEY-----"
    ));
    let account = ServiceAccount::from_json(&file.to_string())?;
    connector(&sandbox, account.subject(USER))?.check().await?;
    Ok(())
}

#[tokio::test]
async fn each_refusal_says_what_to_do() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let wrong_key = refusal(&sandbox, |file| file["private_key_id"] = json!("another")).await?;
    let unknown = refusal(&sandbox, |file| file["client_email"] = json!("a@b.example")).await?;
    let audience = refusal(&sandbox, |file| {
        file["token_uri"] = json!(format!("{}/oauth2/v4/token", sandbox.gmail_url()));
    })
    .await?;
    for (error, text) in [
        (&wrong_key, "make a new key"),
        (&unknown, "was deleted or disabled"),
        (&audience, "token_uri"),
    ] {
        assert!(
            error.is_configuration() && error.reason() == Some("invalid_grant"),
            "{error}"
        );
        assert!(error.to_string().contains(text), "{error}");
    }
    let account = ServiceAccount::from_json(&sandbox.service_account())?;
    let scope = connector(
        &sandbox,
        account.subject(USER).scopes(["https://mail.example.com/"]),
    )?;
    let scope = scope.check().await.unwrap_err();
    assert!(
        scope.reason() == Some("invalid_scope") && scope.to_string().contains("GMAIL_SCOPES"),
        "{scope}"
    );

    // The domain or the scopes are not allowed: the error says who can allow them, for which client id, and where.
    sandbox.limit_scopes(&[READ_ONLY]);
    let client_id = account.client_id().ok_or("a client id")?;
    for (subject, scopes) in [("user@other.example", READ_ONLY), (USER, MODIFY)] {
        let gmail = connector(&sandbox, account.subject(subject).scopes([scopes]))?;
        let text = gmail.check().await.unwrap_err().to_string();
        for part in [
            subject,
            client_id,
            scopes,
            "admin.google.com",
            "unauthorized_client",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
    // An error that only an administrator can fix is not retried at once.
    let before = token_requests(&sandbox).len();
    let gmail = connector(&sandbox, account.subject(USER).scopes([MODIFY]))?;
    assert!(gmail.check().await.is_err());
    assert_eq!(token_requests(&sandbox).len(), before);
    Ok(())
}

#[tokio::test]
async fn a_wrong_clock_is_told_with_how_far_it_is_off() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let account = ServiceAccount::from_json(&sandbox.service_account())?;
    // An assertion from a clock that is ahead is not valid yet; from one more than an hour behind, it has expired.
    for (ahead, side) in [(-900, "ahead of google's"), (7_200, "behind google's")] {
        sandbox.configure(|settings| settings.clock_ahead_seconds = ahead);
        let gmail = connector(
            &sandbox,
            account.subject(format!("user{ahead}@example.com")),
        )?;
        let error = gmail.check().await.unwrap_err();
        let text = error.to_string();
        assert!(
            error.is_configuration() && error.reason() == Some("invalid_grant"),
            "{text}"
        );
        for part in ["clock", side, "NTP"] {
            assert!(text.contains(part), "{text}");
        }
        // The answer's date is in whole seconds.
        let seconds = i64::abs(ahead);
        assert!(
            (-2..=2).any(|more| text.contains(&format!(" {} seconds", seconds + more))),
            "{text}"
        );
    }
    sandbox.configure(|settings| settings.clock_ahead_seconds = 60);
    connector(&sandbox, account.subject(USER))?.check().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_missing_is_told_before_the_network() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let text = sandbox.service_account();
    let account = ServiceAccount::from_json(&text)?;
    for (auth, part) in [
        (account.subject(""), "GMAIL_SUBJECT"),
        (account.subject(" "), account.client_id().ok_or("an id")?),
        (account.subject("user"), "mail address"),
        (account.subject(USER).scopes(["a b"]), "scope"),
    ] {
        let error = connector(&sandbox, auth).unwrap_err();
        assert!(
            error.is_configuration() && error.to_string().contains(part),
            "{error}"
        );
    }
    let changes: [(&str, Value, &str); 4] = [
        ("token_uri", json!("http://example.com/token"), "token_uri"),
        ("private_key", json!("no pem"), "pem"),
        (
            "private_key",
            json!("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            "damaged",
        ),
        (
            "type",
            json!("external_account"),
            "workload identity federation",
        ),
    ];
    for (field, value, part) in changes {
        let mut file = key(&sandbox)?;
        file[field] = value;
        let error = ServiceAccount::from_json(&file.to_string()).unwrap_err();
        assert!(
            error.is_configuration() && error.to_string().contains(part),
            "{error}"
        );
    }
    assert!(token_requests(&sandbox).is_empty());
    assert!(!format!("{account:?} {:?}", account.subject(USER)).contains("BEGIN"));
    Ok(())
}

#[tokio::test]
async fn a_machine_of_googles_needs_no_key() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let origin = sandbox.gmail_url();
    let machine = ServiceAccount::of_machine_at(origin, origin)?;
    connector(&sandbox, machine.subject(USER))?.check().await?;
    let operations: Vec<_> = sandbox
        .requests()
        .into_iter()
        .map(|request| request.operation)
        .collect();
    assert_eq!(
        operations[..4],
        ["metadata", "metadata", "sign_jwt", "token"].map(str::to_owned)
    );
    let nobody = ServiceAccount::of_machine_at("http://127.0.0.1:9", origin)?;
    let error = connector(&sandbox, nobody.subject(USER))?
        .check()
        .await
        .unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("metadata server"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_user_and_an_account_impersonate_another_account() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let google = sandbox.google();
    let email = ServiceAccount::from_json(&sandbox.service_account())?;
    let email = email.email().unwrap_or_default().to_owned();
    let user = json!({
        "type": "authorized_user", "client_id": google.client_id,
        "client_secret": google.client_secret, "refresh_token": google.refresh_token,
    });
    for source in [user, key(&sandbox)?] {
        let file = json!({
            "type": "impersonated_service_account",
            "service_account_impersonation_url":
                format!("{}/v1/projects/-/serviceAccounts/{email}:generateAccessToken", sandbox.gmail_url()),
            "delegates": [],
            "source_credentials": source,
        });
        let account = ServiceAccount::from_json(&file.to_string())?;
        connector(&sandbox, account.subject(USER))?.check().await?;
    }
    // Without permission to sign for the account, the error names the missing role.
    let file = json!({
        "type": "impersonated_service_account",
        "service_account_impersonation_url":
            format!("{}/v1/projects/-/serviceAccounts/other@b.example:generateAccessToken", sandbox.gmail_url()),
        "source_credentials": key(&sandbox)?,
    });
    let account = ServiceAccount::from_json(&file.to_string())?;
    let error = connector(&sandbox, account.subject(USER))?
        .check()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("serviceAccountTokenCreator"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_file_of_gclouds_gives_a_users_own_mailbox() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let google = sandbox.google();
    let file = json!({
        "type": "authorized_user", "client_id": google.client_id,
        "client_secret": google.client_secret, "refresh_token": google.refresh_token,
    });
    let auth = CredentialFile::from_json(&file.to_string())?.auth_config(None, Vec::new())?;
    connector(&sandbox, auth)?.check().await?;
    let other = CredentialFile::from_json(&file.to_string())?
        .auth_config(Some(USER.to_owned()), Vec::new());
    assert!(other.unwrap_err().to_string().contains("authorized_user"));
    Ok(())
}

#[tokio::test]
async fn mailboxes_that_began_at_once_are_renewed_one_after_the_other() -> TestResult {
    const MAILBOXES: usize = 60;
    let sandbox = Sandbox::start().await?;
    let account = ServiceAccount::from_json(&sandbox.service_account())?;
    let connectors = (0..MAILBOXES)
        .map(|number| {
            connector(
                &sandbox,
                account.subject(format!("user-{number}@example.com")),
            )
        })
        .collect::<Result<Vec<_>, _>>()?;
    let renewed_after = async |time: u64| -> Result<usize, Box<dyn std::error::Error>> {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(time)).await;
        tokio::time::resume();
        for gmail in &connectors {
            gmail.check().await?;
        }
        finish_refreshes(Duration::from_secs(30)).await;
        let asked = token_requests(&sandbox).len();
        sandbox.clear_requests();
        Ok(asked)
    };
    assert_eq!(renewed_after(0).await?, MAILBOXES);
    assert_eq!(renewed_after(2_990).await?, 0);
    let first = renewed_after(180).await?;
    let second = renewed_after(190).await?;
    assert!(first > 0 && second > 0, "{first} and {second}");
    assert_eq!(first + second, MAILBOXES);
    Ok(())
}
