//! The MCP server with faulty clients: each line gets an answer, and memory use stays bounded.

#![cfg(all(feature = "cli", feature = "mcp"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use std::process::Stdio;
use std::time::Duration;

use airbyte_agent_gmail::mcp::{HttpServer, Server};
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{Mode, Secret};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::support::TestResult;
use crate::support::http::local_client;
use crate::support::program::PROGRAM;

const TOKEN: &str = "a-token-that-is-long-enough";

struct Client {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Client {
    async fn start(sandbox: &Sandbox) -> Self {
        let mut client = Self::silent(sandbox);
        client.write(initialize(0).to_string().as_bytes()).await;
        assert_eq!(client.read().await["id"], 0);
        client
    }

    /// A client that has sent nothing yet.
    fn silent(sandbox: &Sandbox) -> Self {
        let mut child = Command::new(PROGRAM)
            .env_clear()
            .envs(sandbox.variables(Mode::OpenSource))
            .arg("mcp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
        }
    }

    async fn write(&mut self, line: &[u8]) {
        self.input.write_all(line).await.unwrap();
        self.input.write_all(b"\n").await.unwrap();
    }

    async fn read(&mut self) -> Value {
        let line = timeout(Duration::from_secs(30), self.output.next_line())
            .await
            .expect("an answer in time")
            .unwrap();
        serde_json::from_str(&line.expect("a line")).expect("a message")
    }
}

fn initialize(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    }})
}

#[tokio::test]
async fn what_comes_too_early_does_not_end_the_server() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let discover =
        json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}});
    let list =
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}});
    for open in [initialize(3), list] {
        let mut client = Client::silent(&sandbox);
        for early in [
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
            json!({"jsonrpc": "2.0", "id": 7, "result": {}}),
            json!({"jsonrpc": "2.0", "id": 7, "error": {"code": 1, "message": "x"}}),
        ] {
            client.write(early.to_string().as_bytes()).await;
        }
        client.write(discover.to_string().as_bytes()).await;
        assert_eq!(client.read().await["result"]["resultType"], "complete");
        // A client cancels a request after waiting long enough.
        let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
        client.write(cancelled.to_string().as_bytes()).await;
        for (method, params, why) in [
            ("tools/list", json!({}), "_meta"),
            (
                "initialize",
                json!({"protocolVersion": "2025-06-18", "capabilities": {"elicitation": true}}),
                "the params lack one of these fields",
            ),
        ] {
            let request = json!({"jsonrpc": "2.0", "id": 4, "method": method, "params": params});
            client.write(request.to_string().as_bytes()).await;
            client.write(cancelled.to_string().as_bytes()).await;
            let answer = client.read().await;
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
            let message = answer["error"]["message"].as_str().unwrap_or_default();
            assert!(message.contains(why), "{message}");
        }
        client.write(open.to_string().as_bytes()).await;
        let answer = client.read().await;
        assert!(answer["result"].is_object(), "{answer}");
        client.write(cancelled.to_string().as_bytes()).await;
        let request =
            json!({"jsonrpc": "2.0", "id": 5, "method": "tools/list", "params": {"_meta": meta}});
        client.write(request.to_string().as_bytes()).await;
        assert!(client.read().await["result"]["tools"].is_array());
    }
    Ok(())
}

#[tokio::test]
async fn every_line_has_its_answer() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let mut client = Client::start(&sandbox).await;
    let deep = [b"{\"id\":6,\"x\":".as_slice(), &b"[".repeat(50_000)].concat();
    for (line, code, id) in [
        (&b"nonsense"[..], -32700, json!(null)),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"",
            -32700,
            json!(5),
        ),
        (&deep, -32700, json!(6)),
        (b"{\"id\":\"s\",\"x\":\"\xff\"}", -32700, json!("s")),
        (b"{\"id\":7,\"x\":\"\\udc00\"}", -32700, json!(7)),
        (b"{\"id\":8,\"x\":1e400}", -32700, json!(8)),
        (b"[]", -32600, json!(null)),
        (b"42", -32600, json!(null)),
        (b"{\"id\":9}", -32600, json!(9)),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":18446744073709551616,\"method\":\"ping\"}",
            -32600,
            json!(18446744073709551616_f64),
        ),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":10,\"method\":\"no/such\"}",
            -32601,
            json!(10),
        ),
    ] {
        client.write(line).await;
        let answer = client.read().await;
        let about = format!("{:.60}: {answer}", String::from_utf8_lossy(line));
        assert_eq!(answer["error"]["code"], code, "{about}");
        assert_eq!(answer["id"], id, "{about}");
        assert_eq!(answer["jsonrpc"], "2.0", "{about}");
    }
    // Blank lines are skipped, a byte order mark and a repeated field are tolerated, and a batch gets two answers.
    client.write(b"").await;
    client.write(b" \t\r").await;
    client
        .write(b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":20,\"method\":\"ping\"}\r")
        .await;
    assert_eq!(
        client.read().await,
        json!({"jsonrpc": "2.0", "id": 20, "result": {}})
    );
    client
        .write(br#"{"jsonrpc":"2.0","method":"ping","id":20,"id":21}"#)
        .await;
    assert_eq!(client.read().await["id"], 21);
    // The first message is missing its line break.
    for (line, first, second) in [
        (&br#"[{"jsonrpc":"2.0","id":22,"method":"ping"},{"jsonrpc":"2.0","id":23,"method":"ping"}]"#[..], 22, 23),
        (br#"{"jsonrpc":"2.0","id":24,"method":"ping"} {"jsonrpc":"2.0","id":25,"method":"ping"}"#, 24, 25),
    ] {
        client.write(line).await;
        let mut ids = [
            client.read().await["id"].as_u64(),
            client.read().await["id"].as_u64(),
        ];
        ids.sort_unstable();
        assert_eq!(ids, [Some(first), Some(second)]);
    }
    client
        .write(br#"{"jsonrpc":"2.0","id":26,"method":"ping"} // a remark"#)
        .await;
    let answer = client.read().await;
    assert_eq!(
        (&answer["error"]["code"], &answer["id"]),
        (&json!(-32700), &json!(26))
    );
    Ok(())
}

#[tokio::test]
async fn params_that_do_not_fit_are_told_as_that() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let mut client = Client::start(&sandbox).await;
    for (method, params, word) in [
        ("tools/call", None, "the params are missing"),
        ("tools/call", Some(json!(null)), "the params are"),
        ("tools/call", Some(json!([])), "the params are a list"),
        (
            "tools/call",
            Some(json!("gmail_search")),
            "the params are not an object",
        ),
        ("tools/call", Some(json!({})), "`name` is missing"),
        (
            "tools/call",
            Some(json!({"name": 5})),
            "`name` is not a string",
        ),
        (
            "tools/call",
            Some(json!({"name": null, "arguments": {}})),
            "`name` is not a string",
        ),
        (
            "tools/call",
            Some(json!({"name": "gmail_search", "arguments": ["x"]})),
            "`arguments` is not an object",
        ),
        (
            "tools/call",
            Some(json!({"name": "gmail_search", "arguments": "x"})),
            "`arguments` is not an object",
        ),
        (
            "tools/call",
            Some(json!({"name": "gmail_serach", "arguments": {}})),
            "no tool with that name",
        ),
        ("tools/list", Some(json!([1])), "the params are a list"),
        (
            "tools/list",
            Some(json!({"cursor": "x"})),
            "was not given by this server",
        ),
    ] {
        let mut request = json!({"jsonrpc": "2.0", "id": 1, "method": method});
        if let Some(params) = &params {
            request["params"] = params.clone();
        }
        client.write(request.to_string().as_bytes()).await;
        let answer = client.read().await;
        assert_eq!(answer["error"]["code"], -32602, "{request}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(word), "{request}: {message}");
    }
    // Arguments with only one possible meaning are accepted.
    for (name, arguments) in [
        ("gmail_search", json!("{\"query\": \"in:inbox\"}")),
        ("gmail_profile_get", json!("")),
        ("gmail_profile_get", json!([])),
        ("gmail_profile_get", json!(null)),
        (
            "gmail_search",
            json!({"Query": "in:inbox", "maxResults": 1}),
        ),
    ] {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": name, "arguments": arguments}});
        client.write(request.to_string().as_bytes()).await;
        let answer = client.read().await;
        assert_eq!(answer["result"]["isError"], false, "{request}: {answer}");
    }
    Ok(())
}

/// A server over HTTP, and its address.
async fn served(
    sandbox: &Sandbox,
) -> Result<(String, tokio::task::JoinHandle<()>), Box<dyn std::error::Error>> {
    let tools = sandbox.open_source()?.tools();
    let token = Some(Secret::from(TOKEN.to_owned()));
    let server = HttpServer::bind(Server::new(tools), ([127, 0, 0, 1], 0).into(), token).await?;
    assert!(server.is_local()?);
    let url = server.url()?;
    let task = tokio::spawn(async move {
        let _ = server.serve().await;
    });
    Ok((url, task))
}

async fn post(
    url: &str,
    body: impl Into<reqwest::Body>,
    session: Option<&str>,
) -> Result<reqwest::Response, Box<dyn std::error::Error>> {
    let mut request = local_client()?
        .build()?
        .post(url)
        .bearer_auth(TOKEN)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2025-06-18")
        .body(body);
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    Ok(request.send().await?)
}

async fn begin(url: &str) -> Result<String, Box<dyn std::error::Error>> {
    let answer = post(url, initialize(1).to_string(), None).await?;
    assert_eq!(answer.status(), 200);
    Ok(answer.headers()["mcp-session-id"].to_str()?.to_owned())
}

#[tokio::test]
async fn over_http_what_is_no_message_is_a_400_with_its_reason() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (url, task) = served(&sandbox).await?;
    let session = begin(&url).await?;
    for (body, code, id) in [
        (&b"{\"id\":4,"[..], -32700, json!(4)),
        (b"", -32700, json!(null)),
        (b"\xff", -32700, json!(null)),
        (b"[]", -32600, json!(null)),
        (b"{\"id\":5}", -32600, json!(5)),
        (br#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]"#, -32600, json!(null)),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}"#, -32600, json!(null)),
    ] {
        let answer = post(&url, body.to_vec(), Some(&session)).await?;
        assert_eq!(answer.status(), 400);
        let answer: Value = answer.json().await?;
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{answer}");
    }
    let marked = [
        b"\xef\xbb\xbf".as_slice(),
        br#"{"jsonrpc":"2.0","id":6,"id":7,"method":"ping"}"#,
    ]
    .concat();
    let answer = post(&url, marked, Some(&session)).await?;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await?.contains(r#""id":7"#));
    let alone = r#"[{"jsonrpc":"2.0","id":9,"method":"ping"}]"#;
    let answer = post(&url, alone, Some(&session)).await?;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await?.contains(r#""id":9"#));
    let call = r#"{"jsonrpc":"2.0","id":8,"method":"tools/call","params":[]}"#;
    let answer = post(&url, call, Some(&session)).await?.text().await?;
    assert!(
        answer.contains("-32602") && answer.contains("the params are a list"),
        "{answer}"
    );
    task.abort();
    Ok(())
}

#[tokio::test]
async fn what_takes_any_form_takes_an_answer() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (url, task) = served(&sandbox).await?;
    for (accept, status) in [
        (Some("*/*"), 200),
        (Some("text/html, */*;q=0.8"), 406),
        (Some("application/json, */*"), 200),
        (Some("application/json"), 406),
        (None, 200),
    ] {
        let body = initialize(1).to_string();
        let mut head = format!(
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        if let Some(accept) = accept {
            head.push_str(&format!("accept: {accept}\r\n"));
        }
        let address = url.trim_start_matches("http://").trim_end_matches("/mcp");
        let mut stream = TcpStream::connect(address).await?;
        stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .await?;
        let mut answer = BufReader::new(stream).lines();
        let line = timeout(Duration::from_secs(30), answer.next_line()).await??;
        let line = line.unwrap_or_default();
        assert!(line.contains(&status.to_string()), "{accept:?}: {line}");
    }
    task.abort();
    Ok(())
}

#[tokio::test]
async fn the_session_that_rested_longest_ends_when_there_are_too_many() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (url, task) = served(&sandbox).await?;
    let ping = || r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#;
    let first = begin(&url).await?;
    let second = begin(&url).await?;
    for _ in 0..260 {
        // A session in use stays.
        assert_eq!(post(&url, ping(), Some(&first)).await?.status(), 200);
        begin(&url).await?;
    }
    assert_eq!(post(&url, ping(), Some(&first)).await?.status(), 200);
    assert_eq!(post(&url, ping(), Some(&second)).await?.status(), 404);
    task.abort();
    Ok(())
}

#[tokio::test]
async fn silent_clients_do_not_keep_others_out() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (url, task) = served(&sandbox).await?;
    let address = url.trim_start_matches("http://").trim_end_matches("/mcp");
    let mut silent = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"POST /mcp HT").await?;
        silent.push(stream);
    }
    timeout(Duration::from_secs(5), begin(&url)).await??;
    // The oldest connection was dropped.
    let mut byte = [0];
    assert_eq!(silent[0].read(&mut byte).await.unwrap_or(0), 0);
    task.abort();
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_soon_guessed_and_an_address_of_the_network_are_not_taken_without_a_word()
-> TestResult {
    let sandbox = Sandbox::start().await?;
    let serve = |token: &str, address: &str| {
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .envs(sandbox.variables(Mode::OpenSource))
            .env("AIRBYTE_GMAIL_MCP_TOKEN", token)
            .args(["mcp", "--http", "--port", "0", "--address", address])
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    };
    let refused = serve("x", "127.0.0.1").output().await?;
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("error: AIRBYTE_GMAIL_MCP_TOKEN: the token is shorter than 8"),
        "{said}"
    );
    for (token, address, warnings) in [
        ("secret-token", "127.0.0.1", &["shorter than 16"][..]),
        (TOKEN, "0.0.0.0", &["there is no tls"]),
        (TOKEN, "127.0.0.1", &[]),
    ] {
        let mut child = serve(token, address).spawn()?;
        let mut notes = BufReader::new(child.stderr.take().ok_or("notes")?).lines();
        let mut said = String::new();
        while let Some(line) = notes.next_line().await? {
            said.push_str(&line);
            if line.contains("mcp is served at") {
                break;
            }
        }
        assert_eq!(said.matches("warning").count(), warnings.len(), "{said}");
        assert!(
            warnings.iter().all(|warning| said.contains(warning)),
            "{said}"
        );
    }
    Ok(())
}
