#![no_main]

use airbyte_agent_gmail::fuzzing::read_batch;
use libfuzzer_sys::fuzz_target;

/// The first line is the content type, the rest the body.
fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (content_type, body) = bytes.split_at(end);
    let content_type = String::from_utf8_lossy(content_type);
    if let Some(replies) = read_batch(content_type.trim(), body, 3) {
        assert_eq!(replies.len(), 3);
        let long: usize = replies.iter().flatten().map(|body| body.len()).sum();
        assert!(long <= body.len());
    }
    // A well-formed batch returns any body unchanged.
    let boundary = "batch_of_the_target";
    if !body
        .windows(boundary.len())
        .any(|window| window == boundary.as_bytes())
    {
        let mut whole = Vec::new();
        for index in [1, 0] {
            let head = format!(
                "--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <response-item-{index}>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
            );
            whole.extend_from_slice(head.as_bytes());
            whole.extend_from_slice(body);
            whole.extend_from_slice(b"\r\n");
        }
        whole.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/mixed; boundary={boundary}");
        let replies = read_batch(&kind, &whole, 2).unwrap();
        assert!(replies.iter().all(|reply| reply.as_deref() == Some(body)));
    }
});
