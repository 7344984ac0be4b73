//! The main job on the sandbox's sample of real mail. `tests/judges.sh` does it with mail that the project did not write.

#![cfg(all(feature = "sandbox", feature = "sync"))]

use crate::support::main_job::main_job;
use crate::support::{TestResult, corpus};

#[tokio::test]
async fn the_projects_own_sample() -> TestResult {
    let samples = corpus::own();
    assert!(samples.len() > 40);
    main_job(&samples, &[]).await
}
