//! The floor: what somebody would write by hand for these calls alone.

use serde::Deserialize;

use crate::Result;

pub struct Floor {
    client: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct Message {
    pub id: Option<String>,
    pub thread_id: Option<String>,
    #[serde(default)]
    pub label_ids: Vec<String>,
    pub snippet: Option<String>,
    pub history_id: Option<String>,
    pub internal_date: Option<String>,
    pub size_estimate: Option<i64>,
    pub payload: Option<Part>,
    pub raw: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct Part {
    part_id: Option<String>,
    mime_type: Option<String>,
    filename: Option<String>,
    #[serde(default)]
    headers: Vec<Header>,
    body: Option<Body>,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Header {
    name: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Body {
    attachment_id: Option<String>,
    size: Option<i64>,
    data: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct List {
    #[serde(default)]
    pub messages: Vec<Message>,
    next_page_token: Option<String>,
    result_size_estimate: Option<i64>,
}

impl Floor {
    pub fn new(url: &str) -> Result<Self> {
        // A second call finds the provider there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            client: reqwest::Client::builder().no_proxy().build()?,
            url: url.to_owned(),
        })
    }

    pub async fn get(&self, format: &str) -> Result<Message> {
        let url = format!("{}/gmail/v1/users/me/messages/id", self.url);
        let response = self
            .client
            .get(url)
            .query(&[("format", format)])
            .bearer_auth("token")
            .send()
            .await?;
        Ok(response.error_for_status()?.json().await?)
    }

    pub async fn list(&self) -> Result<List> {
        let url = format!("{}/gmail/v1/users/me/messages", self.url);
        let response = self
            .client
            .get(url)
            .query(&[("maxResults", 500)])
            .bearer_auth("token")
            .send()
            .await?;
        Ok(response.error_for_status()?.json().await?)
    }
}
