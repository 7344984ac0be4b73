//! A real, headless Chromium: both sign-ins and the sandbox's pages.
//!
//! `SIGNIN_SCREENSHOTS=<directory>` keeps pictures of the pages.

mod sandbox_page;
mod sign_in;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::directory::Directory;
use crate::support::{Failure, web};

/// A headless Chromium with its driver.
struct Browser {
    driver: Child,
    session: String,
    _profile: Directory,
}

fn installed(name: &str) -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file());
    found.ok_or_else(|| format!("{name} is not installed; tests/judges.sh installs it").into())
}

impl Browser {
    async fn start() -> Result<Self, Failure> {
        let (driver, chromium) = (installed("chromedriver")?, installed("chromium")?);
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
        Ok(Self {
            driver,
            session: format!("{base}/session/{id}"),
            _profile: profile,
        })
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
        // A click returns before the next page has loaded. Each check takes the browser some milliseconds.
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

    /// The page's text and title. Checks its requests, and saves a screenshot if wanted.
    async fn page(&self, name: &str) -> Result<(String, String), Failure> {
        let get = |path: &str| format!("{}{path}", self.session);
        let title = web::webdriver("GET", &get("/title"), &Value::Null).await?;
        let text = self.script("return document.body.innerText").await?;
        let outside = self
            .script("return performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !name.startsWith('data:'))")
            .await?;
        // The consent pages belong to the sandbox; ours load nothing, not even an icon.
        if !name.ends_with("consent") {
            assert_eq!(outside, json!([]), "{name}");
        }
        if let Some(directory) = std::env::var_os("SIGNIN_SCREENSHOTS") {
            for scheme in ["light", "dark"] {
                let emulated =
                    json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
                self.post(
                    "/goog/cdp/execute",
                    json!({"cmd": "Emulation.setEmulatedMedia", "params": emulated}),
                )
                .await?;
                let picture = web::webdriver("GET", &get("/screenshot"), &Value::Null).await?;
                let picture = base64::engine::general_purpose::STANDARD
                    .decode(picture.as_str().unwrap_or_default())?;
                let file = Path::new(&directory).join(format!("{name}-{scheme}.png"));
                std::fs::write(file, picture)?;
            }
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

    /// Toggles a checkbox.
    async fn tick(&self, id: &str) -> Result<(), Failure> {
        self.script(&format!("document.getElementById('{id}').click()"))
            .await
            .map(|_| ())
    }

    /// Presses a key.
    async fn press(&self, key: &str) -> Result<(), Failure> {
        let keys = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": keys}]});
        self.post("/actions", actions).await.map(|_| ())
    }

    /// Waits until a script returns true. Each check takes the browser some milliseconds.
    async fn until(&self, condition: &str) -> Result<(), Failure> {
        for _ in 0..2_000 {
            let value = self.script(&format!("return Boolean({condition})")).await;
            if value.is_ok_and(|value| value == json!(true)) {
                return Ok(());
            }
        }
        Err(format!("never true: {condition}").into())
    }

    /// Opens another tab; returns the handle of the current one.
    async fn new_tab(&self) -> Result<Value, Failure> {
        let first =
            web::webdriver("GET", &format!("{}/window", self.session), &Value::Null).await?;
        let tab = self.post("/window/new", json!({"type": "tab"})).await?;
        self.switch(&tab["handle"]).await?;
        Ok(first)
    }

    async fn switch(&self, tab: &Value) -> Result<(), Failure> {
        self.post("/window", json!({"handle": tab}))
            .await
            .map(|_| ())
    }

    /// Closes this tab and switches to another.
    async fn close_tab(&self, next: &Value) -> Result<(), Failure> {
        web::webdriver("DELETE", &format!("{}/window", self.session), &Value::Null).await?;
        self.switch(next).await
    }
}

impl Drop for Browser {
    /// Also runs for a failed test. The driver closes its Chromium when asked, but not when killed.
    fn drop(&mut self) {
        let asked = || -> std::io::Result<()> {
            let (port, target) = web::split(&self.session)?;
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", port))?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            write!(
                stream,
                "DELETE {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
            )?;
            // The answer comes after Chromium has exited.
            stream.read(&mut [0_u8; 1024]).map(|_| ())
        };
        let _ = asked();
        let _ = self.driver.start_kill();
    }
}
