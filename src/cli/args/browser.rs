//! The arguments of commands that need a browser.

use std::time::Duration;

use airbyte_agent_gmail::oauth::Loopback;
use clap::Args;

use super::seconds;
use crate::cli::exit::Failure;
use crate::cli::{browser, output};

#[derive(Args)]
pub(crate) struct Browser {
    /// Don't open a browser: print the url, and read the url that the browser ends up at from standard input
    #[arg(long)]
    no_browser: bool,
    /// The port on 127.0.0.1 that the browser returns to; any free one by default
    #[arg(long, default_value = "0", hide_default_value = true)]
    port: u16,
    /// How long to wait for the user's answer on the consent page
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds(1..=86_400))]
    pub(crate) timeout: Duration,
}

impl Browser {
    /// Starts listening for the browser.
    pub(crate) async fn listen(&self) -> Result<Loopback, Failure> {
        Ok(Loopback::bind(self.port).await?)
    }

    /// Opens a consent page, or asks the user to open it.
    pub(crate) fn send(&self, url: &str, loopback: &Loopback) {
        if !self.no_browser && browser::open(url) {
            output::note(&format!(
                "your browser opens the consent page; if it does not, go to\n\n  {url}\n"
            ));
            return;
        }
        output::note(&format!(
            "go to this address with any browser:\n\n  {url}\n\n\
             At the end the browser goes to an address that begins with {}. On this machine you are then done.\n\
             On another machine that page does not load: copy its whole address, paste it here and press Enter.",
            loopback.redirect_url()
        ));
        browser::take_paste(loopback.inbox());
    }
}
