//! The MCP server as clients see it: over the standard streams and over HTTP, against the sandbox.

#![cfg(all(feature = "cli", feature = "mcp"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use crate::support;

use std::process::Stdio;
use std::time::Duration;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::Sandbox;
use serde_json::{Value, json};
use support::directory::Directory;
use support::fault_server::{Breach, FaultServer};
use support::http::local_client;
use support::mcp::{Client, failure, program, served};
use support::program::PROGRAM;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::test]
async fn tools_are_listed_and_called_over_the_standard_streams() {
    let sandbox = Sandbox::start().await.unwrap();
    for mode in [Mode::OpenSource, Mode::Hosted] {
        let mut client = Client::start(&sandbox, mode, &[]).await;
        let list = client.ask(1, "tools/list", json!({})).await;
        let tools = list["result"]["tools"].as_array().unwrap();
        assert!((10..=16).contains(&tools.len()), "{}", tools.len());
        assert!(
            tools
                .iter()
                .all(|tool| tool["inputSchema"]["type"] == "object"
                    && tool["outputSchema"]["type"] == "object")
        );
        let send = tools
            .iter()
            .find(|tool| tool["name"] == "gmail_send")
            .unwrap();
        assert_eq!(send["annotations"]["readOnlyHint"], false);
        assert_eq!(send["annotations"]["openWorldHint"], true);

        let found = client
            .call(
                2,
                "gmail_search",
                json!({"query": "is:unread", "max_results": 2}),
            )
            .await;
        assert_eq!(found["result"]["isError"], false, "{found}");
        assert_eq!(
            found["result"]["structuredContent"]["messages"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert!(
            found["result"]["content"][0]["text"]
                .as_str()
                .unwrap()
                .contains("<untrusted-mail ")
        );

        let wrong = client
            .call(
                3,
                "gmail_read_message",
                json!({"message_id": "00000000000000ff"}),
            )
            .await;
        assert_eq!(wrong["result"]["isError"], true);
        let text = wrong["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.starts_with("error (not_found)"), "{text}");
        let unknown = client.call(4, "gmail_labels_create", json!({})).await;
        assert_eq!(
            unknown["error"]["code"], -32602,
            "a tool that is not offered can't be called: {unknown}"
        );

        // The program ends when its client closes the input.
        drop(client.input);
        let status = timeout(Duration::from_secs(10), client.child.wait())
            .await
            .unwrap()
            .unwrap();
        assert!(status.success());
    }
}

#[tokio::test]
async fn what_is_malformed_harms_nobody() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut client = Client::start(&sandbox, Mode::OpenSource, &[]).await;
    for line in [
        "{not json",
        "[]",
        "{\"jsonrpc\":\"2.0\",\"id\":7}",
        "\u{0}",
        "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/call\",\"params\":{\"name\":5}}",
    ] {
        client
            .input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }
    let list = client.ask(9, "tools/list", json!({})).await;
    assert!(list["result"]["tools"].is_array());
    let unknown = client.ask(10, "no/such", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32601);
}

/// Clients on Node.js pass sockets instead of pipes.
#[cfg(unix)]
#[tokio::test]
async fn the_standard_streams_may_be_sockets() {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    let sandbox = Sandbox::start().await.unwrap();
    let [(input, stdin), (output, stdout)] = [(), ()].map(|()| UnixStream::pair().unwrap());
    // Other owners of the socket find it unchanged when the server has ended.
    let shared = stdin.try_clone().unwrap();
    let mut child = program(&sandbox, Mode::OpenSource)
        .arg("mcp")
        .stdin(Stdio::from(OwnedFd::from(stdin)))
        .stdout(Stdio::from(OwnedFd::from(stdout)))
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let [mut input, output] = [input, output].map(|socket| {
        socket.set_nonblocking(true).unwrap();
        tokio::net::UnixStream::from_std(socket).unwrap()
    });
    let mut output = BufReader::new(output).lines();
    for (id, method, params) in [
        (
            1,
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "n", "version": "1"}}),
        ),
        (2, "tools/list", json!({})),
    ] {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        input
            .write_all(format!("{request}\n").as_bytes())
            .await
            .unwrap();
        let line = timeout(Duration::from_secs(30), output.next_line()).await;
        let answer: Value = serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap();
        assert_eq!(answer["id"], id);
        assert!(answer["error"].is_null(), "{answer}");
    }
    input.shutdown().await.unwrap();
    let ended = timeout(Duration::from_secs(30), child.wait()).await;
    assert!(ended.unwrap().unwrap().success());
    let flags = rustix::fs::fcntl_getfl(&shared).unwrap();
    assert!(!flags.contains(rustix::fs::OFlags::NONBLOCK));
}

#[tokio::test]
async fn a_call_tells_its_progress() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut client = Client::start(&sandbox, Mode::OpenSource, &[]).await;
    client
        .write(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "gmail_search", "arguments": {"query": "in:inbox", "max_results": 5}, "_meta": {"progressToken": "p"},
        }}))
        .await;
    let mut steps = Vec::new();
    loop {
        let message = client.read().await;
        if message["method"] == "notifications/progress" {
            assert_eq!(message["params"]["progressToken"], "p");
            steps.push(message["params"]["progress"].as_f64().unwrap());
        } else if message["id"] == 1 {
            break;
        }
    }
    assert_eq!(steps, [1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[tokio::test]
async fn a_call_that_is_cancelled_leaves_its_request_and_harms_no_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let server = FaultServer::before(sandbox.gmail_url()).await.unwrap();
    let mut command = program(&sandbox, Mode::OpenSource);
    command.env("GMAIL_API_URL", server.url());
    let mut client = Client::of(command, &[]).await;
    let drip = Breach::Endless {
        head: b"HTTP/1.1 200 OK\r\n",
        piece: b"x-slow: 1\r\n".to_vec(),
        pause: Duration::from_millis(5),
    };
    server.spoil(drip, 1);
    client
        .write(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "gmail_labels_list", "arguments": {}}}))
        .await;
    let until = async |met: &dyn Fn() -> bool| {
        while !met() {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(10);
    timeout(limit, until(&|| server.requests() == 1))
        .await
        .expect("the request in time");
    client
        .write(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1, "reason": "test"}}))
        .await;
    timeout(limit, until(&|| server.left() == 1))
        .await
        .expect("the request left in time");
    let labels = client.call(2, "gmail_labels_list", json!({})).await;
    assert_eq!(labels["result"]["isError"], false);
}

#[tokio::test]
async fn limits_of_the_command_line_hold() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut reading = Client::start(
        &sandbox,
        Mode::OpenSource,
        &["--read-only", "--tools", "all"],
    )
    .await;
    let list = reading.ask(1, "tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().unwrap();
    assert!(tools.len() > 20);
    assert!(
        tools
            .iter()
            .all(|tool| tool["annotations"]["readOnlyHint"] == true)
    );
    let mut few = Client::start(
        &sandbox,
        Mode::OpenSource,
        &[
            "--allow",
            "messages.list,labels.list",
            "--tools",
            "gmail_labels_list,gmail_execute",
        ],
    )
    .await;
    let list = few.ask(1, "tools/list", json!({})).await;
    assert_eq!(list["result"]["tools"].as_array().unwrap().len(), 2);
    let refused = few
        .call(
            2,
            "gmail_execute",
            json!({"entity": "messages", "action": "get", "params": {"messageId": "x"}}),
        )
        .await;
    assert_eq!(failure(&refused["result"]), "not_allowed");
    let mut known = Client::start(
        &sandbox,
        Mode::OpenSource,
        &["--allow-recipients", "@example.com"],
    )
    .await;
    let refused = known
        .call(
            1,
            "gmail_send",
            json!({"to": ["stranger@example.net"], "subject": "x", "text": "x"}),
        )
        .await;
    assert_eq!(failure(&refused["result"]), "not_allowed");
    let flags = ["--tools", "default,gmail_unsubscribe,gmail_search"];
    let mut more = Client::start(&sandbox, Mode::OpenSource, &flags).await;
    let list = more.ask(1, "tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().unwrap();
    assert_eq!(tools.last().unwrap()["name"], "gmail_unsubscribe");
    assert_eq!(tools.len(), 16, "{list}");
    let slip = program(&sandbox, Mode::OpenSource)
        .args(["mcp", "--allow", "messages.lisst"])
        .output()
        .await
        .unwrap();
    assert_eq!(slip.status.code(), Some(2));
}

#[tokio::test]
async fn only_what_the_signed_in_account_has_granted_is_offered() {
    use airbyte_agent_gmail::auth::{Account, AccountDirectory, TokenSet};
    let sandbox = Sandbox::start().await.unwrap();
    let google = sandbox.google();
    let directory = Directory::new().unwrap();
    let path = directory.path();
    let read_only = "https://www.googleapis.com/auth/gmail.readonly";
    let mut tokens = TokenSet::new(google.access_token.as_str());
    tokens.refresh_token = Some(google.refresh_token.into());
    tokens.scopes = vec![read_only.to_owned()];
    let secret = Some(google.client_secret.into());
    AccountDirectory::new(path)
        .put(&Account::new(
            "user@example.com",
            google.client_id,
            secret,
            tokens,
        ))
        .unwrap();
    let list = async |flags: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .env("AIRBYTE_GMAIL_CONFIG_DIR", path)
            .env("GMAIL_API_URL", sandbox.gmail_url())
            .env("GOOGLE_TOKEN_URL", sandbox.token_url());
        let mut client = Client::of(command, flags).await;
        let list = client.ask(1, "tools/list", json!({})).await;
        let names: Vec<String> = list["result"]["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect();
        let refused = client
            .call(
                2,
                "gmail_execute",
                json!({"entity": "labels", "action": "create", "params": {"name": "x"}}),
            )
            .await;
        (names, refused)
    };
    let (names, refused) = list(&[]).await;
    assert!(names.iter().any(|name| name == "gmail_search"), "{names:?}");
    assert!(!names.iter().any(|name| name == "gmail_send"), "{names:?}");
    let text = refused["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("not granted") && text.contains("gmail.labels"),
        "{text}"
    );
    // The command line takes precedence.
    let (names, _) = list(&["--scopes", "https://mail.google.com/"]).await;
    assert!(names.iter().any(|name| name == "gmail_send"), "{names:?}");
}

#[tokio::test]
async fn structured_content_has_the_marks_of_the_text() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut client = Client::start(&sandbox, Mode::OpenSource, &[]).await;
    let found = client
        .call(
            1,
            "gmail_search",
            json!({"query": "from:stranger@example.net"}),
        )
        .await;
    let text = found["result"]["content"][0]["text"].as_str().unwrap();
    let mark = text.split("<untrusted-mail ").nth(1).unwrap();
    let open = format!("<untrusted-mail {}>", mark.split('>').next().unwrap());
    let structured = &found["result"]["structuredContent"];
    assert!(structured["_untrusted"].as_str().unwrap().contains(&open));
    let message = &structured["messages"][0];
    let close = open.replacen('<', "</", 1);
    assert_eq!(structured["untrusted_ends"], close.as_str());
    assert_eq!(structured.to_string().matches(&open).count(), 1);
    for field in ["from", "subject", "snippet"] {
        assert!(text.contains(message[field].as_str().unwrap()), "{message}");
    }
    // Ids can be passed to the next call as they are.
    let read = client
        .call(
            2,
            "gmail_read_message",
            json!({"message_id": message["id"]}),
        )
        .await;
    assert_eq!(read["result"]["isError"], false);
}

#[tokio::test]
async fn results_are_text_alone_where_that_is_wanted() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut client = Client::start(&sandbox, Mode::OpenSource, &["--text-only"]).await;
    let list = client.ask(1, "tools/list", json!({})).await;
    // A tool that declares a schema must return content that matches it.
    for tool in list["result"]["tools"].as_array().unwrap() {
        assert_eq!(tool.get("outputSchema"), None, "{tool}");
    }
    let found = client
        .call(2, "gmail_search", json!({"query": "is:unread"}))
        .await;
    assert_eq!(found["result"]["isError"], false, "{found}");
    assert_eq!(found["result"].get("structuredContent"), None);
    let text = found["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("<untrusted-mail "), "{text}");
}

fn web() -> reqwest::Client {
    local_client().unwrap().build().unwrap()
}

#[tokio::test]
async fn http_is_for_those_who_have_the_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let (_child, url, _notes) = served(&sandbox, &[]).await;
    assert!(url.starts_with("http://127.0.0.1:"));
    let web = web();
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    }});
    let request = || {
        web.post(&url)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(initialize.to_string())
    };
    assert_eq!(request().send().await.unwrap().status(), 401);
    for header in [
        "Bearer wrong-token!",
        "Bearer secret-toke",
        "Basic secret-token",
        "secret-token",
    ] {
        assert_eq!(
            request()
                .header("authorization", header)
                .send()
                .await
                .unwrap()
                .status(),
            401,
            "{header}"
        );
    }
    let with_token = || request().bearer_auth("secret-token");
    assert_eq!(
        with_token()
            .header("host", "rebound.example.com")
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    assert_eq!(
        with_token()
            .header("origin", "https://page.example.com")
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    let begun = with_token().send().await.unwrap();
    assert_eq!(begun.status(), 200);
    let session = begun.headers()["mcp-session-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(begun.text().await.unwrap().contains("airbyte-gmail"));
    let say = |message: Value| {
        web.post(&url)
            .bearer_auth("secret-token")
            .header("mcp-session-id", &session)
            .header("mcp-protocol-version", "2025-06-18")
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(message.to_string())
            .send()
    };
    say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await
        .unwrap();
    let list = say(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(list.contains("gmail_search"), "{list}");
    let call = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "gmail_get_profile", "arguments": {}}});
    assert!(
        say(call)
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("there is no tool")
    );
    let call = json!({"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "gmail_profile_get", "arguments": {}}});
    assert!(
        say(call)
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("user@example.com")
    );
    for malformed in ["{not json", "[]", "\"text\"", ""] {
        let refused = web
            .post(&url)
            .bearer_auth("secret-token")
            .header("mcp-session-id", &session)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(malformed)
            .send()
            .await
            .unwrap();
        assert!(
            refused.status().is_client_error(),
            "{malformed}: {}",
            refused.status()
        );
    }
    // The session continues.
    let list = say(json!({"jsonrpc": "2.0", "id": 5, "method": "tools/list"}));
    let list = list.await.unwrap().text().await.unwrap();
    assert!(list.contains("gmail_search"), "{list}");
    let elsewhere = web.get(url.replace("/mcp", "/")).send().await.unwrap();
    assert_eq!(elsewhere.status(), 404);
}

#[tokio::test]
async fn a_named_page_may_ask() {
    let sandbox = Sandbox::start().await.unwrap();
    let (_child, url, _notes) = served(
        &sandbox,
        &[
            "--allow-origin",
            "https://app.example.com:443",
            "--allow-host",
            "mail.example.com",
        ],
    )
    .await;
    let request = |host: &str, origin: &str| {
        web()
            .post(&url)
            .bearer_auth("secret-token")
            .header("host", host)
            .header("origin", origin)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
                "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
            }}).to_string())
            .send()
    };
    assert_eq!(
        request("mail.example.com", "https://app.example.com")
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(
        request("mail.example.com", "https://other.example.com")
            .await
            .unwrap()
            .status(),
        403
    );
}

/// Calls a tool and answers the client's question; returns the result and the last question.
async fn asked(client: &mut Client, id: u64, arguments: Value, said: Value) -> (Value, String) {
    client
        .write(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "gmail_send", "arguments": arguments}}))
        .await;
    let mut question = String::new();
    loop {
        let message = client.read().await;
        if message["method"] == "elicitation/create" {
            question = message["params"]["message"].as_str().unwrap().to_owned();
            assert_eq!(
                message["params"]["requestedSchema"]["properties"]["approve"]["default"],
                false
            );
            client
                .write(&json!({"jsonrpc": "2.0", "id": message["id"], "result": said}))
                .await;
        } else if message["id"] == id {
            return (message["result"].clone(), question);
        }
    }
}

#[tokio::test]
async fn a_person_approves_within_a_session() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut client = Client::able(&sandbox, &["--approve=send"], json!({"elicitation": {}})).await;
    let send = json!({"to": ["support@example.com"], "subject": "Hello", "text": "First line"});
    for said in [
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
        json!({"action": "accept", "content": {}}),
        json!({"action": "accept", "content": {"approve": "yes"}}),
    ] {
        let (result, question) = asked(&mut client, 1, send.clone(), said).await;
        assert_eq!(failure(&result), "declined");
        assert!(question.contains("support@example.com") && question.contains("First line"));
    }
    let yes = json!({"action": "accept", "content": {"approve": true}});
    let (result, _) = asked(&mut client, 2, send.clone(), yes).await;
    assert!(
        result["content"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with("Sent as message")
    );

    // Cancelling a call withdraws its question, and a late approval sends nothing.
    client
        .write(&json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "gmail_send", "arguments": send}}))
        .await;
    let question = client.read().await;
    assert_eq!(question["method"], "elicitation/create");
    client
        .write(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 3}}))
        .await;
    let taken_back = client.read().await;
    assert_eq!(
        taken_back["method"], "notifications/cancelled",
        "{taken_back}"
    );
    assert_eq!(taken_back["params"]["requestId"], question["id"]);
    client
        .write(&json!({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "accept", "content": {"approve": true}}}))
        .await;
    let found = json!({"query": "in:sent to:support@example.com subject:Hello"});
    let found = client.call(4, "gmail_search", found).await;
    let messages = &found["result"]["structuredContent"]["messages"];
    assert_eq!(messages.as_array().unwrap().len(), 1, "{found}");

    let mut unable = Client::start(&sandbox, Mode::OpenSource, &["--approve=send"]).await;
    let send = json!({"to": ["support@example.com"], "subject": "Hello", "text": "First line"});
    let drafted = unable.call(1, "gmail_send", send).await;
    assert_eq!(
        drafted["result"]["structuredContent"]["is_draft_instead"],
        true
    );
}

#[tokio::test]
async fn a_person_approves_without_a_session() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut command = program(&sandbox, Mode::OpenSource);
    let mut child = command
        .args(["mcp", "--profile", "assistant"])
        .env("AIRBYTE_GMAIL_CONFIG_DIR", Directory::new().unwrap().path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut client = Client {
        child,
        input,
        output,
    };
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    });
    let call = |text: &str, state: &Value, said: Value| {
        let mut params = json!({"name": "gmail_send", "_meta": meta, "arguments": {
            "to": ["support@example.com"], "subject": "Stateless", "text": text,
        }});
        if state.is_string() {
            params["requestState"] = state.clone();
            params["inputResponses"] = json!({"approve": said});
        }
        params
    };
    let yes = || json!({"action": "accept", "content": {"approve": true}});
    let none = json!(null);
    let mut id = 0;
    let mut ask = async |params: Value| {
        id += 1;
        client.ask(id, "tools/call", params).await
    };
    let open = |answer: &Value| -> Value {
        let result = &answer["result"];
        assert_eq!(result["resultType"], "input_required", "{answer}");
        let question = &result["inputRequests"]["approve"];
        assert_eq!(question["method"], "elicitation/create");
        let shown = question["params"]["message"].as_str().unwrap();
        assert!(shown.contains("support@example.com"), "{shown}");
        result["requestState"].clone()
    };
    let first = open(&ask(call("x", &none, none.clone())).await);
    // A state is valid for one call, on one server, once.
    let bad = |answer: &Value, why: &str| {
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(why), "{message}");
    };
    let whole = first.as_str().unwrap();
    for forged in [
        "x",
        "",
        &whole[..whole.len() / 2],
        &format!("{whole}x"),
        &whole.replace('.', ""),
    ] {
        let answer = ask(call("x", &json!(forged), yes())).await;
        bad(&answer, "was not given by this server");
    }
    bad(
        &ask(call("y", &first, yes())).await,
        "was not given by this server",
    );
    let no = ask(call("x", &first, json!({"action": "decline"}))).await;
    assert_eq!(failure(&no["result"]), "declined");
    bad(&ask(call("x", &first, yes())).await, "was answered already");
    let second = open(&ask(call("x", &none, none.clone())).await);
    // An unanswered question is asked again.
    let mut silent = call("x", &second, none.clone());
    silent["inputResponses"] = json!({"another": yes()});
    open(&ask(silent).await);
    let done = ask(call("x", &second, yes())).await;
    let text = done["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Sent as message"), "{done}");
    bad(
        &ask(call("x", &second, yes())).await,
        "was answered already",
    );
}

#[tokio::test]
async fn a_page_may_look_before_it_asks_and_a_session_ends_with_no_content() {
    let sandbox = Sandbox::start().await.unwrap();
    let flags = ["--allow-origin", "https://app.example.com"];
    let (_child, url, _notes) = served(&sandbox, &flags).await;
    let look = |origin: &'static str| {
        web()
            .request(reqwest::Method::OPTIONS, &url)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .send()
    };
    let seen = look("https://app.example.com").await.unwrap();
    assert_eq!(seen.status(), 204);
    let header = |name: &str| seen.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        header("access-control-allow-origin"),
        "https://app.example.com"
    );
    assert!(header("access-control-allow-headers").contains("authorization"));
    assert!(header("access-control-allow-methods").contains("DELETE"));
    assert_eq!(
        look("https://other.example.com").await.unwrap().status(),
        403
    );
    let begun = web()
        .post(&url)
        .bearer_auth("secret-token")
        .header("origin", "https://app.example.com")
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .body(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
        }}).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(
        begun.headers()["access-control-allow-origin"],
        "https://app.example.com"
    );
    let session = begun.headers()["mcp-session-id"].clone();
    let ended = web()
        .delete(&url)
        .bearer_auth("secret-token")
        .header("mcp-session-id", session)
        .header("mcp-protocol-version", "2025-06-18")
        .send()
        .await
        .unwrap();
    assert_eq!(ended.status(), 204);
}
