//! The consents that a user has given, and the tokens that came from them.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::sandbox::GoogleCredentials;
use crate::sandbox::random;
use crate::sandbox::state::Settings;
use crate::sandbox::table;

/// How long an authorization code may wait to be exchanged.
const CODE_LIFETIME: Duration = Duration::from_secs(600);

/// One OAuth client and one user, with every token between them.
#[derive(Debug)]
pub(crate) struct Account {
    initial: GoogleCredentials,
    grants: Vec<Grant>,
    refresh_tokens: HashMap<String, RefreshToken>,
    access_tokens: HashMap<String, AccessToken>,
    codes: HashMap<String, Code>,
    /// What the administrator allows the service account.
    delegated: Vec<String>,
    /// Consent pages that were shown and not yet decided.
    pub(super) pending: HashMap<String, ConsentRequest>,
    next_generation: u64,
}

#[derive(Debug)]
struct Grant {
    scopes: Vec<String>,
    revoked: bool,
    /// Whether there is a mailbox behind it: a service account itself has none.
    has_mailbox: bool,
}

impl Grant {
    /// Its scopes, or those of them that are named.
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
    /// The one in whose place it was given; it ends when this one is used.
    previous: Option<String>,
    ends: Option<Instant>,
}

#[derive(Debug)]
struct AccessToken {
    grant: usize,
    generation: u64,
    /// The part of the grant that it was asked for, where it is not good for all of it.
    scopes: Option<Vec<String>>,
    issued: Instant,
    lifetime: Duration,
    revoked: bool,
}

#[derive(Debug)]
struct Code {
    request: ConsentRequest,
    issued: Instant,
    /// The grant that an exchange has made of it.
    used: Option<usize>,
}

/// What the consent page was asked for.
#[derive(Clone, Debug)]
pub(crate) struct ConsentRequest {
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) state: Option<String>,
    pub(super) challenge: Option<Challenge>,
    pub(super) offline: bool,
    pub(super) consent_prompted: bool,
    /// Whether the answer is to cover what was allowed before, too.
    pub(super) with_granted: bool,
}

/// A PKCE challenge and its method.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(super) method: String,
    pub(super) value: String,
}

/// What an access token is worth now.
#[derive(Debug)]
pub(crate) enum Standing {
    Valid(Valid),
    /// Expired or revoked, but one of ours.
    Ended(u64),
    Unknown,
}

/// A valid access token.
#[derive(Debug)]
pub(crate) struct Valid {
    pub(crate) generation: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) remaining: Duration,
    /// Whether there is a mailbox behind it.
    pub(crate) has_mailbox: bool,
}

/// Tokens that have just been issued.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(super) access_token: String,
    pub(super) lifetime: Duration,
    pub(super) scopes: Vec<String>,
    pub(super) refresh_token: Option<String>,
    /// How long the refresh token lives, when it does not live for ever.
    pub(super) refresh_lifetime: Option<Duration>,
}

impl Account {
    /// A user who has consented once, to every scope that an operation can need.
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

    /// The scopes of a refresh token that still works.
    pub(crate) fn refresh_scopes(&self, refresh_token: &str) -> Option<&[String]> {
        self.refreshable(refresh_token)
            .and_then(|token| self.grants.get(token.grant))
            .map(|grant| grant.scopes.as_slice())
    }

    /// New access token for a refresh token, for these of its scopes or for all; `None` when that
    /// one has ended.
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

    /// Adds to a request what was allowed before, where it asks for that.
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

    /// A code for a consent request that the user has allowed.
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

    /// The request behind a code that may still be exchanged. A code that comes a second time ends
    /// what the first exchange gave, as RFC 6749 section 4.1.2 asks.
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

    /// Tokens for a code.
    pub(super) fn exchange(
        &mut self,
        code: &str,
        request: &ConsentRequest,
        settings: &Settings,
    ) -> Issued {
        // Google gives a refresh token at the first consent, and later only when the consent page
        // was asked for explicitly. What the sandbox began with was allowed on no page.
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

    /// A new consent with a refresh token of its own, as a connector of Airbyte's holds it.
    pub(crate) fn connect(&mut self, settings: &Settings) -> String {
        let scopes = known_scopes().into_iter().map(str::to_owned).collect();
        let grant = self.grant(scopes);
        self.new_refresh_token(grant, settings)
    }

    /// Whether the service account may have a scope in the organization's mailboxes.
    pub(super) fn is_delegated(&self, scope: &str) -> bool {
        self.delegated.iter().any(|allowed| allowed == scope)
    }

    /// An access token of the service account, for a mailbox or for itself.
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

    /// Whether a grant that still stands covers these scopes.
    pub(super) fn has_consented(&self, scopes: &[String]) -> bool {
        self.grants
            .iter()
            .any(|grant| !grant.revoked && scopes.iter().all(|scope| grant.scopes.contains(scope)))
    }

    /// Revokes the consent behind a token of either kind; `false` when it has no consent.
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

    /// The grants that stand and were given on the consent page.
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

/// Every scope that the consent page knows.
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
