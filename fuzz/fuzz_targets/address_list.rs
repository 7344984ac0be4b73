#![no_main]

use airbyte_agent_gmail::mail::{MailboxList, Reading, reply_all};
use libfuzzer_sys::fuzz_target;

/// The bytes are the addresses of a message. The reply's recipients must be among them.
fuzz_target!(|bytes: &[u8]| {
    let folded = bytes.iter().map(|byte| match byte {
        b'\r' | b'\n' => b' ',
        byte => *byte,
    });
    let addresses: Vec<u8> = folded.collect();
    for name in ["From", "Reply-To"] {
        let head = [
            name.as_bytes(),
            b": ",
            &addresses,
            b"\r\nCc: ",
            &addresses,
            b"\r\nMessage-ID: <1@example.org>\r\n\r\ntext\r\n",
        ];
        let reading = Reading::from_raw(&head.concat());
        let read = if name == "From" {
            &reading.from
        } else {
            &reading.reply_to
        };
        assert!(read.len() <= addresses.len());
        let Ok(answer) = reply_all(&reading, &MailboxList::default()) else {
            continue;
        };
        let Ok(composed) = answer.text("text").build() else {
            continue;
        };
        let answer = Reading::from_raw(&composed.raw);
        let known: Vec<String> = reading
            .from
            .iter()
            .chain(reading.reply_to.iter())
            .chain(reading.cc.iter())
            .map(|address| plain(address.address()))
            .collect();
        for address in answer.to.iter().chain(answer.cc.iter()) {
            let address = plain(address.address());
            // Domains in other scripts are sent in their IDNA mapping, such as `tm` for `™`.
            let is_mapped = known.iter().any(|original| {
                !original.is_ascii()
                    && original.rsplit_once('@').map(|parts| parts.0)
                        == address.rsplit_once('@').map(|parts| parts.0)
            });
            assert!(
                known.contains(&address) || is_mapped,
                "an address that the original does not have"
            );
        }
    }
});

/// An address without the quotes that it needs for sending, or that Outlook adds, and without the trailing dot that a
/// domain may only have in the DNS.
fn plain(address: &str) -> String {
    let address = address.to_lowercase().replace(['"', '\'', '\\'], "");
    address.trim_end_matches('.').to_owned()
}
