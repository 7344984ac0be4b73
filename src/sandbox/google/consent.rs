//! The consent page, where a user allows a program to use the mailbox.

use http::{StatusCode, Uri, header};

use super::account::{Challenge, ConsentRequest, known_scopes};
use super::pkce::is_verifier;
use crate::sandbox::exchange::{Answer, Request, first, with_query};
use crate::sandbox::page::{consent_form, escape, page};
use crate::sandbox::random;
use crate::sandbox::state::{State, lock};

/// The page's path.
pub(crate) const PATH: &str = "/o/oauth2/v2/auth";

/// Answers GET with the page, or with an error page.
pub(super) fn show(state: &State, request: &Request) -> Answer {
    let (consent, prompt) = match read(state, request) {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    if prompt.contains(&"none".to_owned()) {
        // `prompt=none` shows no page, so only an earlier consent can answer it.
        let consented = lock(&state.google).has_consented(&consent.scopes);
        return if consented {
            allow(state, consent)
        } else {
            back(&consent, &[("error", "interaction_required")])
        };
    }
    let email = lock(&state.mailbox).email_address().to_owned();
    // As at Google, the user can deselect each of several scopes.
    let boxes = consent.scopes.len() > 1;
    let scopes: String = consent
        .scopes
        .iter()
        .enumerate()
        .map(|(position, scope)| {
            let scope = escape(scope);
            if boxes {
                format!(
                    "<li><label><input type=\"checkbox\" name=\"scope\" value=\"{scope}\" id=\"scope-{position}\" \
                     form=\"consent\" checked><code>{scope}</code></label></li>"
                )
            } else {
                format!("<li><code>{scope}</code></li>")
            }
        })
        .collect();
    let class = if boxes { "boxes" } else { "scopes" };
    let choice = if boxes {
        "<input type=\"hidden\" name=\"boxes\" value=\"shown\" form=\"consent\">"
    } else {
        ""
    };
    let number = random::token("consent");
    let content = format!(
        "<h1>Allow access to this mailbox?</h1>\n<p>A program asks for access to the sandbox mailbox \
         <strong>{}</strong> with these scopes:</p>\n<ul class=\"{class}\">{scopes}</ul>{choice}\n\
         <p><small>This page belongs to a sandbox on this machine. No Google account is involved.</small></p>\n{}",
        escape(&email),
        consent_form(PATH, &number)
    );
    lock(&state.google).pending.insert(number, consent);
    Answer::html(StatusCode::OK, page("Sandbox consent", &content))
        .with_header(header::CACHE_CONTROL, "no-store")
        .with_header(header::X_FRAME_OPTIONS, "DENY")
}

/// Answers POST: records the decision and redirects the browser back to the program.
pub(super) fn decide(state: &State, request: &Request) -> Answer {
    let form = request.form_pairs();
    let number = first(form.clone(), "request").unwrap_or_default();
    let decision = first(form.clone(), "decision").unwrap_or_default();
    if !["allow", "deny"].contains(&decision.as_str()) {
        return blocked(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The decision must be allow or deny.",
        );
    }
    let boxes = first(form.clone(), "boxes").is_some();
    let ticked: Vec<String> = form
        .into_iter()
        .filter(|(name, _)| name == "scope")
        .map(|(_, value)| value)
        .collect();
    let Some(mut consent) = lock(&state.google).pending.remove(&number) else {
        return blocked(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "This page has been used. Start again.",
        );
    };
    if boxes {
        consent.scopes.retain(|scope| ticked.contains(scope));
    }
    if decision == "allow" && !consent.scopes.is_empty() {
        allow(state, consent)
    } else {
        back(&consent, &[("error", "access_denied")])
    }
}

fn allow(state: &State, mut consent: ConsentRequest) -> Answer {
    let mut account = lock(&state.google);
    account.add_granted(&mut consent);
    let code = account.issue_code(consent.clone());
    drop(account);
    let scope = consent.scopes.join(" ");
    back(
        &consent,
        &[
            ("code", code.as_str()),
            ("scope", scope.as_str()),
            ("authuser", "0"),
        ],
    )
}

fn back(consent: &ConsentRequest, pairs: &[(&str, &str)]) -> Answer {
    let state = consent.state.as_deref().map(|state| ("state", state));
    let pairs = state
        .into_iter()
        .chain(pairs.iter().copied())
        .collect::<Vec<_>>();
    Answer::found(&with_query(&consent.redirect_uri, &pairs))
        .with_header(header::CACHE_CONTROL, "no-store")
}

fn read(state: &State, request: &Request) -> Result<(ConsentRequest, Vec<String>), Answer> {
    let pairs = request.query_pairs();
    let bad = |description: &str| blocked(StatusCode::BAD_REQUEST, "invalid_request", description);
    for (position, (name, _)) in pairs.iter().enumerate() {
        if pairs
            .iter()
            .skip(position + 1)
            .any(|(other, _)| other == name)
        {
            return Err(bad(&format!(
                "OAuth 2 parameters can only have a single value: {name}"
            )));
        }
    }
    let get = |name: &str| first(pairs.clone(), name).filter(|value| !value.is_empty());
    let required =
        |name: &str| get(name).ok_or_else(|| bad(&format!("Missing required parameter: {name}")));

    if required("client_id")? != lock(&state.google).credentials().client_id {
        let description = "The OAuth client was not found.";
        return Err(blocked(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            description,
        ));
    }
    let redirect_uri = required("redirect_uri")?;
    if !is_loopback(&redirect_uri) {
        let description = "The redirect URI must be http on a loopback address.";
        return Err(blocked(
            StatusCode::BAD_REQUEST,
            "redirect_uri_mismatch",
            description,
        ));
    }
    match required("response_type")?.as_str() {
        "code" => {}
        other => {
            let description = format!("Invalid response_type: {other}");
            return Err(blocked(
                StatusCode::BAD_REQUEST,
                "unsupported_response_type",
                &description,
            ));
        }
    }
    let scopes: Vec<String> = required("scope")?
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect();
    let known = known_scopes();
    if let Some(unknown) = scopes.iter().find(|scope| !known.contains(&scope.as_str())) {
        let description = format!("Some requested scopes were invalid: {unknown}");
        return Err(blocked(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            &description,
        ));
    }
    let method = get("code_challenge_method");
    let challenge = match (get("code_challenge"), method) {
        (None, None) => None,
        (None, Some(_)) => return Err(bad("code_challenge_method requires code_challenge.")),
        (Some(value), method) => {
            let method = method.unwrap_or_else(|| "plain".to_owned());
            if !["S256", "plain"].contains(&method.as_str()) {
                return Err(bad(&format!("Invalid code_challenge_method: {method}")));
            }
            if !is_verifier(&value) {
                return Err(bad("Invalid code_challenge."));
            }
            Some(Challenge { method, value })
        }
    };
    let offline = match get("access_type").as_deref() {
        None | Some("online") => false,
        Some("offline") => true,
        Some(other) => return Err(bad(&format!("Invalid access_type: {other}"))),
    };
    let prompt: Vec<String> = get("prompt")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect();
    if let Some(other) = prompt
        .iter()
        .find(|word| !["none", "consent", "select_account"].contains(&word.as_str()))
    {
        return Err(bad(&format!("Invalid prompt: {other}")));
    }
    if prompt.len() > 1 && prompt.iter().any(|word| word == "none") {
        return Err(bad("Invalid prompt: none stands alone"));
    }
    let consent_prompted = prompt.iter().any(|word| word == "consent");
    let consent = ConsentRequest {
        redirect_uri,
        scopes,
        state: get("state"),
        challenge,
        offline,
        consent_prompted,
        with_granted: get("include_granted_scopes").as_deref() == Some("true"),
    };
    Ok((consent, prompt))
}

/// Whether an address is `http` on this machine.
pub(crate) fn is_loopback(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else {
        return false;
    };
    let user = uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    uri.scheme_str() == Some("http")
        && !user
        && !address.contains('#')
        && uri
            .host()
            .is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host))
}

fn blocked(status: StatusCode, error: &str, description: &str) -> Answer {
    let content = format!(
        "<h1>Access blocked: authorization error</h1>\n<p>{}</p>\n<p><code>Error {}: {}</code></p>",
        escape(description),
        status.as_u16(),
        escape(error)
    );
    Answer::html(status, page("Error", &content)).with_header(header::CACHE_CONTROL, "no-store")
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_addresses_are_redirected_to() {
        for address in [
            "http://127.0.0.1:8080/back",
            "http://localhost",
            "http://[::1]:1/?user=1",
        ] {
            assert!(is_loopback(address), "{address}");
        }
        for address in [
            "https://127.0.0.1/",
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://user@127.0.0.1/",
            "http://127.0.0.1/#fragment",
            "urn:ietf:wg:oauth:2.0:oob",
            "",
        ] {
            assert!(!is_loopback(address), "{address}");
        }
    }
}
