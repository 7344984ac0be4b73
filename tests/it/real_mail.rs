//! The whole job on the sandbox's sample mail. `tests/judges.sh` runs it on mail from other projects.

#![cfg(all(feature = "sandbox", feature = "sync"))]

use crate::support::main_job::main_job;
use crate::support::{TestResult, corpus};

#[tokio::test]
async fn the_projects_own_sample() -> TestResult {
    let samples = corpus::own();
    assert!(samples.len() > 40);
    main_job(&samples, &[]).await
}
