use proptest::prelude::*;

use super::*;

/// Each mailbox as `name|address`.
fn read(value: &str) -> Vec<String> {
    let list = parse_mailboxes(value.as_bytes());
    list.iter()
        .map(|mailbox| {
            format!(
                "{}|{}",
                mailbox.name().unwrap_or_default(),
                mailbox.address()
            )
        })
        .collect()
}

#[test]
fn one_mailbox_is_read_in_any_form() {
    let table = [
        ("eva@example.org", "|eva@example.org"),
        (
            "\u{1b}$B%O%m!<\u{1b}(B <eva@example.org>",
            "ハロー|eva@example.org",
        ),
        ("Eva <eva@example.org>", "Eva|eva@example.org"),
        (
            "\"Last, Eva\" <eva@example.org>",
            "Last, Eva|eva@example.org",
        ),
        (
            "\"Eva \\\"E\\\" O\" <eva@example.org>",
            "Eva \"E\" O|eva@example.org",
        ),
        (
            "eva@example.org (Eva (at work))",
            "Eva (at work)|eva@example.org",
        ),
        (
            "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
            "Pete|pete@silly.test",
        ),
        ("Eva <<eva@example.org>>", "Eva|eva@example.org"),
        ("<@relay.example:eva@example.org>", "|eva@example.org"),
        (
            "Eva <@a.example,@b.example:eva@example.org>",
            "Eva|eva@example.org",
        ),
        (
            "Eva <@a.example,,@b.example : eva@example.org>",
            "Eva|eva@example.org",
        ),
        ("Eva <,@a.example:eva@example.org>", "Eva|eva@example.org"),
        ("a @ b", "|a@b"),
        ("MAILER-DAEMON <>", "MAILER-DAEMON|"),
        ("\"eva@example.org\"", "|eva@example.org"),
        (
            "Eva [mailto:eva@example.org]",
            "|Eva [mailto:eva@example.org]",
        ),
        ("\"Mail Delivery System\" <>", "Mail Delivery System|"),
        (
            "=?utf-8?B?RXZhIDxldmFAZXhhbXBsZS5vcmc+?=",
            "Eva|eva@example.org",
        ),
        (
            "=?utf-8?Q?Gr=C3=BC=C3=9Fe_=3Ceva=40example.org=3E?=",
            "Grüße|eva@example.org",
        ),
        ("<eva . maria @ example . org>", "|eva.maria@example.org"),
        ("eva . maria @ example . org", "|eva.maria@example.org"),
        (
            "John Doe <jdoe@machine(comment).  example>",
            "John Doe|jdoe@machine.example",
        ),
        (
            "jdoe@machine(comment). example",
            "comment|jdoe@machine.example",
        ),
        ("\"jo doe\"@example.com", "|\"jo doe\"@example.com"),
        ("\"jo doe\" @ example.com", "|\"jo doe\"@example.com"),
        ("Jo <\"jo doe\"@example.com>", "Jo|\"jo doe\"@example.com"),
        ("\"jo\".doe@example.com", "|\"jo\".doe@example.com"),
        ("\"jo>doe\"@example.com", "|\"jo>doe\"@example.com"),
        ("Jo <\"jo>,doe\"@example.com>", "Jo|\"jo>,doe\"@example.com"),
        ("Eva eva@example.org", "Eva|eva@example.org"),
        ("\"Eva\" eva@example.org", "Eva|eva@example.org"),
        ("Dr. Eva eva@example.org", "Dr. Eva|eva@example.org"),
        ("Dr. eva@example.org", "Dr.|eva@example.org"),
        ("J. R. <jr@example.org>", "J. R.|jr@example.org"),
        ("<eva@example.org", "|eva@example.org"),
        ("Eva <eva@example.org", "Eva|eva@example.org"),
        ("eva@example.org>", "|eva@example.org"),
        ("<eva@example.org> Eva", "Eva|eva@example.org"),
        ("<mailto:eva@example.org>", "|eva@example.org"),
        ("mailto:eva@example.org", "|eva@example.org"),
        ("eva@[192.0.2.1]", "|eva@[192.0.2.1]"),
        ("eva@[IPv6:2001:db8::1]", "|eva@[IPv6:2001:db8::1]"),
        ("Eva <eva@[IPv6:2001:db8::1]>", "Eva|eva@[IPv6:2001:db8::1]"),
        ("[Team] Eva <eva@example.org>", "[Team] Eva|eva@example.org"),
        (
            "=?utf-8?Q?Gr=C3=BC=C3=9Fe?= <eva@example.org>",
            "Grüße|eva@example.org",
        ),
        (
            "\"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\" <eva@example.org>",
            "Grüße|eva@example.org",
        ),
        (
            "=?utf-8?Q?Eva=2C_Ltd_=3Cx=40y=3E?= <eva@example.org>",
            "Eva, Ltd <x@y>|eva@example.org",
        ),
        (
            "eva@example.org <eva@example.org>",
            "eva@example.org|eva@example.org",
        ),
        ("名前 <eva@例え.example>", "名前|eva@例え.example"),
        ("jörg@example.org", "|jörg@example.org"),
        ("bob.@docomo.example", "|bob.@docomo.example"),
        ("Bob <bob..b.@docomo.example>", "Bob|bob..b.@docomo.example"),
        ("<.bob@docomo.example>", "|.bob@docomo.example"),
        ("<bob.@docomo.example>", "|bob.@docomo.example"),
        ("Eva <eva maria@example.org>", "Eva|eva maria@example.org"),
        ("Eva\r\n <eva@example.org>", "Eva|eva@example.org"),
        ("nobody", "|nobody"),
    ];
    for (value, expected) in table {
        assert_eq!(read(value), [expected], "{value}");
    }
}

#[test]
fn lists_and_groups_are_taken_apart() {
    let table: [(&str, &[&str]); 17] = [
        ("", &[]),
        (" ,;, ", &[]),
        ("<>", &[]),
        ("undisclosed-recipients:;", &[]),
        (
            "a@x.example, b@x.example",
            &["|a@x.example", "|b@x.example"],
        ),
        (
            "a@x.example; b@x.example;",
            &["|a@x.example", "|b@x.example"],
        ),
        (
            ",a@x.example,,b@x.example,",
            &["|a@x.example", "|b@x.example"],
        ),
        (
            "team: A <a@x.example>, b@x.example;, c@x.example",
            &["A|a@x.example", "|b@x.example", "|c@x.example"],
        ),
        ("a@x.example b@x.example", &["|a@x.example", "|b@x.example"]),
        (
            "A <a@x.example> B <b@x.example>",
            &["A|a@x.example", "B|b@x.example"],
        ),
        (
            "Müller, Eva <a@x.example>, b@x.example",
            &["Müller, Eva|a@x.example", "|b@x.example"],
        ),
        (
            "A <a@x.example>, Doe, Jane, Dr. <b@x.example>",
            &["A|a@x.example", "Doe, Jane, Dr.|b@x.example"],
        ),
        ("山田, 太郎 <a@x.example>", &["山田, 太郎|a@x.example"]),
        ("root, Bob <b@x.example>", &["|root", "Bob|b@x.example"]),
        (
            "Eva, b@x.example, Bob <c@x.example>",
            &["|Eva", "|b@x.example", "Bob|c@x.example"],
        ),
        (
            "Eva <a@x.example, Bob <b@x.example>",
            &["Eva|a@x.example", "Bob|b@x.example"],
        ),
        (
            "Eva <a@x.example, b@x.example>",
            &["Eva|a@x.example", "|b@x.example"],
        ),
    ];
    for (value, expected) in table {
        assert_eq!(read(value), expected, "{value}");
    }
}

#[test]
fn no_value_takes_longer_than_its_length() {
    for piece in [
        "<", "(", "\"", "[", "<\"\\\"", "<(", "((\\", "a@", ".", "a . ", ":", "<@a:", "<a@b>",
    ] {
        let value = piece.repeat(MAXIMUM_VALUE_LENGTH / piece.len());
        let started = std::time::Instant::now();
        read(&value);
        assert!(started.elapsed().as_secs() < 20, "{piece}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(value in "([a-z@.,;:<>()\\[\\]\" \\\\é]|\r\n ){0,60}") {
        for mailbox in &parse_mailboxes(value.as_bytes()) {
            prop_assert!(!mailbox.address().is_empty() || mailbox.name().is_some());
            prop_assert!(!mailbox.address().contains(char::is_control));
        }
    }

    #[test]
    fn what_is_written_is_read(
        local_part in "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\\.[a-z]{1,5})?|\"[a-z@,<>() .]{1,9}\"",
        name in "[a-zA-Z .,;:<>@()éß日-]{0,30}",
    ) {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let address = Address::new(format!("{local_part}@example.com")).unwrap().with_name(name).unwrap();
        let written = format!("{address}, other@example.com");
        let list = parse_mailboxes(written.as_bytes());
        prop_assert_eq!(list.len(), 2);
        prop_assert_eq!(list.first(), Some(&address));
    }
}
