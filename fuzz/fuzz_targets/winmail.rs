#![no_main]

use airbyte_agent_gmail::mail::Reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let head = b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n\x78\x9f\x3e\x22";
    let reading = Reading::from_raw(&[&head[..], bytes].concat());
    let files = reading.attachments.iter().filter_map(|file| file.data());
    let size: usize = files.map(<[u8]>::len).sum();
    // The whole `winmail.dat` is a file as well.
    assert!(size <= 2 * bytes.len() + 4);
});
