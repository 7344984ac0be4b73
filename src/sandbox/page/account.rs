//! Settings and code to connect a program to the sandbox.

use serde_json::{Map, Value, json};

use super::frame::{escape, within};
use crate::operation::Mode;
use crate::sandbox::credential::variables;
use crate::sandbox::exchange::Answer;
use crate::sandbox::state::{State, lock};

pub(super) fn show(state: &State) -> Answer {
    let origin = &state.origin;
    let google = lock(&state.google).credentials();
    let airbyte = lock(&state.airbyte).credentials();
    let shell = |mode| -> String {
        variables(state, mode)
            .into_iter()
            .map(|(name, value)| format!("export {name}='{value}'\n"))
            .collect()
    };
    let environment: Map<String, Value> = variables(state, Mode::OpenSource)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let mcp = json!({"mcpServers": {"gmail": {"command": "airbyte-gmail", "args": ["mcp"], "env": environment}}});
    let python = format!(
        "from google.oauth2.credentials import Credentials\nfrom googleapiclient.discovery import build\n\n\
         credentials = Credentials(\n    token=None,\n    refresh_token=\"{}\",\n    client_id=\"{}\",\n    \
         client_secret=\"{}\",\n    token_uri=\"{origin}/token\",\n)\n\
         gmail = build(\"gmail\", \"v1\", credentials=credentials, client_options={{\"api_endpoint\": \"{origin}\"}})\n\
         print(gmail.users().messages().list(userId=\"me\").execute())\n",
        google.refresh_token, google.client_id, google.client_secret,
    );
    let node = format!(
        "import {{ google }} from \"googleapis\";\n\nconst auth = new google.auth.OAuth2({{\n  clientId: \"{}\",\n  \
         clientSecret: \"{}\",\n  endpoints: {{ oauth2TokenUrl: \"{origin}/token\" }},\n}});\n\
         auth.setCredentials({{ refresh_token: \"{}\" }});\n\
         const gmail = google.gmail({{ version: \"v1\", auth, rootUrl: \"{origin}/\" }});\n\
         console.log((await gmail.users.messages.list({{ userId: \"me\" }})).data);\n",
        google.client_id, google.client_secret, google.refresh_token,
    );
    let sdk = format!(
        "export SDK_DEV_ADP_API_HOST='{origin}'\nexport AIRBYTE_CLIENT_ID='{}'\nexport AIRBYTE_CLIENT_SECRET='{}'\n\
         export AIRBYTE_ORGANIZATION_ID='{}'\n# workspace: {}\n# connector: {}\n",
        airbyte.client_id,
        airbyte.client_secret,
        airbyte.organization_id,
        airbyte.customer_name,
        airbyte.connector_id,
    );
    let sections = [
        ("Shell, open source", shell(Mode::OpenSource)),
        ("Shell, hosted", shell(Mode::Hosted)),
        ("Python, Google's client", python),
        ("Node, Google's client", node),
        ("Airbyte's SDK", sdk),
        ("MCP", format!("{mcp:#}\n")),
    ];
    let sections: String = sections
        .iter()
        .map(|(title, lines)| {
            format!(
                "<h2>{title}</h2>\n<pre class=\"copy\" tabindex=\"0\">{}</pre>\n",
                escape(lines)
            )
        })
        .collect();
    let content = format!(
        "<h1>Connect a program</h1>\n<p>Google's consent page is at <code>{origin}/o/oauth2/v2/auth</code>.</p>\n{sections}"
    );
    within(state, "/page/account", "Connect", &content)
}
