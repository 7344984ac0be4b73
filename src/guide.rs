//! Guides, in reading order: each mode from nothing to the first call, credentials, the program, agents, testing,
//! errors, answers and times, Google's quota, many users and hosts, features, and moving from other packages.
//!
//! They exist only in the documentation. Their examples run with the tests.

#[doc = include_str!("../guide/open_source.md")]
pub mod open_source {}

#[doc = include_str!("../guide/hosted.md")]
pub mod hosted {}

#[doc = include_str!("../guide/credentials.md")]
pub mod credentials {}

#[doc = include_str!("../guide/program.md")]
pub mod program {}

#[doc = include_str!("../guide/agents.md")]
pub mod agents {}

#[doc = include_str!("../guide/test_your_program.md")]
pub mod test_your_program {}

#[doc = include_str!("../guide/errors.md")]
pub mod errors {}

#[doc = include_str!("../guide/answers.md")]
pub mod answers {}

#[doc = include_str!("../guide/time.md")]
pub mod time {}

#[doc = include_str!("../guide/quota.md")]
pub mod quota {}

#[doc = include_str!("../guide/hosts.md")]
pub mod hosts {}

#[doc = include_str!("../guide/features.md")]
pub mod features {}

#[doc = include_str!("../guide/from_python.md")]
pub mod from_python {}

#[doc = include_str!("../guide/from_google_gmail1.md")]
pub mod from_google_gmail1 {}
