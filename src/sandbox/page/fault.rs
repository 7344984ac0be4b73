//! The page that injects faults.

use std::time::Duration;

use http::StatusCode;

use super::frame::{escape, within};
use super::{see, text};
use crate::sandbox::exchange::{Answer, Request, first};
use crate::sandbox::fault::{Fault, FaultKind};
use crate::sandbox::log::Service;
use crate::sandbox::quota::{Meter, MinuteQuota};
use crate::sandbox::state::{State, lock};

const SERVICES: [(&str, &str, Service); 3] = [
    ("gmail", "Gmail API", Service::Gmail),
    ("google", "Google sign-in", Service::Google),
    ("airbyte", "Airbyte", Service::Airbyte),
];

/// A button on the page.
struct Button {
    name: &'static str,
    words: &'static str,
    act: fn(&State, Service),
}

/// The buttons for faults in requests to the chosen service.
const REQUESTS: [Button; 5] = [
    Button {
        name: "rate-limit",
        words: "429 on the next two",
        act: |state, service| inject(state, service, FaultKind::status(429), 2),
    },
    Button {
        name: "unavailable",
        words: "503 on the next two",
        act: |state, service| inject(state, service, FaultKind::status(503), 2),
    },
    Button {
        name: "slow",
        words: "Next answer 10 s late",
        act: |state, service| inject(state, service, FaultKind::Delay(Duration::from_secs(10)), 1),
    },
    Button {
        name: "cut",
        words: "Close the next connection",
        act: |state, service| inject(state, service, FaultKind::ConnectionClosedBeforeResponse, 1),
    },
    Button {
        name: "clear",
        words: "Clear the faults",
        act: |state, _| lock(&state.faults).clear(),
    },
];

/// The buttons that affect the whole sandbox.
const WHOLE: [Button; 4] = [
    Button {
        name: "expire",
        words: "Expire the access tokens",
        act: |state, _| {
            lock(&state.google).expire_access_tokens();
            lock(&state.airbyte).expire_tokens();
        },
    },
    Button {
        name: "revoke",
        words: "Revoke the consent",
        act: |state, _| lock(&state.google).revoke_grants(),
    },
    Button {
        name: "hold-quota",
        words: "Enforce the quota",
        act: |state, _| *lock(&state.quota) = Some(Meter::new(MinuteQuota::default())),
    },
    Button {
        name: "lift-quota",
        words: "Stop enforcing the quota",
        act: |state, _| *lock(&state.quota) = None,
    },
];

fn inject(state: &State, service: Service, kind: FaultKind, times: u32) {
    lock(&state.faults).push(Fault::new(service, kind).times(times));
}

pub(super) fn show(state: &State) -> Answer {
    let options: String = SERVICES
        .iter()
        .map(|(value, name, _)| format!("<option value=\"{value}\">{name}</option>"))
        .collect();
    let buttons = |buttons: &[Button]| -> String {
        buttons
            .iter()
            .map(|button| {
                format!(
                    "<button name=\"do\" value=\"{}\">{}</button>\n",
                    button.name, button.words
                )
            })
            .collect()
    };
    let waiting: String = lock(&state.faults)
        .waiting()
        .filter_map(|fault| serde_json::to_string(fault).ok())
        .map(|fault| format!("<li><code>{}</code></li>", escape(&fault)))
        .collect();
    let waiting = if waiting.is_empty() {
        "<p class=\"empty\">No faults are pending.</p>".to_owned()
    } else {
        format!("<ul>{waiting}</ul>")
    };
    let quota = match &*lock(&state.quota) {
        Some(meter) => format!(
            "The quota is enforced: {} units a minute.",
            meter.units_a_minute()
        ),
        None => "The quota is not enforced.".to_owned(),
    };
    let content = format!(
        "<h1>Faults</h1>\n<form method=\"post\" action=\"/page/faults\">\n\
         <label>Requests to <select name=\"service\">{options}</select></label>\n{}</form>\n\
         <form method=\"post\" action=\"/page/faults\">\n{}</form>\n<div id=\"live\"><p>{quota}</p>\n\
         <h2>Pending</h2>\n{waiting}</div>\n\
         <p>A program can do this, and more, with <code>POST /control/faults</code> and <code>POST /control/tokens</code>.</p>",
        buttons(&REQUESTS),
        buttons(&WHOLE),
    );
    within(state, "/page/faults", "Faults", &content)
}

/// Performs a button's action.
pub(super) fn act(state: &State, request: &Request) -> Answer {
    let form = request.form_pairs();
    let wanted = first(form.clone(), "do").unwrap_or_default();
    let service = first(form, "service").unwrap_or_default();
    let service = SERVICES
        .iter()
        .find(|(value, ..)| *value == service)
        .map_or(Service::Gmail, |(.., service)| *service);
    match REQUESTS
        .iter()
        .chain(&WHOLE)
        .find(|button| button.name == wanted)
    {
        Some(button) => {
            (button.act)(state, service);
            state.changed();
            see("/page/faults")
        }
        None => text(
            StatusCode::BAD_REQUEST,
            "the form has no button of this page; press one of those shown",
        ),
    }
}
