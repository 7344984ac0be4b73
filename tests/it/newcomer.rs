//! The program's messages to newcomers: said once, with the next step.

#![cfg(feature = "cli")]

use std::process::Output;

use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};

use crate::import::run;
use crate::support::TestResult;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_once_and_what_to_do_next() -> TestResult {
    let sandbox = Sandbox::builder().empty().start().await?;
    let bounce = sandbox.deliver(
        b"From: MAILER-DAEMON@example.org\r\nMIME-Version: 1.0\r\nSubject: Undelivered\r\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
        --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
        Final-Recipient: rfc822; jo@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\
        Diagnostic-Code: smtp; 550 no\r\n\r\n\
        Final-Recipient: rfc822; al@example.org\r\nAction: delayed\r\n--b--\r\n",
    );
    let read = run(&sandbox, &["read", &bounce]).await?;
    let shown = String::from_utf8_lossy(&read.stdout).into_owned();
    let report = "Delivery report of mx.example.org\njo@example.org: failed, 5.1.1, 550 no\nal@example.org: delayed";
    assert!(shown.contains(report), "{shown}");

    // The table does not repeat what standard error says.
    let reply = run(&sandbox, &["reply", &bounce, "--text", "x"]).await?;
    let shown = String::from_utf8_lossy(&reply.stdout).into_owned();
    assert!(
        shown.contains("sent") && !shown.contains("notes"),
        "{shown}"
    );
    assert!(said(&reply).contains("mail server's report"));

    for (arguments, next) in [
        (
            &[
                "filters",
                "create",
                "--from",
                "a@example.org",
                "--label",
                "Travel",
            ][..],
            "or make it first with `labels create`",
        ),
        (&["import", "no-such.mbox"], "; check the path"),
    ] {
        let refused = run(&sandbox, arguments).await?;
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(said(&refused).contains(next), "{}", said(&refused));
    }
    let demo = run(&sandbox, &["demo"]).await?;
    let shown = String::from_utf8_lossy(&demo.stdout).into_owned();
    assert!(
        shown.contains("its labels are now Inbox,") && shown.contains(", Demo/Hosted"),
        "{shown}"
    );

    let label = run(
        &sandbox,
        &["labels", "create", "--name", "Work", "-o", "ids"],
    )
    .await?;
    let label = String::from_utf8_lossy(&label.stdout).trim().to_owned();
    let lost = FaultKind::ConnectionClosedBeforeResponse;
    sandbox.inject(Fault::new(Service::Gmail, lost).on("labels_delete"));
    let unknown = run(&sandbox, &["labels", "delete", &label, "--yes"]).await?;
    assert_eq!(unknown.status.code(), Some(8), "{}", said(&unknown));
    assert_eq!(said(&unknown).matches("may have been done").count(), 1);
    Ok(())
}
