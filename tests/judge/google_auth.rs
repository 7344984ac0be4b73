//! The service account credentials of google-auth and of this crate, at an endpoint that verifies signature and claims.

use std::collections::BTreeSet;
use std::path::Path;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::auth::ServiceAccount;
use airbyte_agent_gmail::sandbox::Sandbox;
use serde_json::Value;
use tokio::process::Command;

use crate::client::announce;
use crate::installation::{self, ROOT};
use crate::support::TestResult;
use crate::support::directory::Directory;

const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/gmail.modify",
    "https://www.googleapis.com/auth/gmail.readonly",
];

/// The claims of the first accepted assertion.
fn claims(sandbox: &Sandbox) -> Option<Value> {
    let mut requests = sandbox.requests().into_iter();
    requests
        .find(|request| request.operation == "token" && request.status == Some(200))?
        .params
}

fn names(claims: &Value) -> BTreeSet<&String> {
    claims
        .as_object()
        .into_iter()
        .flat_map(|claims| claims.keys())
        .collect()
}

#[tokio::test]
async fn both_send_the_same_claims_and_both_are_let_in() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let output = Command::new(installation::python())
        .arg(Path::new(ROOT).join("tests/clients/google_auth.py"))
        .arg(announce(&sandbox, &directory)?)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let theirs = claims(&sandbox).ok_or("their claims")?;

    sandbox.clear_requests();
    let account = ServiceAccount::from_json(&sandbox.service_account())?;
    let auth = account.subject("user@example.com").scopes(SCOPES);
    let gmail = GmailConnector::builder(auth)
        .base_url(sandbox.gmail_url())
        .build()?;
    gmail.check().await?;
    let ours = claims(&sandbox).ok_or("our claims")?;
    assert_eq!(names(&ours), names(&theirs));
    for name in ["iss", "sub", "scope"] {
        assert_eq!(ours[name], theirs[name], "{name}");
    }
    for claims in [&ours, &theirs] {
        let life = claims["exp"].as_u64().zip(claims["iat"].as_u64());
        assert_eq!(life.map(|(until, from)| until - from), Some(3_600));
    }
    // google-auth always uses Google's own endpoint as the audience; the key file names the sandbox's.
    assert_eq!(theirs["aud"], "https://oauth2.googleapis.com/token");
    assert_eq!(ours["aud"], sandbox.token_url());

    // A key of another account.
    let last: Value = serde_json::from_str(said.lines().last().unwrap_or_default())?;
    let mut file: Value = serde_json::from_str(&sandbox.service_account())?;
    file["private_key"] = last["another_key"].clone();
    let account = ServiceAccount::from_json(&file.to_string())?;
    let gmail = GmailConnector::builder(account.subject("user@example.com"))
        .base_url(sandbox.gmail_url())
        .build()?;
    let error = gmail.check().await.unwrap_err();
    assert!(
        error.is_configuration() && error.to_string().contains("signature"),
        "{error}"
    );
    Ok(())
}
