//! Detects messages written by programs, which shouldn't be answered carelessly (RFC 3834).

use crate::mail::read::Reading;

impl Reading {
    /// Whether the message has an empty return path (`<>`), as bounces and automatic replies do.
    ///
    /// A reply may cause a mail loop (RFC 3834, section 2).
    ///
    /// ```
    /// use airbyte_agent_gmail::mail::Reading;
    ///
    /// assert!(Reading::from_raw(b"Return-Path: <>\r\n\r\n").has_empty_return_path());
    /// ```
    #[must_use]
    pub fn has_empty_return_path(&self) -> bool {
        self.header("Return-Path")
            .is_some_and(|path| path.split_whitespace().collect::<String>() == "<>")
    }

    /// Whether a mail server wrote the message: it is from `MAILER-DAEMON`, or is a delivery report.
    ///
    /// ```
    /// use airbyte_agent_gmail::mail::Reading;
    ///
    /// assert!(Reading::from_raw(b"From: Mailer-Daemon@mx.example.net\r\n\r\n").is_from_mail_server());
    /// ```
    #[must_use]
    pub fn is_from_mail_server(&self) -> bool {
        let is_daemon = |address: &str| {
            let (local_part, _) = address.rsplit_once('@').unwrap_or((address, ""));
            local_part
                .trim_matches('"')
                .eq_ignore_ascii_case("mailer-daemon")
        };
        self.delivery_report.is_some()
            || self.from.iter().any(|from| {
                let is_bare = from.address().is_empty();
                is_daemon(from.address()) || (is_bare && from.name().is_some_and(is_daemon))
            })
            // The header parser rejects addresses without a domain.
            || self.header("From").is_some_and(|from| is_daemon(from.trim_matches(['<', '>'])))
    }

    /// Whether a program sent the message automatically (RFC 3834, section 5).
    ///
    /// ```
    /// use airbyte_agent_gmail::mail::Reading;
    ///
    /// assert!(Reading::from_raw(b"Auto-Submitted: auto-replied\r\n\r\n").is_auto_submitted());
    /// assert!(!Reading::from_raw(b"Auto-Submitted: no\r\n\r\n").is_auto_submitted());
    /// ```
    #[must_use]
    pub fn is_auto_submitted(&self) -> bool {
        self.header("Auto-Submitted").is_some_and(|value| {
            let keyword = value.split([';', '(', ' ']).find(|word| !word.is_empty());
            keyword.is_some_and(|keyword| !keyword.eq_ignore_ascii_case("no"))
        })
    }
}
