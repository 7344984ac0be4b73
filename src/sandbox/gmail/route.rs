//! Maps method and path to a row of the operation table.

use http::Method;

use crate::operation::Operation;
use crate::sandbox::exchange::{Request, segments};
use crate::sandbox::state::{State, lock};
use crate::sandbox::table;

/// The target of a request.
#[derive(Debug)]
pub(super) enum Route {
    Found(Found),
    /// The path exists, but only with these methods.
    OtherMethod(String),
    Nothing,
}

/// An operation and the values in its path.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) operation: &'static Operation,
    pub(super) params: Vec<(String, String)>,
    /// Whether the message comes as media, apart from the params.
    pub(super) upload: bool,
    /// The user, if it is not the mailbox's own.
    pub(super) foreign_user: Option<String>,
}

/// Finds the row for a request.
pub(super) fn find(state: &State, request: &Request) -> Route {
    let (path, upload) = match request
        .path
        .strip_prefix("/resumable")
        .unwrap_or(&request.path)
    {
        path if path.starts_with("/upload/") => (path.trim_start_matches("/upload"), true),
        _ => (request.path.as_str(), false),
    };
    let Some(segments) = segments(path) else {
        return Route::Nothing;
    };
    let candidates: Vec<_> = table::all()
        .filter(|row| !upload || table::largest_media(row).is_some())
        .filter_map(|row| Some((row, params(row.path, &segments)?)))
        .collect();
    // `/messages/send` also matches `/messages/{messageId}`: the more literal template wins.
    let literal = candidates.iter().map(|(row, _)| variables(row.path)).min();
    let candidates = candidates
        .into_iter()
        .filter(|(row, _)| Some(variables(row.path)) == literal);
    let mut allowed = Vec::new();
    for (operation, params) in candidates {
        // Google's Go client sends chunks with POST, even where the operation's own method is another.
        let resumed = upload
            && [Method::PUT, Method::POST].contains(&request.method)
            && request.query_value("upload_id").is_some();
        if operation.method.as_str() == request.method.as_str() || resumed {
            let user = segments
                .get(3)
                .filter(|&user| !is_own(state, user))
                .cloned();
            return Route::Found(Found {
                operation,
                params,
                upload,
                foreign_user: user,
            });
        }
        allowed.push(operation.method.as_str());
    }
    if allowed.is_empty() {
        Route::Nothing
    } else {
        Route::OtherMethod(allowed.join(", "))
    }
}

/// The values of a path's parameters. The user, the fourth segment of every path, may be anyone.
fn params(template: &str, segments: &[String]) -> Option<Vec<(String, String)>> {
    let template: Vec<&str> = template.strip_prefix('/')?.split('/').collect();
    if template.len() != segments.len() {
        return None;
    }
    let mut params = Vec::new();
    for (position, (expected, segment)) in template.iter().zip(segments).enumerate() {
        match expected
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'))
        {
            // A custom method follows the id: `{keyPairId}:disable`.
            Some((name, verb)) => match segment.strip_suffix(verb) {
                Some(value) if !value.is_empty() => {
                    params.push((name.to_owned(), value.to_owned()))
                }
                _ => return None,
            },
            None if *expected == segment || (position == 3 && *expected == "me") => {}
            None => return None,
        }
    }
    Some(params)
}

/// How many segments of a path are placeholders.
fn variables(template: &str) -> usize {
    template
        .split('/')
        .filter(|segment| segment.ends_with('}'))
        .count()
}

fn is_own(state: &State, user: &str) -> bool {
    user == "me"
        || lock(&state.mailbox)
            .email_address()
            .eq_ignore_ascii_case(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(path: &str) -> Vec<String> {
        segments(path).unwrap()
    }

    #[test]
    fn paths_give_their_values() {
        let template = "/gmail/v1/users/me/messages/{messageId}/attachments/{id}";
        assert_eq!(
            params(
                template,
                &split("/gmail/v1/users/user%40example.com/messages/1/attachments/a%2Fb")
            ),
            Some(vec![
                ("messageId".to_owned(), "1".to_owned()),
                ("id".to_owned(), "a/b".to_owned())
            ])
        );
        let verb = "/gmail/v1/users/me/settings/cse/keypairs/{keyPairId}:disable";
        assert_eq!(
            params(
                verb,
                &split("/gmail/v1/users/me/settings/cse/keypairs/1:disable")
            ),
            Some(vec![("keyPairId".to_owned(), "1".to_owned())])
        );
        assert_eq!(
            params(
                verb,
                &split("/gmail/v1/users/me/settings/cse/keypairs/:disable")
            ),
            None
        );
        for path in [
            "/gmail/v1/users/me/messages/1/attachments",
            "/gmail/v1/users/me/messages//attachments/2",
            "/gmail/v2/users/me/messages/1/attachments/2",
            "/gmail/v1/users/me/messages/1/attachments/2/",
        ] {
            assert_eq!(params(template, &split(path)), None, "{path}");
        }
    }
}
