//! Connectors at Airbyte: created from credentials or by consent, checked, changed and deleted.

#![cfg(feature = "cli")]

use crate::support;

use std::time::Duration;

use airbyte_agent_gmail::api::airbyte::types::ConnectorCredentials;
use airbyte_agent_gmail::oauth::{ConnectRequest, Loopback, is_template_missing};
use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::{Airbyte, AirbyteAuthConfig, GmailConnector};
use support::directory::Directory;
use support::program::{self, Waiting};
use support::{Failure, web};

const LIMIT: Duration = Duration::from_secs(30);

fn airbyte(sandbox: &Sandbox) -> Result<Airbyte, Failure> {
    Ok(Airbyte::builder(sandbox.airbyte_auth())
        .base_url(sandbox.airbyte_url())
        .build()?)
}

#[tokio::test]
async fn a_user_connects_a_mailbox_and_the_connector_works() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let airbyte = airbyte(&sandbox)?;
    let customer = sandbox.airbyte().customer_name;
    for workspace in [false, true] {
        let mut loopback = Loopback::bind(0).await?;
        let request = ConnectRequest::new(loopback.redirect_url()).name("Connected");
        let request = if workspace {
            request.workspace_name(&customer)
        } else {
            request.customer_name(&customer)
        };
        let consent = request.begin(&airbyte).await?;
        assert!(!format!("{consent:?}").contains(consent.correlation()));
        let url = consent.url().to_owned();
        let redirect_url = loopback.redirect_url().to_owned();
        let browser = async {
            let forged = web::get(&format!("{redirect_url}?connector_id=mine")).await?;
            assert_eq!(forged.status, 400);
            let page = web::get(&web::decide(&url, "allow").await?).await?;
            assert!(
                page.body.contains("Your mailbox is connected"),
                "{}",
                page.body
            );
            Ok::<_, Failure>(())
        };
        let (id, browser) = tokio::join!(consent.receive(&airbyte, &mut loopback, LIMIT), browser);
        browser?;
        let credentials = sandbox.airbyte();
        let auth = AirbyteAuthConfig::new(credentials.client_id, credentials.client_secret)
            .with_connector_id(id?);
        GmailConnector::builder(auth)
            .base_url(sandbox.airbyte_url())
            .build()?
            .check()
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_callback_of_another_consent_is_refused_and_a_denial_is_told() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let airbyte = airbyte(&sandbox)?;
    let customer = sandbox.airbyte().customer_name;
    let begin =
        || ConnectRequest::new("https://app.example.com/back?user=1").customer_name(&customer);
    let (first, second) = (
        begin().begin(&airbyte).await?,
        begin().begin(&airbyte).await?,
    );
    let back = web::decide(first.url(), "allow").await?;
    assert!(back.contains("user=1"), "{back}");
    let error = second.finish(&airbyte, &back).await.expect_err("another's");
    assert!(error.is_invalid_input(), "{error}");
    first.finish(&airbyte, &back).await?;

    let third = begin().begin(&airbyte).await?;
    let back = web::decide(third.url(), "deny").await?;
    let error = third.finish(&airbyte, &back).await.expect_err("denied");
    assert!(error.is_consent_denied(), "{error}");

    // The older callback needs one more request, whose error is reported.
    let fourth = begin().begin(&airbyte).await?;
    let back = format!("/back?correlation={}&secret_id=s", fourth.correlation());
    let error = fourth
        .finish(&airbyte, &back)
        .await
        .expect_err("unknown secret");
    assert!(error.is_invalid_request(), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_older_callback_makes_the_connector_once() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| settings.secret_callback = true);
    let airbyte = airbyte(&sandbox)?;
    let begin = || {
        ConnectRequest::new("https://app.example.com/back")
            .customer_name(sandbox.airbyte().customer_name)
            .name("By a secret")
    };
    let consent = begin().begin(&airbyte).await?;
    let back = web::decide(consent.url(), "allow").await?;
    assert!(back.contains("secret_id="), "{back}");
    let again = begin().begin(&airbyte).await?;
    let stolen = back
        .split_once("secret_id=")
        .map(|(_, secret)| {
            format!(
                "/back?correlation={}&secret_id={secret}",
                again.correlation()
            )
        })
        .ok_or("no secret")?;
    let id = consent.finish(&airbyte, &back).await?;
    let made = airbyte.connectors().get(&id).send().await?;
    assert_eq!(made.name, "By a secret");
    let credentials = sandbox.airbyte();
    let auth = AirbyteAuthConfig::new(credentials.client_id, credentials.client_secret)
        .with_connector_id(id);
    GmailConnector::builder(auth)
        .base_url(sandbox.airbyte_url())
        .build()?
        .check()
        .await?;
    let error = again.finish(&airbyte, &stolen).await.expect_err("used");
    assert!(error.is_invalid_request(), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_consent_page_that_waited_too_long_is_told_so() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| settings.consent_lifetime = Duration::ZERO);
    let airbyte = airbyte(&sandbox)?;
    let mut loopback = Loopback::bind(0).await?;
    let consent = ConnectRequest::new(loopback.redirect_url())
        .customer_name(sandbox.airbyte().customer_name)
        .begin(&airbyte)
        .await?;
    let url = consent.url().to_owned();
    let browser = async {
        let page = web::get(&web::decide(&url, "allow").await?).await?;
        assert_eq!(page.status, 410);
        assert!(
            page.body.contains("This sign-in has expired"),
            "{}",
            page.body
        );
        Ok::<_, Failure>(())
    };
    let (result, browser) = tokio::join!(consent.receive(&airbyte, &mut loopback, LIMIT), browser);
    browser?;
    let error = result.expect_err("expired");
    assert!(
        error.is_timeout() && error.to_string().contains("expired"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_new_customers_workspace_is_made_on_request() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let airbyte = airbyte(&sandbox)?;
    let begin = || ConnectRequest::new("https://app.example.com/back").customer_name("new");
    let error = begin().begin(&airbyte).await.expect_err("no workspace");
    assert!(
        error.is_not_found() && error.to_string().contains("--create-workspace"),
        "{error}"
    );
    begin().create_workspace(true).begin(&airbyte).await?;
    // The workspace now exists, so a connector can be created in it by its type's name.
    let created = airbyte
        .connectors()
        .create()
        .customer_name("new")
        .connector_type(gmail().connector_type)
        .credentials(ConnectorCredentials {
            access_token: None,
            client_id: None,
            client_secret: None,
            refresh_token: sandbox.google().refresh_token.into(),
        })
        .send()
        .await?;
    let list = airbyte
        .connectors()
        .list()
        .customer_name("new")
        .send()
        .await?;
    assert!(list.data.iter().any(|listed| listed.id == created.id));
    Ok(())
}

#[tokio::test]
async fn a_missing_template_is_explained_and_made_on_request() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| settings.own_template = false);
    let airbyte = airbyte(&sandbox)?;
    let begin = || {
        ConnectRequest::new("https://app.example.com/back")
            .customer_name(sandbox.airbyte().customer_name)
    };
    let error = begin().begin(&airbyte).await.expect_err("no template");
    assert!(
        error.is_configuration() && error.to_string().contains("--create-template"),
        "{error}"
    );
    assert!(is_template_missing(&error));
    begin().create_template(true).begin(&airbyte).await?;
    // The template stays.
    begin().begin(&airbyte).await?;
    Ok(())
}

#[tokio::test]
async fn a_connector_is_made_from_the_template_that_is_named() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let airbyte = airbyte(&sandbox)?;
    let global = airbyte.templates().list_global().send().await?;
    let original = global.data.first().ok_or("a template for everybody")?;
    let template = airbyte.templates().create().name("Another");
    let template = template.original_source_template_id(&original.id);
    let template = template.send().await?.id;
    for secret_callback in [false, true] {
        sandbox.configure(|settings| settings.secret_callback = secret_callback);
        let consent = ConnectRequest::new("https://app.example.com/back")
            .customer_name(sandbox.airbyte().customer_name)
            .source_template_id(&template)
            .begin(&airbyte)
            .await?;
        let back = web::decide(consent.url(), "allow").await?;
        let id = consent.finish(&airbyte, &back).await?;
        let made = airbyte.connectors().get(id).send().await?;
        let from = made.source_template.map(|template| template.id);
        assert_eq!(from.as_ref(), Some(&template), "{secret_callback}");
    }
    Ok(())
}

#[tokio::test]
async fn a_deletion_is_followed_to_its_end() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let airbyte = airbyte(&sandbox)?;
    let id = sandbox.airbyte().connector_id;
    airbyte.delete_connector(&id, LIMIT).await?;
    let customer = sandbox.airbyte().customer_name;
    let list = airbyte
        .connectors()
        .list()
        .customer_name(customer)
        .send()
        .await?;
    assert!(list.data.iter().all(|connector| connector.id != id));
    assert!(
        airbyte
            .delete_connector(&id, LIMIT)
            .await
            .is_err_and(|error| error.is_not_found())
    );
    // Some versions do not know a workspace without connectors; a 404 page proves nothing.
    for (body, is_gone) in [
        (r#"{"message": "Workspace not found", "errors": []}"#, true),
        ("<h1>404</h1>", false),
    ] {
        let sandbox = Sandbox::start().await?;
        let kind = FaultKind::Answer {
            code: 404,
            content_type: "application/json".to_owned(),
            body: body.to_owned(),
        };
        sandbox.inject(Fault::new(Service::Airbyte, kind).on("list_integrations_connectors"));
        let id = sandbox.airbyte().connector_id;
        let deleted = self::airbyte(&sandbox)?.delete_connector(&id, LIMIT).await;
        assert_eq!(deleted.is_ok(), is_gone, "{body}: {deleted:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_program_uses_any_connector_by_its_id() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let id = sandbox.airbyte().connector_id;
    let run = async |command: &[&str], more: &[&str]| {
        let which = ["--connector-id", id.as_str()];
        let arguments = [&["connectors"], command, &which, more].concat();
        program::hosted(&sandbox, &directory, &arguments)
            .output()
            .await
    };
    let flags = ["--fields", "name", "--intent", "why"];
    let labels = run(&["execute", "labels", "list"], &flags).await?;
    let labels = program::json(&labels)?;
    assert_eq!(
        labels["data"][0].as_object().map(|label| label.len()),
        Some(1)
    );
    let requests = sandbox.requests();
    assert!(
        requests
            .iter()
            .any(|request| request.intent.as_deref() == Some("why"))
    );
    let filter = r#"{"eq": {"id": "INBOX"}}"#;
    let flags = ["--filter", filter, "--limit", "5"];
    let found = program::json(&run(&["search", "labels"], &flags).await?)?;
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
    let docs = program::json(&run(&["docs"], &["--section", "messages"]).await?)?;
    assert_eq!(docs["section_id"], "messages");
    let mut skills = program::hosted(&sandbox, &directory, &["connectors", "skills", "gmail"]);
    let skills = program::json(&skills.output().await?)?;
    assert_eq!(skills["data"].as_array().map(Vec::len), Some(1));

    let wrong = r#"{"maxResults": "x", "more": 1}"#;
    let refused = run(&["execute", "messages", "list"], &["--params", wrong]).await?;
    assert_eq!(refused.status.code(), Some(2));
    let errors = program::errors(&refused);
    assert!(
        errors.contains("  params.maxResults: ") && errors.contains("  params.more: "),
        "{errors}"
    );
    Ok(())
}

#[tokio::test]
async fn the_program_lists_connectors_by_id_and_name() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let known = sandbox.airbyte();
    let list = async |name: &str, more: &[&str]| {
        let arguments = [&["connectors", "list", "--customer-name", name], more].concat();
        program::hosted(&sandbox, &directory, &arguments)
            .output()
            .await
    };
    let table = list(&known.customer_name, &["--output", "table"]).await?;
    let table = String::from_utf8(table.stdout)?;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    assert!(lines[1].starts_with(&known.connector_id), "{table}");
    let ids = list(&known.customer_name, &["--output", "ids"]).await?;
    assert_eq!(String::from_utf8(ids.stdout)?.trim(), known.connector_id);
    let airbyte = airbyte(&sandbox)?;
    airbyte.create_workspace("empty").await?;
    let none = list("empty", &[]).await?;
    assert_eq!(program::json(&none)?, serde_json::json!({"data": []}));
    assert!(program::errors(&none).contains("no gmail connector"));
    let nobody = list("nobody", &[]).await?;
    assert_eq!(nobody.status.code(), Some(5));
    assert!(program::errors(&nobody).contains("no customer (workspace) of that name"));
    sandbox.clear_requests();
    for command in ["list", "create"] {
        let nameless = ["connectors", command, "--customer-name", " "];
        let refused = program::hosted(&sandbox, &directory, &nameless);
        let refused = { refused }.output().await?;
        assert_eq!(refused.status.code(), Some(2));
        assert!(program::errors(&refused).contains("--customer-name is empty"));
    }
    assert!(sandbox.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_param_that_stands_twice_is_refused_for_any_connector() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let twice = r#"{"maxResults": 1, "maxResults": 2}"#;
    let id = sandbox.airbyte().connector_id;
    let command = [
        "connectors",
        "execute",
        "--connector-id",
        &id,
        "messages",
        "list",
        "--params",
        twice,
    ];
    let refused = program::hosted(&sandbox, &directory, &command)
        .output()
        .await?;
    assert_eq!(refused.status.code(), Some(2));
    assert!(program::errors(&refused).contains("a name twice"));
    Ok(())
}

#[cfg(feature = "sandbox-sql")]
#[tokio::test]
async fn the_program_asks_in_sql() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let known = sandbox.airbyte();
    let run = async |arguments: &[&str]| {
        program::hosted(&sandbox, &directory, arguments)
            .env("AIRBYTE_CONNECTOR_ID", &known.connector_id)
            .output()
            .await
    };
    let sql = "select id from messages order by sizeEstimate desc";
    for command in [&["sql"][..], &["connectors", "sql"]] {
        let rows = program::json(&run(&[command, &[sql, "--limit", "2"]].concat()).await?)?;
        assert_eq!(rows["data"].as_array().map(Vec::len), Some(2));
        assert_eq!(rows["meta"]["has_more"], true);
    }
    let refused = run(&["sql", "delete from messages"]).await?;
    assert_eq!(refused.status.code(), Some(2));
    assert!(program::errors(&refused).contains("Only queries that read"));
    Ok(())
}

#[tokio::test]
async fn a_check_that_is_not_settled_ends_with_7() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let id = sandbox.airbyte().connector_id;
    let check = async |more: &[&str]| {
        let arguments = [&["connectors", "check", id.as_str()], more].concat();
        let output = program::hosted(&sandbox, &directory, &arguments)
            .output()
            .await?;
        Ok::<_, Failure>(output.status.code())
    };
    for (status, code) in [
        ("pending", 7),
        ("running", 7),
        ("inconclusive", 7),
        ("skipped", 7),
        ("cancelled", 1),
        ("failed", 1),
        ("succeeded", 0),
    ] {
        sandbox.configure(|settings| settings.check_status = Some(status.to_owned()));
        assert_eq!(check(&[]).await?, Some(code), "{status}");
    }
    sandbox.configure(|settings| settings.check_status = Some("running".to_owned()));
    assert_eq!(check(&["--wait", "0"]).await?, Some(7));
    Ok(())
}

#[tokio::test]
async fn the_program_makes_changes_checks_and_deletes_connectors() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let customer = sandbox.airbyte().customer_name;
    let run = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        program::hosted(&sandbox, &directory, &arguments)
    };
    let google = sandbox.google();
    let mut create = run(&[
        "connectors",
        "create",
        "--customer-name",
        &customer,
        "--name",
        "Made",
    ]);
    create
        .env("GMAIL_REFRESH_TOKEN", &google.refresh_token)
        .env("GMAIL_CLIENT_ID", &google.client_id)
        .env("GMAIL_CLIENT_SECRET", &google.client_secret);
    let output = create.output().await?;
    let made = program::json(&output)?;
    assert!(!String::from_utf8(output.stdout)?.contains(&google.refresh_token));
    let id = made["id"].as_str().ok_or("no id")?.to_owned();

    let list = program::json(
        &run(&["connectors", "list", "--workspace-name", &customer])
            .output()
            .await?,
    )?;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(2));
    let updated = program::json(
        &run(&[
            "connectors",
            "update",
            &id,
            "--name",
            "Renamed",
            "--include-spam-and-trash",
        ])
        .output()
        .await?,
    )?;
    assert_eq!(updated["name"], "Renamed");
    assert_eq!(
        updated["replication_config"]["include_spam_and_trash"],
        true
    );
    for command in ["get", "check", "inspect"] {
        program::json(&run(&["connectors", command, &id]).output().await?)?;
    }
    // Deletion needs `--yes`, and `--dry-run` must not delete anything.
    for more in [&[][..], &["--dry-run", "--yes"]] {
        let arguments = [&["connectors", "delete", &id][..], more].concat();
        let output = run(&arguments).output().await?;
        assert_eq!(output.status.code(), Some(2));
        program::json(&run(&["connectors", "get", &id]).output().await?)?;
    }
    let listed = run(&["connectors", "get", &id, "--output", "yaml"])
        .output()
        .await?;
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("\nid: ")
            || listed.stdout.starts_with(b"id: ")
    );
    program::json(
        &run(&["connectors", "delete", &id, "--yes"])
            .output()
            .await?,
    )?;
    let output = run(&["connectors", "get", &id]).output().await?;
    assert_eq!(
        output.status.code(),
        Some(5),
        "{}",
        program::errors(&output)
    );
    Ok(())
}

#[tokio::test]
async fn the_program_connects_remembers_and_uses_the_connector() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    sandbox.configure(|settings| settings.own_template = false);
    let directory = Directory::new()?;
    let customer = sandbox.airbyte().customer_name;
    let arguments = [
        "connectors",
        "connect",
        "--no-browser",
        "--customer-name",
        &customer,
        "--create-template",
    ];
    let waiting = Waiting::start(program::hosted(&sandbox, &directory, &arguments)).await?;
    let page = web::get(&web::decide(&waiting.url, "allow").await?).await?;
    assert_eq!(page.status, 200);
    let (code, output, rest) = waiting.end().await?;
    assert_eq!(code, Some(0), "{rest}");
    let output: serde_json::Value = serde_json::from_str(&output)?;
    assert_eq!(output["check"]["status"], "succeeded", "{output}");
    let id = output["connector_id"].as_str().ok_or("no id")?;

    let checked = program::json(
        &program::hosted(&sandbox, &directory, &["check"])
            .output()
            .await?,
    )?;
    assert_eq!(checked["mode"], "hosted");
    program::json(
        &program::hosted(&sandbox, &directory, &["connectors", "delete", id, "--yes"])
            .output()
            .await?,
    )?;
    let status = program::json(
        &program::hosted(&sandbox, &directory, &["auth", "status"])
            .output()
            .await?,
    )?;
    assert_eq!(status["airbyte"]["connector_id"], serde_json::Value::Null);
    Ok(())
}

#[tokio::test]
async fn the_program_begins_a_consent_and_gives_airbyte_an_app() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let customer = sandbox.airbyte().customer_name;
    let arguments = [
        "oauth",
        "initiate",
        "--customer-name",
        &customer,
        "--redirect-url",
        "https://app.example.com/back",
    ];
    let begun = program::json(
        &program::hosted(&sandbox, &directory, &arguments)
            .output()
            .await?,
    )?;
    let back = web::decide(begun["consent_url"].as_str().ok_or("no url")?, "allow").await?;
    assert!(back.contains(begun["correlation"].as_str().ok_or("no correlation")?));

    let arguments = [
        "oauth",
        "credentials",
        "put",
        "--client-id",
        "id",
        "--client-secret",
        "planted",
    ];
    let output = program::hosted(&sandbox, &directory, &arguments)
        .output()
        .await?;
    let stored = program::json(&output)?;
    assert_eq!(stored["scope_type"], "organization");
    assert!(!String::from_utf8(output.stdout)?.contains("planted"));
    program::json(
        &program::hosted(&sandbox, &directory, &["oauth", "credentials", "delete"])
            .output()
            .await?,
    )?;
    Ok(())
}
