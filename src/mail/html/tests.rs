use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

#[test]
fn html_reads_as_text() {
    let table = [
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("a<br>b<br/><br />c", "a\nb\n\nc"),
        ("  many \n  spaces&nbsp;&nbsp; here ", "many spaces here"),
        ("<b>bold</b>er", "bolder"),
        (
            "<style>p{}</style><script>x()</script>seen<title>no</title>",
            "seen",
        ),
        ("<!--[if mso]>no<![endif]-->yes", "yes"),
        (
            "<ul><li>one<li>two<ul><li>inner</ul></ul>after",
            "- one\n- two\n  - inner\nafter",
        ),
        (
            "<ol start=3><li>three</li><li>four</li></ol>",
            "3. three\n4. four",
        ),
        (
            "<ol type=a><li>one<li value=5>five<li>six<ol type=I start=4><li>in</ol></ol>",
            "a. one\ne. five\nf. six\n  IV. in",
        ),
        (
            "<ol type=A start=26><li>x<li>y</ol><ol type=i start=0><li>x<li>y<li value=3999>z<li>z</ol>",
            "Z. x\nAA. y\n0. x\ni. y\nmmmcmxcix. z\n4000. z",
        ),
        (
            "<table><tr><th>a<th>b<tr><td><p>1</p><td>2</table>",
            "a | b\n1 | 2",
        ),
        (
            "<blockquote>said<p>again</blockquote>answer",
            "> said\n>\n> again\n\nanswer",
        ),
        (
            "a<blockquote>b<blockquote>c</blockquote></blockquote>",
            "a\n\n> b\n>\n>> c",
        ),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<img src=x alt='Logo'>text<img src=y>", "[Logo]text"),
        ("Hi <img src=x alt=' 😀 '>", "Hi 😀"),
        ("10<sup>5</sup> m<sup><b>-2</b></sup>", "10⁵ m⁻²"),
        ("19<sup>99</sup>, H<sub>2</sub>O", "19⁹⁹, H₂O"),
        ("the 1<sup>st</sup> 2", "the 1st 2"),
        ("a<hr>b", "a\n----------\nb"),
        ("x &lt;y&gt; &amp; z", "x <y> & z"),
        ("", ""),
    ];
    for (html, text) in table {
        assert_eq!(html_to_text(html), text, "{html}");
    }
}

#[test]
fn links_keep_their_addresses() {
    let table = [
        (
            "<a href='https://example.com/a'>here</a>.",
            "here (https://example.com/a).",
        ),
        (
            "<a href='https://example.com/'>example.com</a>",
            "example.com",
        ),
        (
            "<a href='mailto:support@example.com'>support@example.com</a>",
            "support@example.com",
        ),
        (
            "<a href='https://example.com'><img alt='Shop'></a>",
            "[Shop] (https://example.com)",
        ),
        (
            "<a href='https://example.com/x'><img></a>",
            "https://example.com/x",
        ),
        (
            "Follow<a href='https://example.com/x'><img></a><a href='https://example.com/y'><img></a>.",
            "Follow https://example.com/x https://example.com/y .",
        ),
        (
            "<td><a href='https://example.com/x'><img></a></td><td><a href='https://example.com/y'></a></td>",
            "https://example.com/x | https://example.com/y",
        ),
        (
            "<a href='#top'>up</a> <a href='javascript:x()'>run</a>",
            "up run",
        ),
        (
            "<a href='https://example.com/1'>one<a href='https://example.com/2'>two",
            "one (https://example.com/1)two (https://example.com/2)",
        ),
    ];
    for (html, text) in table {
        assert_eq!(html_to_text(html), text, "{html}");
    }
}

#[test]
fn what_the_sender_hides_is_left_out() {
    let hidden = [
        "<div style='display: none'>no<p>no</p></div>",
        "<span style=\"DISPLAY:NONE !important\">no</span>",
        "<p hidden>no</p>",
        "<div style='max-height:0px;overflow:hidden'>no</div>",
        "<div style='opacity:0'>no</div>",
        "<div style='font-size:0'>no</div>",
    ];
    for html in hidden {
        assert_eq!(html_to_text(&format!("{html}yes")), "yes", "{html}");
    }
    let shown = "<td style='font-size:0px'><div style='font-size:13px'>seen</div></td>";
    assert_eq!(html_to_text(shown), "seen");
    assert_eq!(
        html_to_text("<p style='opacity:0.9;max-height:10px'>seen</p>"),
        "seen"
    );
    assert_eq!(html_to_text("&#847;&zwnj;&nbsp;&#847;&zwnj;text"), "text");
}

#[test]
fn hostile_html_takes_no_longer_than_other_html() {
    let table = [
        "<div>",
        "</div>",
        "<a href=\"",
        "<!--",
        "<b",
        "&",
        "<ul><li>",
        "<blockquote>x",
        "<table><tr><td>x",
        "</x",
        "<style>",
        "<a href='https://example.com'>",
        "<p style='",
        "<td>a</td>",
    ];
    for piece in table {
        let html = piece.repeat(300_000 / piece.len());
        let start = Instant::now();
        let text = html_to_text(&html);
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{piece} took {:?}",
            start.elapsed()
        );
        assert!(text.len() <= html.len() * 8, "{piece}");
    }
}

proptest! {
    #[test]
    fn any_html_is_rendered(pieces in proptest::collection::vec(any_piece(), 0..40)) {
        let text = html_to_text(&pieces.concat());
        prop_assert_eq!(text.trim_end(), text.as_str());
    }

    #[test]
    fn escaped_text_comes_back(text in "[ -~éß日]{0,60}") {
        let rendered = html_to_text(&escape(&text));
        let folded: Vec<&str> = text.split_whitespace().collect();
        prop_assert_eq!(rendered, folded.join(" "));
    }
}

fn any_piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("<li>".to_owned()),
        Just("</ul>".to_owned()),
        Just("<td>".to_owned()),
        Just("<table>".to_owned()),
        Just("</table>".to_owned()),
        Just("<a href='https://example.com'>".to_owned()),
        Just("</a>".to_owned()),
        Just("<blockquote>".to_owned()),
        Just("</blockquote>".to_owned()),
        Just("<pre>".to_owned()),
        Just("<p style='display:none'>".to_owned()),
        any::<String>(),
    ]
}
