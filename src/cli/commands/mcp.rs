//! `airbyte-gmail mcp`.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use airbyte_agent_gmail::Secret;
use airbyte_agent_gmail::mcp::{HttpServer, Server};
use airbyte_agent_gmail::tool::{Access, DEFAULT_QUOTA_WAIT, Deed, Profile, Tools};
use clap::Args;

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::source::Source;
use crate::cli::{output, settings};

/// The variable with the HTTP server's token.
const TOKEN: &str = "AIRBYTE_GMAIL_MCP_TOKEN";

/// From this length on, a token can't be guessed.
const LONG_TOKEN: usize = 16;

/// The file next to the accounts that counts agents' actions.
const COUNTS: &str = "agent-actions.log";

/// Parses a number per day.
fn a_day(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix("/day").unwrap_or(text);
    number
        .parse()
        .map_err(|_| "give a whole number a day, such as 20/day".to_owned())
}

/// Serve the tools to agents over MCP
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    airbyte-gmail mcp --read-only\n  \
    airbyte-gmail mcp --allow-recipients @example.com --attachments ~/mail-files\n  \
    AIRBYTE_GMAIL_MCP_TOKEN=… airbyte-gmail mcp --http --port 8788")]
pub(crate) struct Mcp {
    /// A set of limits: `reader` changes nothing, `assistant` asks a person before mail leaves or something is
    /// permanently deleted, `full` has no limits; the other flags add to it
    #[arg(long, value_name = "PROFILE", value_parser = ["reader", "assistant", "full"], default_value = "full")]
    profile: String,
    /// Ask a person, through the client, before any of these: send, forward, share, delete, unsubscribe (default: all).
    /// If the client can't ask, messages become drafts
    #[arg(
        long,
        value_name = "KINDS",
        value_delimiter = ',',
        num_args = 0..,
        require_equals = true,
        default_missing_value = "send,forward,share,delete,unsubscribe"
    )]
    approve: Vec<Deed>,
    /// Send at most this many messages in 24 hours, such as 20/day
    #[arg(long, value_name = "N/day", value_parser = a_day)]
    max_sends: Option<u32>,
    /// Forward at most this many messages in 24 hours
    #[arg(long, value_name = "N/day", value_parser = a_day)]
    max_forwards: Option<u32>,
    /// Create at most this many rules that let mail leave in 24 hours
    #[arg(long, value_name = "N/day", value_parser = a_day)]
    max_shares: Option<u32>,
    /// Permanently delete at most this many times in 24 hours
    #[arg(long, value_name = "N/day", value_parser = a_day)]
    max_deletes: Option<u32>,
    /// Append a line of JSON for each call to this file: who, what, which ids, and the result
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// Answer a call that reads within this many seconds, and one that changes something within twice as many
    #[arg(long, value_name = "SECONDS", default_value = "25", value_parser = clap::value_parser!(u32).range(1..))]
    answer_within: u32,
    /// Offer nothing that changes the mailbox
    #[arg(long)]
    read_only: bool,
    /// Offer nothing that lets mail leave the mailbox; agents can still write drafts
    #[arg(long)]
    no_send: bool,
    /// Allow only these actions, such as messages.list,messages.get
    #[arg(long, value_name = "ENTITY.ACTION", value_delimiter = ',')]
    allow: Vec<String>,
    /// Let mail go only to these addresses, or to a domain with @example.com
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    allow_recipients: Vec<String>,
    /// The scopes that the account has granted, if they differ from those of `auth login`; actions that need others are
    /// not offered
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
    /// The tools to offer: names, `default` (which more names can follow) or `all`
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "default"
    )]
    tools: Vec<String>,
    /// The only directory for saved and attached files; without it no tool touches a file
    #[arg(long, value_name = "DIRECTORY")]
    attachments: Option<PathBuf>,
    /// The longest result
    #[arg(long, value_name = "CHARACTERS", default_value = "20000")]
    limit: u32,
    /// Give results as text alone: for clients that show their model the structured content beside it, such as google-adk
    /// and google-genai
    #[arg(long)]
    text_only: bool,
    /// Serve over HTTP instead of standard input and output
    #[arg(long)]
    http: bool,
    /// With --http: the IP address; other machines can't reach the default
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// With --http: the port; 0 for any free port
    #[arg(long, default_value = "8788")]
    port: u16,
    /// With --http: a host name that clients use
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    allow_host: Vec<String>,
    /// With --http: the origin of a web page that may call it, such as https://app.example.com:443
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<String>,
}

impl Mcp {
    /// Whether it serves a single client.
    pub(crate) fn is_for_one(&self) -> bool {
        !self.http
    }

    /// Serves until the client disconnects or the program is stopped.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let server = self.server(global)?;
        if !self.http {
            return tokio::select! {
                result = server.serve_stdio() => Ok(result?),
                result = tokio::signal::ctrl_c() => Ok(result?),
            };
        }
        let address = SocketAddr::new(self.address, self.port);
        let given = settings::variable(TOKEN);
        let is_drawn = given.is_none();
        let mut http = HttpServer::bind(server, address, given.map(Secret::from))
            .await
            .map_err(|error| {
                Failure::input(match error.kind() {
                    ErrorKind::InvalidInput => format!("{TOKEN}: {error}"),
                    _ => format!("{address}: the server can't listen there: {error}"),
                })
            })?;
        if !http.is_local()? {
            output::note(
                "warning: other machines can reach this address, and there is no tls: anyone on the way can read \
             the token and the mail; put a tls proxy in front, or serve on 127.0.0.1",
            );
        }
        if http.token().expose().len() < LONG_TOKEN {
            output::note(&format!(
                "warning: {TOKEN} is shorter than {LONG_TOKEN} characters; give a longer one, or leave it out to \
                 get a random one"
            ));
        }
        for host in self.allow_host {
            http = http.allow_host(host);
        }
        for origin in self.allow_origin {
            http = http.allow_origin(origin);
        }
        output::note(&format!("mcp is served at {}", http.url()?));
        if is_drawn {
            output::note(&format!(
                "clients give authorization: Bearer {} ({TOKEN} sets another)",
                http.token().expose()
            ));
        }
        tokio::select! {
            result = http.serve() => Ok(result?),
            result = tokio::signal::ctrl_c() => Ok(result?),
        }
    }

    fn server(&self, global: &Global) -> Result<Server, Failure> {
        let mut access = Access::profile(self.profile.parse::<Profile>()?);
        let caps = [
            (Deed::Send, self.max_sends),
            (Deed::Forward, self.max_forwards),
            (Deed::Share, self.max_shares),
            (Deed::Delete, self.max_deletes),
        ];
        for (deed, a_day) in caps {
            if let Some(a_day) = a_day {
                access = access.cap(deed, a_day);
            }
        }
        access = access.approve(self.approve.iter().copied());
        if self.profile == "assistant" || caps.iter().any(|(_, a_day)| a_day.is_some()) {
            let directory = settings::directory()?;
            std::fs::create_dir_all(directory.path())?;
            access = access.count_in(directory.path().join(COUNTS));
        }
        if let Some(path) = &self.audit {
            access = access.audit(path).map_err(|error| {
                Failure::input(format!("{} can't be written to: {error}", path.display()))
            })?;
        }
        if self.read_only {
            access = access.read_only();
        }
        if self.no_send {
            access = access.no_send();
        }
        if !self.allow.is_empty() {
            access = access.allow_actions(&self.allow)?;
        }
        if !self.allow_recipients.is_empty() {
            access = access.allow_recipients(&self.allow_recipients);
        }
        let mut scopes = self.scopes.clone();
        if scopes.is_empty() {
            scopes = granted_scopes(global)?;
        }
        if !scopes.is_empty() {
            access = access.with_scopes(scopes);
        }
        let builder = settings::builder(global)?;
        let mode = builder.mode();
        // Read certificates and connect at the first call, because the client is waiting for the list of tools.
        let within = Duration::from_secs(self.answer_within.into());
        let mut tools = Tools::lazy(mode, move || builder.clone().build())
            .with_access(access)
            .with_limit(self.limit as usize)
            .with_quota_wait(within.min(DEFAULT_QUOTA_WAIT))
            .with_answer_within(within);
        if let Some(directory) = &self.attachments {
            tools = tools
                .with_directory(directory)
                .map_err(|error| Failure::input(format!("{}: {error}", directory.display())))?;
        }
        let server = Server::new(tools);
        let server = if self.text_only {
            server.text_only()
        } else {
            server
        };
        let names: Vec<&str> = self.tools.iter().map(String::as_str).collect();
        let server = match names.as_slice() {
            [] | ["default"] => server,
            ["all"] => server.offer_all(),
            names => {
                let default: Vec<String> = server
                    .offered()
                    .iter()
                    .map(|tool| tool.name.clone())
                    .collect();
                let names = names.iter().flat_map(|name| match *name {
                    "default" => default.clone(),
                    name => vec![name.to_owned()],
                });
                server
                    .clone()
                    .offer(names)
                    .map_err(|error| Failure::input(error.to_string()))?
            }
        };
        if server.offered().is_empty() {
            return Err(Failure::input("these limits leave no tool; allow more"));
        }
        Ok(server)
    }
}

/// The scopes granted to the signed-in account, if `builder` uses that account; empty if unknown.
fn granted_scopes(global: &Global) -> Result<Vec<String>, Failure> {
    if settings::is_hosted(global)? || settings::google_variable_for(global).is_some() {
        return Ok(Vec::new());
    }
    Ok(match Source::find(&settings::directory()?, global)? {
        Some(Source::Account(account, _)) => account.tokens.scopes,
        _ => Vec::new(),
    })
}
