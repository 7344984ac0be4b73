//! `airbyte-gmail mcp`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use airbyte_agent_gmail::Secret;
use airbyte_agent_gmail::mcp::{HttpServer, Server};
use airbyte_agent_gmail::tool::{Access, Tools};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::exit::Failure;
use super::{output, texts};

/// The variable that holds the token of the HTTP server.
const TOKEN: &str = "AIRBYTE_GMAIL_MCP_TOKEN";

/// A token of at least so many characters is not guessed.
const LONG_TOKEN: usize = 16;

/// The command.
pub(crate) fn command() -> Command {
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    let list = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .value_delimiter(',')
            .action(ArgAction::Append)
            .help(help)
    };
    Command::new("mcp")
        .about("Serve the tools to agents over MCP, on the standard streams or over HTTP")
        .after_help(
            "Examples:\n  \
             airbyte-gmail mcp --read-only\n  \
             airbyte-gmail mcp --allow-recipients @example.com --attachments ~/mail-files\n  \
             AIRBYTE_GMAIL_MCP_TOKEN=… airbyte-gmail mcp --http --port 8788",
        )
        .arg(switch("read-only", "Offer nothing that changes the mailbox"))
        .arg(switch("no-send", "Offer nothing by which mail leaves the mailbox; drafts can be written"))
        .arg(list("allow", "ENTITY.ACTION", "Allow these actions alone, such as messages.list,messages.get"))
        .arg(list("allow-recipients", "ADDRESS", "Let mail go to these alone: addresses, or @example.com for a domain"))
        .arg(list("scopes", "SCOPE", "The scopes that the account has granted, where they are not those of `auth login`; what they do not allow is not offered"))
        .arg(list("tools", "NAME", "The tools to offer: names, `default` or `all`").default_value("default"))
        .arg(Arg::new("attachments").long("attachments").value_name("DIRECTORY").value_parser(clap::value_parser!(PathBuf)).help("The one directory that attachments are saved to and taken from; without it no tool touches a file"))
        .arg(Arg::new("limit").long("limit").value_name("CHARACTERS").default_value("20000").value_parser(clap::value_parser!(u32)).help("How long a result may be"))
        .arg(switch("http", "Serve over HTTP in place of the standard streams"))
        .arg(Arg::new("address").long("address").value_name("ADDRESS").default_value("127.0.0.1").value_parser(clap::value_parser!(IpAddr)).help("With --http: the address; those of other machines can't reach the default"))
        .arg(Arg::new("port").long("port").value_name("PORT").default_value("8788").value_parser(clap::value_parser!(u16)).help("With --http: the port; 0 for any free one"))
        .arg(list("allow-host", "HOST", "With --http: a name under which clients reach it"))
        .arg(list("allow-origin", "ORIGIN", "With --http: a page of the web that may ask, such as https://app.example.com:443"))
}

/// Serves until the client goes away, or the program is stopped.
pub(crate) async fn run(arguments: &ArgMatches) -> Result<(), Failure> {
    let server = server(arguments)?;
    if !arguments.get_flag("http") {
        return tokio::select! {
            result = server.serve_stdio() => Ok(result?),
            result = tokio::signal::ctrl_c() => Ok(result?),
        };
    }
    let address = SocketAddr::new(
        arguments
            .get_one::<IpAddr>("address")
            .copied()
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        arguments
            .get_one::<u16>("port")
            .copied()
            .unwrap_or_default(),
    );
    let given = super::credential::variable(TOKEN);
    let is_drawn = given.is_none();
    let mut http = HttpServer::bind(server, address, given.map(Secret::from))
        .await
        .map_err(|error| Failure::input(format!("{address} can't be served at: {error}")))?;
    if !http.is_local()? {
        output::note(
            "warning: other machines reach this address, and there is no tls: whoever is on the way reads the token and the \
             mail; put a proxy with tls before it, or serve at 127.0.0.1",
        );
    }
    if http.token().expose().len() < LONG_TOKEN {
        output::note(&format!(
            "warning: {TOKEN} is shorter than {LONG_TOKEN} characters; give a longer one, or none to have one drawn"
        ));
    }
    for host in texts(arguments, "allow-host") {
        http = http.allow_host(host);
    }
    for origin in texts(arguments, "allow-origin") {
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

fn server(arguments: &ArgMatches) -> Result<Server, Failure> {
    let mut access = Access::default();
    if arguments.get_flag("read-only") {
        access = access.read_only();
    }
    if arguments.get_flag("no-send") {
        access = access.no_send();
    }
    let allowed = texts(arguments, "allow");
    if !allowed.is_empty() {
        access = access.allow_actions(allowed)?;
    }
    let recipients = texts(arguments, "allow-recipients");
    if !recipients.is_empty() {
        access = access.allow_recipients(recipients);
    }
    let mut scopes = texts(arguments, "scopes");
    if scopes.is_empty() {
        scopes = super::credential::granted_scopes(arguments)?;
    }
    if !scopes.is_empty() {
        access = access.with_scopes(scopes);
    }
    let builder = super::credential::builder(arguments)?;
    let mode = builder.mode();
    let limit = arguments.get_one::<u32>("limit").copied().unwrap_or(20_000);
    // Certificates and connections are read and made at the first call: a client waits for the list of tools.
    let mut tools = Tools::lazy(mode, move || builder.clone().build())
        .with_access(access)
        .with_limit(limit as usize);
    if let Some(directory) = arguments.get_one::<PathBuf>("attachments") {
        tools = tools
            .with_directory(directory)
            .map_err(|error| Failure::input(error.to_string()))?;
    }
    let names = texts(arguments, "tools");
    let server = Server::new(tools);
    let server = match names
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] | ["default"] => server,
        ["all"] => server.offer_all(),
        names => server
            .offer(names)
            .map_err(|error| Failure::input(error.to_string()))?,
    };
    if server.offered().is_empty() {
        return Err(Failure::input(
            "these limits leave no tool; allow more".to_owned(),
        ));
    }
    Ok(server)
}
