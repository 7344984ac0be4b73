//! Both sign-ins in a real browser: a headless Chromium, where one is installed.
//!
//! `SIGNIN_SCREENSHOTS=<directory>` keeps pictures of the pages.

#[path = "support/program.rs"]
mod program;
#[path = "support/web.rs"]
mod web;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use airbyte_agent_gmail::sandbox::Sandbox;
use base64::Engine;
use program::{Directory, Failure, Waiting};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// A headless Chromium with its driver.
struct Browser {
    driver: Child,
    session: String,
    _profile: Directory,
}

fn installed(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|directory| names.iter().map(move |name| directory.join(name)))
        .find(|file| file.is_file())
}

impl Browser {
    /// Starts one; `None`, with a line that says so, where none is installed.
    async fn start() -> Result<Option<Self>, Failure> {
        let (Some(driver), Some(chromium)) = (
            installed(&["chromedriver"]),
            installed(&["chromium", "chromium-browser", "google-chrome"]),
        ) else {
            #[allow(
                clippy::print_stdout,
                reason = "whoever runs it has to see what was not run"
            )]
            {
                println!(
                    "NOT RUN: chromium and chromedriver are not installed (apt-get install chromium chromium-driver)"
                );
            }
            return Ok(None);
        };
        let profile = Directory::new()?;
        let port = {
            let free = std::net::TcpListener::bind(("127.0.0.1", 0))?;
            free.local_addr()?.port()
        };
        let driver = Command::new(driver)
            .arg(format!("--port={port}"))
            .env("HOME", profile.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let base = format!("http://127.0.0.1:{port}");
        let until = Instant::now() + Duration::from_secs(60);
        while web::get(&format!("{base}/status")).await.is_err() {
            if Instant::now() > until {
                return Err("chromedriver does not answer".into());
            }
            tokio::task::yield_now().await;
        }
        let data = format!("--user-data-dir={}", profile.path().join("data").display());
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {
            "binary": chromium,
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1000,800", "--no-proxy-server", data],
        }}}});
        let made = web::webdriver("POST", &format!("{base}/session"), &wanted).await?;
        let id = made["sessionId"].as_str().ok_or("no session")?;
        Ok(Some(Self {
            driver,
            session: format!("{base}/session/{id}"),
            _profile: profile,
        }))
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        web::webdriver("POST", &format!("{}{path}", self.session), &body).await
    }

    async fn open(&self, url: &str) -> Result<(), Failure> {
        self.post("/url", json!({"url": url})).await.map(|_| ())
    }

    async fn click(&self, id: &str) -> Result<(), Failure> {
        let found = self
            .post(
                "/element",
                json!({"using": "css selector", "value": format!("#{id}")}),
            )
            .await?;
        let element = found
            .as_object()
            .and_then(|object| object.values().next())
            .and_then(Value::as_str)
            .ok_or("no element")?;
        let before = self.address().await?;
        self.post(&format!("/element/{element}/click"), json!({}))
            .await?;
        // A click returns before the page that it leads to is there. Each question takes the browser some milliseconds.
        for _ in 0..2_000 {
            let state = self.script("return document.readyState").await;
            if self.address().await? != before
                && state.is_ok_and(|state| state == json!("complete"))
            {
                return Ok(());
            }
        }
        Err("the page did not change".into())
    }

    async fn script(&self, script: &str) -> Result<Value, Failure> {
        self.post("/execute/sync", json!({"script": script, "args": []}))
            .await
    }

    /// The page's text and title, with what came of its own requests; keeps a picture where one is asked for.
    async fn page(&self, name: &str) -> Result<(String, String), Failure> {
        let get = |path: &str| format!("{}{path}", self.session);
        let title = web::webdriver("GET", &get("/title"), &Value::Null).await?;
        let text = self.script("return document.body.innerText").await?;
        let outside = self
            .script("return performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !name.startsWith('data:'))")
            .await?;
        // The consent pages are the sandbox's; ours ask nobody for anything, not even for an icon.
        if !name.ends_with("consent") {
            assert_eq!(outside, json!([]), "{name}");
        }
        if let Some(directory) = std::env::var_os("SIGNIN_SCREENSHOTS") {
            let picture = web::webdriver("GET", &get("/screenshot"), &Value::Null).await?;
            let picture = base64::engine::general_purpose::STANDARD
                .decode(picture.as_str().unwrap_or_default())?;
            std::fs::write(Path::new(&directory).join(format!("{name}.png")), picture)?;
        }
        Ok((
            title.as_str().unwrap_or_default().to_owned(),
            text.as_str().unwrap_or_default().to_owned(),
        ))
    }

    async fn address(&self) -> Result<String, Failure> {
        let url = web::webdriver("GET", &format!("{}/url", self.session), &Value::Null).await?;
        Ok(url.as_str().unwrap_or_default().to_owned())
    }

    async fn end(mut self) -> Result<(), Failure> {
        web::webdriver("DELETE", &self.session, &Value::Null).await?;
        self.driver.kill().await?;
        Ok(())
    }
}

fn login(sandbox: &Sandbox, directory: &Directory, more: &[&str]) -> Command {
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
    command
}

#[tokio::test]
async fn google_in_a_browser() -> Result<(), Failure> {
    let Some(browser) = Browser::start().await? else {
        return Ok(());
    };
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;

    let waiting = Waiting::start(login(&sandbox, &directory, &[])).await?;
    browser.open(&waiting.url).await?;
    browser.page("google-consent").await?;
    // A second tab with a guessed answer is turned away while the first still waits.
    let redirect = waiting
        .url
        .split('&')
        .find_map(|pair| pair.strip_prefix("redirect_uri="))
        .ok_or("no redirect")?
        .replace("%3A", ":")
        .replace("%2F", "/");
    let first = web::webdriver("GET", &format!("{}/window", browser.session), &Value::Null).await?;
    let second = browser.post("/window/new", json!({"type": "tab"})).await?;
    browser
        .post("/window", json!({"handle": second["handle"]}))
        .await?;
    browser
        .open(&format!("{redirect}?state=guessed&code=guessed"))
        .await?;
    let (title, text) = browser.page("refused").await?;
    assert!(
        title.contains("does not belong") && !text.contains("guessed"),
        "{title}"
    );
    browser.open(&format!("{redirect}/elsewhere")).await?;
    browser.page("not-found").await?;
    browser.post("/window", json!({"handle": first})).await?;
    browser.click("allow").await?;
    let (title, text) = browser.page("signed-in").await?;
    assert!(title.contains("You are signed in"), "{title} {text}");
    let back = browser.address().await?;
    assert!(back.contains("code="));
    let (code, output, rest) = waiting.end().await?;
    assert_eq!(code, Some(0), "{rest}");
    assert!(output.contains("user@example.com"));
    program::json(
        &program::program(&sandbox, &directory, &["check"])
            .output()
            .await?,
    )?;

    // The same port again, and the old answer in it: replayed.
    let (port, _) = web::split(&redirect)?;
    let port = port.to_string();
    let waiting = Waiting::start(login(&sandbox, &directory, &["--port", &port])).await?;
    let taken = login(&sandbox, &directory, &["--port", &port])
        .output()
        .await?;
    assert_eq!(taken.status.code(), Some(2));
    assert!(
        program::errors(&taken).contains("is in use"),
        "{}",
        program::errors(&taken)
    );
    browser.open(&back).await?;
    let (title, _) = browser.page("replayed").await?;
    assert!(title.contains("does not belong"), "{title}");
    browser.open(&waiting.url).await?;
    browser.click("deny").await?;
    let (title, _) = browser.page("denied").await?;
    assert!(title.contains("Access was not allowed"), "{title}");
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(3), "{rest}");

    // A tab that is closed instead of answered.
    let waiting = Waiting::start(login(&sandbox, &directory, &["--timeout", "2"])).await?;
    let tab = browser.post("/window/new", json!({"type": "tab"})).await?;
    browser
        .post("/window", json!({"handle": tab["handle"]}))
        .await?;
    browser.open(&waiting.url).await?;
    web::webdriver(
        "DELETE",
        &format!("{}/window", browser.session),
        &Value::Null,
    )
    .await?;
    browser.post("/window", json!({"handle": first})).await?;
    let (code, _, rest) = waiting.end().await?;
    assert_eq!(code, Some(7));
    assert!(rest.contains("was its tab closed?"), "{rest}");
    browser.end().await
}

#[tokio::test]
async fn airbyte_in_a_browser() -> Result<(), Failure> {
    let Some(browser) = Browser::start().await? else {
        return Ok(());
    };
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let customer = sandbox.airbyte().customer_name;
    let connect = [
        "connectors",
        "connect",
        "--no-browser",
        "--customer-name",
        &customer,
    ];
    for (decision, name, expected) in [("allow", "connected", 0), ("deny", "airbyte-denied", 3)] {
        let waiting = Waiting::start(program::hosted(&sandbox, &directory, &connect)).await?;
        browser.open(&waiting.url).await?;
        browser.page("airbyte-consent").await?;
        browser.click(decision).await?;
        let (title, _) = browser.page(name).await?;
        let wanted = if expected == 0 {
            "Your mailbox is connected"
        } else {
            "Access was not allowed"
        };
        assert!(title.contains(wanted), "{title}");
        let (code, output, rest) = waiting.end().await?;
        assert_eq!(code, Some(expected), "{rest}");
        assert_eq!(output.contains("succeeded"), expected == 0, "{output}");
    }
    program::json(
        &program::hosted(&sandbox, &directory, &["check"])
            .output()
            .await?,
    )?;
    browser.end().await
}
