//! The consents that a user has given, and the tokens issued from them.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::sandbox::GoogleCredentials;
use crate::sandbox::random;
use crate::sandbox::state::Settings;
use crate::sandbox::table;

/// How long an authorization code is valid.
const CODE_LIFETIME: Duration = Duration::from_secs(600);

/// One OAuth client and one user, with all their tokens.
#[derive(Debug)]
pub(crate) struct Account {
    initial: GoogleCredentials,
    grants: Vec<Grant>,
    refresh_tokens: HashMap<String, RefreshToken>,
    access_tokens: HashMap<String, AccessToken>,
    codes: HashMap<String, Code>,
    /// The scopes that the administrator has delegated to the service account.
    delegated: Vec<String>,
    /// Consent pages shown but not yet decided.
    pub(super) pending: HashMap<String, ConsentRequest>,
    next_generation: u64,
}

#[derive(Debug)]
struct Grant {
    scopes: Vec<String>,
    revoked: bool,
    /// Whether it gives access to a mailbox: the service account's own does not.
    has_mailbox: bool,
}

impl Grant {
    /// The grant's scopes, or the named ones among them.
    fn part(&self, named: Option<&[String]>) -> Vec<String> {
        self.scopes
            .iter()
            .filter(|scope| named.is_none_or(|named| named.contains(scope)))
            .cloned()
            .collect()
    }
}

#[derive(Debug)]
struct RefreshToken {
    grant: usize,
    replaced: bool,
    /// The refresh token that this one replaces; it ends when this one is first used.
    previous: Option<String>,
    ends: Option<Instant>,
}

#[derive(Debug)]
struct AccessToken {
    grant: usize,
    generation: u64,
    /// The requested part of the grant's scopes; `None` is all of them.
    scopes: Option<Vec<String>>,
    issued: Instant,
    lifetime: Duration,
    revoked: bool,
}

#[derive(Debug)]
struct Code {
    request: ConsentRequest,
    issued: Instant,
    /// The grant created by exchanging the code.
    used: Option<usize>,
}

/// A request for consent.
#[derive(Clone, Debug)]
pub(crate) struct ConsentRequest {
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) state: Option<String>,
    pub(super) challenge: Option<Challenge>,
    pub(super) offline: bool,
    pub(super) consent_prompted: bool,
    /// Whether the tokens should also cover previously granted scopes.
    pub(super) with_granted: bool,
}

/// A PKCE challenge and its method.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(super) method: String,
    pub(super) value: String,
}

/// The state of an access token.
#[derive(Debug)]
pub(crate) enum Standing {
    Valid(Valid),
    /// Expired or revoked, but issued by the sandbox.
    Ended(u64),
    Unknown,
}

/// A valid access token.
#[derive(Debug)]
pub(crate) struct Valid {
    pub(crate) generation: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) remaining: Duration,
    /// Whether it gives access to a mailbox.
    pub(crate) has_mailbox: bool,
}

/// Newly issued tokens.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(super) access_token: String,
    pub(super) lifetime: Duration,
    pub(super) scopes: Vec<String>,
    pub(super) refresh_token: Option<String>,
    /// The refresh token's lifetime, if limited.
    pub(super) refresh_lifetime: Option<Duration>,
}

impl Account {
    /// A user who has consented once, to every scope that any operation needs.
    pub(crate) fn new() -> Self {
        let initial = GoogleCredentials {
            client_id: "sandbox-client.apps.example.com".to_owned(),
            client_secret: "sandbox-client-secret".to_owned(),
            refresh_token: "sandbox-refresh-token".to_owned(),
            access_token: "sandbox-access-token".to_owned(),
        };
        let scopes: Vec<String> = known_scopes().into_iter().map(str::to_owned).collect();
        let refresh = RefreshToken {
            grant: 0,
            replaced: false,
            previous: None,
            ends: None,
        };
        let access = AccessToken {
            grant: 0,
            generation: 0,
            scopes: None,
            issued: Instant::now(),
            lifetime: Settings::default().access_token_lifetime,
            revoked: false,
        };
        Self {
            delegated: scopes.clone(),
            grants: vec![Grant {
                scopes,
                revoked: false,
                has_mailbox: true,
            }],
            refresh_tokens: HashMap::from([(initial.refresh_token.clone(), refresh)]),
            access_tokens: HashMap::from([(initial.access_token.clone(), access)]),
            codes: HashMap::new(),
            pending: HashMap::new(),
            next_generation: 1,
            initial,
        }
    }

    pub(crate) fn credentials(&self) -> GoogleCredentials {
        self.initial.clone()
    }

    pub(crate) fn standing(&self, access_token: &str) -> Standing {
        let Some(token) = self.access_tokens.get(access_token) else {
            return Standing::Unknown;
        };
        let remaining = token.lifetime.saturating_sub(token.issued.elapsed());
        match self.grants.get(token.grant) {
            Some(grant) if !grant.revoked && !token.revoked && !remaining.is_zero() => {
                Standing::Valid(Valid {
                    generation: token.generation,
                    scopes: grant.part(token.scopes.as_deref()),
                    remaining,
                    has_mailbox: grant.has_mailbox,
                })
            }
            _ => Standing::Ended(token.generation),
        }
    }

    /// The scopes of a refresh token, if it still works.
    pub(crate) fn refresh_scopes(&self, refresh_token: &str) -> Option<&[String]> {
        self.refreshable(refresh_token)
            .and_then(|token| self.grants.get(token.grant))
            .map(|grant| grant.scopes.as_slice())
    }

    /// Issues an access token from a refresh token, for these scopes or for all; `None` when the refresh token has
    /// ended.
    pub(super) fn refresh(
        &mut self,
        refresh_token: &str,
        scopes: Option<Vec<String>>,
        settings: &Settings,
    ) -> Option<Issued> {
        let token = self.refreshable(refresh_token)?;
        let (grant, ends, previous) = (token.grant, token.ends, token.previous.clone());
        let mut issued = self.issue(grant, scopes, settings);
        if let Some(previous) = previous.and_then(|token| self.refresh_tokens.get_mut(&token)) {
            previous.replaced = true;
        }
        if settings.rotate_refresh_tokens {
            self.give_refresh_token(grant, settings, &mut issued);
            if settings.keep_previous_refresh_token {
                let new = issued.refresh_token.as_ref();
                if let Some(new) = new.and_then(|token| self.refresh_tokens.get_mut(token)) {
                    new.previous = Some(refresh_token.to_owned());
                }
            } else if let Some(token) = self.refresh_tokens.get_mut(refresh_token) {
                token.replaced = true;
            }
        } else {
            issued.refresh_lifetime =
                ends.map(|ends| ends.saturating_duration_since(Instant::now()));
        }
        Some(issued)
    }

    /// Adds the previously granted scopes, if the request asks for them.
    pub(super) fn add_granted(&self, request: &mut ConsentRequest) {
        if !request.with_granted {
            return;
        }
        let mut before: Vec<&String> = self.allowed().flat_map(|grant| &grant.scopes).collect();
        before.sort_unstable();
        for scope in before {
            if !request.scopes.contains(scope) {
                request.scopes.push(scope.clone());
            }
        }
    }

    /// Issues a code for a request that the user has allowed.
    pub(super) fn issue_code(&mut self, request: ConsentRequest) -> String {
        let code = random::token("code");
        self.codes.insert(
            code.clone(),
            Code {
                request,
                issued: Instant::now(),
                used: None,
            },
        );
        code
    }

    /// The request behind a code that can still be exchanged. A second use revokes the tokens of the first, as RFC 6749
    /// section 4.1.2 says.
    pub(super) fn code(&mut self, code: &str) -> Option<ConsentRequest> {
        let entry = self.codes.get(code)?;
        if let Some(grant) = entry.used {
            if let Some(grant) = self.grants.get_mut(grant) {
                grant.revoked = true;
            }
            return None;
        }
        (entry.issued.elapsed() < CODE_LIFETIME).then(|| entry.request.clone())
    }

    /// Exchanges a code for tokens.
    pub(super) fn exchange(
        &mut self,
        code: &str,
        request: &ConsentRequest,
        settings: &Settings,
    ) -> Issued {
        // Google returns a refresh token at the first consent, and later only with `prompt=consent`. The sandbox's
        // initial grant does not count: no page was shown for it.
        let first = self.allowed().next().is_none();
        let grant = self.grant(request.scopes.clone());
        if let Some(entry) = self.codes.get_mut(code) {
            entry.used = Some(grant);
        }
        let mut issued = self.issue(grant, None, settings);
        if request.offline && (first || request.consent_prompted) {
            self.give_refresh_token(grant, settings, &mut issued);
        }
        issued
    }

    /// Adds a consent with its own refresh token, for a connector at Airbyte.
    pub(crate) fn connect(&mut self, settings: &Settings) -> String {
        let scopes = known_scopes().into_iter().map(str::to_owned).collect();
        let grant = self.grant(scopes);
        self.new_refresh_token(grant, settings)
    }

    /// Whether the administrator has delegated a scope to the service account.
    pub(super) fn is_delegated(&self, scope: &str) -> bool {
        self.delegated.iter().any(|allowed| allowed == scope)
    }

    /// Issues an access token to the service account, for a mailbox or for itself.
    pub(super) fn delegate(
        &mut self,
        scopes: Vec<String>,
        has_mailbox: bool,
        settings: &Settings,
    ) -> Issued {
        let grant = self.grant(scopes);
        if let Some(grant) = self.grants.get_mut(grant) {
            grant.has_mailbox = has_mailbox;
        }
        self.issue(grant, None, settings)
    }

    /// Whether an unrevoked grant covers these scopes.
    pub(super) fn has_consented(&self, scopes: &[String]) -> bool {
        self.grants
            .iter()
            .any(|grant| !grant.revoked && scopes.iter().all(|scope| grant.scopes.contains(scope)))
    }

    /// Revokes the grant behind an access or refresh token; `false` if there is no such grant.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        let grant = match self.standing(token) {
            Standing::Valid(_) => self.access_tokens.get(token).map(|token| token.grant),
            _ => self.refreshable(token).map(|token| token.grant),
        };
        match grant.and_then(|grant| self.grants.get_mut(grant)) {
            Some(grant) => {
                grant.revoked = true;
                true
            }
            None => false,
        }
    }

    pub(crate) fn expire_access_tokens(&mut self) {
        for token in self.access_tokens.values_mut() {
            token.lifetime = Duration::ZERO;
        }
    }

    pub(crate) fn revoke_access_tokens(&mut self) {
        for token in self.access_tokens.values_mut() {
            token.revoked = true;
        }
    }

    pub(crate) fn revoke_grants(&mut self) {
        for grant in &mut self.grants {
            grant.revoked = true;
        }
    }

    pub(crate) fn limit_scopes(&mut self, scopes: &[&str]) {
        self.delegated = scopes.iter().map(|&scope| scope.to_owned()).collect();
        for grant in &mut self.grants {
            grant.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        }
    }

    /// Unrevoked grants that came from the consent page.
    fn allowed(&self) -> impl Iterator<Item = &Grant> {
        self.codes
            .values()
            .filter_map(|code| self.grants.get(code.used?))
            .filter(|grant| !grant.revoked)
    }

    fn refreshable(&self, refresh_token: &str) -> Option<&RefreshToken> {
        let token = self.refresh_tokens.get(refresh_token)?;
        let standing = self
            .grants
            .get(token.grant)
            .is_some_and(|grant| !grant.revoked);
        let alive = token.ends.is_none_or(|ends| Instant::now() < ends);
        (standing && alive && !token.replaced).then_some(token)
    }

    fn grant(&mut self, scopes: Vec<String>) -> usize {
        self.grants.push(Grant {
            scopes,
            revoked: false,
            has_mailbox: true,
        });
        self.grants.len() - 1
    }

    fn issue(&mut self, grant: usize, scopes: Option<Vec<String>>, settings: &Settings) -> Issued {
        let access_token = random::token("access-token");
        let generation = self.next_generation;
        self.next_generation += 1;
        let lifetime = settings.access_token_lifetime;
        let shown = self
            .grants
            .get(grant)
            .map(|grant| grant.part(scopes.as_deref()))
            .unwrap_or_default();
        let token = AccessToken {
            grant,
            generation,
            scopes,
            issued: Instant::now(),
            lifetime,
            revoked: false,
        };
        self.access_tokens.insert(access_token.clone(), token);
        Issued {
            access_token,
            lifetime,
            scopes: shown,
            refresh_token: None,
            refresh_lifetime: None,
        }
    }

    fn give_refresh_token(&mut self, grant: usize, settings: &Settings, issued: &mut Issued) {
        issued.refresh_token = Some(self.new_refresh_token(grant, settings));
        issued.refresh_lifetime = settings.refresh_token_lifetime;
    }

    fn new_refresh_token(&mut self, grant: usize, settings: &Settings) -> String {
        let token = random::token("refresh-token");
        let ends = settings
            .refresh_token_lifetime
            .and_then(|lifetime| Instant::now().checked_add(lifetime));
        self.refresh_tokens.insert(
            token.clone(),
            RefreshToken {
                grant,
                replaced: false,
                previous: None,
                ends,
            },
        );
        token
    }
}

/// Every scope that the consent page accepts.
pub(super) fn known_scopes() -> Vec<&'static str> {
    let mut scopes = table::all()
        .flat_map(|row| row.scopes.iter().copied())
        .chain([
            "openid",
            "email",
            "profile",
            "https://www.googleapis.com/auth/userinfo.email",
            "https://www.googleapis.com/auth/userinfo.profile",
        ])
        .collect::<Vec<_>>();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}
