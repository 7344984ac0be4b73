//! The arguments for a user's consent at Airbyte, and the customer it is for.

use airbyte_agent_gmail::oauth::ConnectRequest;
use clap::Args;

use crate::cli::exit::Failure;
use crate::cli::settings;

#[derive(Args)]
pub(crate) struct Customer {
    /// The customer (default: AIRBYTE_CUSTOMER_NAME)
    #[arg(long, value_name = "NAME", conflicts_with = "workspace_name")]
    customer_name: Option<String>,
    /// The newer name for the same thing (default: AIRBYTE_WORKSPACE_NAME)
    #[arg(long, value_name = "NAME")]
    workspace_name: Option<String>,
}

/// A customer, by either kind of name.
pub(crate) enum Named {
    Workspace(String),
    Customer(String),
}

impl Customer {
    /// The customer from the flags, else from the environment.
    pub(crate) fn named(self) -> Result<Named, Failure> {
        let variable = settings::variable;
        for (flag, name) in [
            ("--customer-name", &self.customer_name),
            ("--workspace-name", &self.workspace_name),
        ] {
            if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
                return Err(Failure::input(format!(
                    "{flag} is empty; give the customer's name"
                )));
            }
        }
        self.workspace_name
            .map(Named::Workspace)
            .or_else(|| self.customer_name.map(Named::Customer))
            .or_else(|| variable("AIRBYTE_WORKSPACE_NAME").map(Named::Workspace))
            .or_else(|| variable("AIRBYTE_CUSTOMER_NAME").map(Named::Customer))
            // Without a name, Airbyte would list everybody's connectors.
            .filter(|(Named::Workspace(name) | Named::Customer(name))| !name.trim().is_empty())
            .ok_or_else(|| {
                Failure::input("no customer was given; give --customer-name or --workspace-name")
            })
    }
}

#[derive(Args)]
pub(crate) struct Consent {
    #[command(flatten)]
    customer: Customer,
    /// The connector's name
    #[arg(long)]
    name: Option<String>,
    /// Create the customer's workspace if it does not exist
    #[arg(long)]
    create_workspace: bool,
    /// The source template, if the organization has several
    #[arg(long, value_name = "ID")]
    source_template_id: Option<String>,
    /// Create the organization's source template if it does not exist
    #[arg(long)]
    create_template: bool,
}

impl Consent {
    /// The consent to request, with its redirect URL.
    pub(crate) fn request(self, redirect_url: &str) -> Result<ConnectRequest, Failure> {
        let mut request = ConnectRequest::new(redirect_url)
            .create_template(self.create_template)
            .create_workspace(self.create_workspace);
        request = match self.customer.named()? {
            Named::Workspace(name) => request.workspace_name(name),
            Named::Customer(name) => request.customer_name(name),
        };
        if let Some(name) = self.name {
            request = request.name(name);
        }
        if let Some(id) = self.source_template_id {
            request = request.source_template_id(id);
        }
        Ok(request)
    }
}
