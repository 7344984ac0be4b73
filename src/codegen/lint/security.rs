//! The rules for security schemes and scopes.

use openapiv3::{OpenAPI, Operation, ReferenceOr, SecurityRequirement, SecurityScheme};
use serde_json::Value;

use super::{Findings, Place};

/// Checks that open-source mode supports each scheme.
pub(super) fn check_schemes(openapi: &OpenAPI, findings: &Findings<'_>) {
    let schemes = openapi.components.iter();
    for (name, scheme) in schemes.flat_map(|components| &components.security_schemes) {
        let what = match scheme {
            ReferenceOr::Item(SecurityScheme::HTTP { scheme, .. })
                if scheme.eq_ignore_ascii_case("bearer") =>
            {
                continue;
            }
            ReferenceOr::Item(SecurityScheme::OAuth2 { flows, .. })
                if flows.authorization_code.is_some() =>
            {
                continue;
            }
            ReferenceOr::Item(SecurityScheme::HTTP { scheme, .. }) => format!("http {scheme}"),
            ReferenceOr::Item(SecurityScheme::APIKey { .. }) => "apiKey".to_owned(),
            ReferenceOr::Item(SecurityScheme::OpenIDConnect { .. }) => "openIdConnect".to_owned(),
            ReferenceOr::Item(SecurityScheme::OAuth2 { .. }) => {
                "oauth2 without authorizationCode".to_owned()
            }
            ReferenceOr::Reference { .. } => "a `$ref`".to_owned(),
        };
        findings.place(format!("components.securitySchemes.{name}")).add(
            format!("`{name}` is {what}, with which nothing signs in; use oauth2 with authorizationCode, or http bearer"),
        );
    }
}

/// Checks the schemes and scopes of an operation.
pub(super) fn check(openapi: &OpenAPI, place: &Place<'_>, operation: &Operation) {
    let Some(security) = operation.security.as_ref().or(openapi.security.as_ref()) else {
        place.add("no `security`; name the scheme, or `security: []` where no token is needed");
        return;
    };
    if security.iter().any(|alternative| alternative.len() > 1) {
        place.add("`security` asks for several schemes at once; name alternatives, one a line");
    }
    for (scheme, scopes) in security.iter().flatten() {
        let declared = openapi
            .components
            .as_ref()
            .and_then(|components| components.security_schemes.get(scheme));
        match declared {
            None => place.add(format!(
                "security scheme `{scheme}` is not declared; add it to `components.securitySchemes`"
            )),
            Some(ReferenceOr::Item(SecurityScheme::OAuth2 { flows, .. })) => {
                let known = flows.authorization_code.as_ref().map(|flow| &flow.scopes);
                for scope in scopes {
                    if !known.is_some_and(|known| known.contains_key(scope)) {
                        place.add(
                            format!("scope `{scope}` is not declared by `{scheme}`; add it there or fix the name"),
                        );
                    }
                }
            }
            Some(_) => {}
        }
    }
    check_partial_scopes(place, operation, security);
}

fn check_partial_scopes(
    place: &Place<'_>,
    operation: &Operation,
    security: &[SecurityRequirement],
) {
    let Some(partial) = operation.extensions.get("x-partial-scopes") else {
        return;
    };
    let scopes: Vec<&str> = security
        .iter()
        .flat_map(|alternative| alternative.values().flatten())
        .map(String::as_str)
        .collect();
    let is_known = |scope: &Value| scope.as_str().is_some_and(|scope| scopes.contains(&scope));
    if !partial
        .as_array()
        .is_some_and(|partial| partial.iter().all(is_known))
    {
        place.add(
            "`x-partial-scopes` is not a list of scopes that `security` has; take them from there",
        );
    }
}
