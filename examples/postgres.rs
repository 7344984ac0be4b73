//! Stores the tokens of many mailboxes in PostgreSQL: a token store outside the crate.
//!
//!     createdb mail
//!     DATABASE_URL=postgres://localhost/mail cargo run --example postgres --features sandbox
//!
//! The table holds tokens in plain text. Give access only to the programs that need it, and encrypt the disk; or
//! encrypt the column with a key that the database does not have.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::auth::{
    Saved, StoreError, StoreFuture, StoreLock, StoreVersion, StoredTokens, TokenSet, TokenStore,
};
use airbyte_agent_gmail::sandbox::Sandbox;
use tokio_postgres::{Client, NoTls};

const TABLE: &str = "create table if not exists gmail_tokens \
    (account text primary key, version bigint not null, tokens text not null)";

/// The tokens of one account. All accounts share a connection; each lock opens its own.
struct PostgresTokenStore {
    client: Arc<Client>,
    url: String,
    account: String,
}

/// A connection, with a task that drives it until the client is dropped. If it ends early, the next query fails.
async fn connect(url: &str) -> Result<Client, StoreError> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl PostgresTokenStore {
    async fn read(&self) -> Result<StoredTokens, StoreError> {
        let query = "select version, tokens from gmail_tokens where account = $1";
        let Some(row) = self.client.query_opt(query, &[&self.account]).await? else {
            return Ok(StoredTokens::default());
        };
        let (version, tokens): (i64, String) = (row.get(0), row.get(1));
        // serde's own message could quote a token.
        let tokens = serde_json::from_str(&tokens).map_err(|_| "the row holds no tokens")?;
        Ok(StoredTokens::new(
            tokens,
            StoreVersion::new(version.to_string()),
        ))
    }

    /// Compare and swap: writes nothing if the stored version is not the one to replace.
    async fn write(&self, tokens: &TokenSet, replaces: &StoreVersion) -> Result<Saved, StoreError> {
        let text = serde_json::to_string(tokens)?;
        let row = if *replaces == StoreVersion::default() {
            let query = "insert into gmail_tokens values ($1, 1, $2) on conflict do nothing returning version";
            self.client
                .query_opt(query, &[&self.account, &text])
                .await?
        } else {
            let before: i64 = replaces.as_str().parse()?;
            let query = "update gmail_tokens set version = version + 1, tokens = $2 \
                where account = $1 and version = $3 returning version";
            self.client
                .query_opt(query, &[&self.account, &text, &before])
                .await?
        };
        Ok(match row {
            Some(row) => Saved::Done(StoreVersion::new(row.get::<_, i64>(0).to_string())),
            None => Saved::Conflict,
        })
    }

    /// An advisory lock ends with its connection, so a killed process releases it.
    async fn hold(&self) -> Result<StoreLock, StoreError> {
        let client = connect(&self.url).await?;
        let query = "select pg_advisory_lock(hashtext('gmail_tokens'), hashtext($1))";
        client.execute(query, &[&self.account]).await?;
        Ok(StoreLock::lease(async move {
            client
                .execute("select pg_advisory_unlock_all()", &[])
                .await?;
            Ok(())
        }))
    }
}

impl TokenStore for PostgresTokenStore {
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        Box::pin(self.read())
    }

    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        Box::pin(self.write(tokens, replaces))
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        Box::pin(self.hold())
    }
}

// A database URL can contain a password, so it must not reach a log.
impl fmt::Debug for PostgresTokenStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PostgresTokenStore")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let url = std::env::var("DATABASE_URL")
        .map_err(|_| "set DATABASE_URL, such as postgres://localhost/mail")?;
    let client = Arc::new(connect(&url).await?);
    client.batch_execute(TABLE).await?;
    // The sandbox takes Google's place; a real program has a service account, or its users' refresh tokens.
    let sandbox = Sandbox::start().await?;
    sandbox.expire_access_tokens();
    let connectors: Vec<GmailConnector> = (0..8)
        .map(|_| {
            let store = PostgresTokenStore {
                client: client.clone(),
                url: url.clone(),
                account: format!("{} user@example.com", sandbox.gmail_url()),
            };
            GmailConnector::builder(sandbox.google_auth())
                .base_url(sandbox.gmail_url())
                .token_url(sandbox.token_url())
                .token_store(Arc::new(store))
                .build()
        })
        .collect::<Result<_, _>>()?;
    // Eight connectors, as in eight processes, with an expired token.
    futures_util::future::try_join_all(connectors.iter().map(GmailConnector::check)).await?;
    let requests = sandbox.requests().into_iter();
    let refreshes = requests
        .filter(|request| request.operation == "token")
        .count();
    println!("8 connectors, {refreshes} refresh");
    Ok(())
}
