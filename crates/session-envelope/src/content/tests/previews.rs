//! Previews show a page that the text links to, or nothing (03 §4.1).

use super::*;

/// The preview of the decoded message, which is kept in any case.
fn received(body: &str, preview: &[Vec<u8>]) -> Option<LinkPreview> {
    let content = decode(&data(&[bytes(1, body), bytes(10, preview.concat())])).unwrap();
    let Kind::Visible(visible) = content.kind() else { panic!("{content:?}") };
    assert_eq!(visible.body(), Some(body));
    visible.preview().cloned()
}

#[test]
fn a_preview_is_of_a_link_in_the_text() {
    let kept = |body: &str, url: &str| received(body, &[bytes(1, url), bytes(2, "A")]).is_some();
    for (body, url) in [
        ("https://a", "https://a"),
        ("see http://a/b?c=1#d, and more", "http://a/b?c=1"),
        ("HttpS://a", "HttpS://a"),
        ("HTTP://A", "HTTP://A"),
        ("https://ü/ж", "https://ü/ж"),
    ] {
        assert!(kept(body, url), "{url} in {body}");
        let preview = LinkPreview::new(url, "A").unwrap();
        assert!(Visible::text(body).unwrap().with_preview(preview).is_ok(), "{url} in {body}");
    }
    for (body, url) in [
        ("hello", "https://a"),
        ("https://a", "https://a/"),
        ("https://A", "https://a"),
        ("https://a", "HTTPS://a"),
    ] {
        assert!(!kept(body, url), "{url} in {body}");
        let preview = LinkPreview::new(url, "A").unwrap();
        let error = Visible::text(body).unwrap().with_preview(preview);
        assert_eq!(error, Err(ContentError::PreviewUrl), "{url} in {body}");
    }
}

#[test]
fn a_preview_is_of_a_web_page() {
    for url in [
        "",
        " ",
        "a",
        "a.b",
        "//a",
        "javascript:alert(1)",
        "data:text/html,a",
        "file:///etc/passwd",
        "ftp://a",
        "https:a",
        "https:/a",
        "https://",
        "http:// ",
        " https://a",
        "xhttps://a",
        "https",
        "hттps://a",
    ] {
        let kept = received(&format!("text {url}"), &[bytes(1, url), bytes(2, "A")]);
        assert_eq!(kept, None, "{url:?}");
        assert_eq!(LinkPreview::new(url, "A"), Err(ContentError::PreviewUrl), "{url:?}");
    }
}

#[test]
fn a_preview_of_nothing_costs_no_message() {
    let url = || bytes(1, "https://a");
    let preview = |fields: &[Vec<u8>]| received("https://a", fields).is_some();
    assert!(preview(&[url(), bytes(2, "A")]));
    assert!(preview(&[url(), bytes(3, pointer("http://a/1"))]));
    assert!(!preview(&[url()]));
    assert!(!preview(&[url(), bytes(2, " ")]));
    assert!(!preview(&[bytes(2, "A")]));
    // A picture without its number is nowhere, and shows nothing.
    let nowhere = || bytes(3, bytes(101, "http://a/1"));
    let titled = received("https://a", &[url(), bytes(2, "A"), nowhere()]).unwrap();
    assert_eq!((titled.title(), titled.image()), (Some("A"), None));
    assert!(!preview(&[url(), nowhere()]));
    let empty = Err(ContentError::Empty { field: "Preview.title" });
    assert_eq!(LinkPreview::new("https://a", ""), empty);
    // Bytes that are no preview are no message, as everywhere else.
    let broken = decode(&data(&[bytes(1, "https://a"), bytes(10, [0xff])]));
    assert!(matches!(broken, Err(ContentError::Malformed(_))), "{broken:?}");
}

#[test]
fn of_several_previews_the_first_counts() {
    let preview = |url: &str| bytes(10, [bytes(1, url), bytes(2, "A")].concat());
    let of = |first: &str, second: &str| {
        let message = data(&[bytes(1, "https://a https://b"), preview(first), preview(second)]);
        let Kind::Visible(visible) = decode(&message).unwrap().kind().clone() else {
            panic!("kind")
        };
        visible.preview().map(|preview| preview.url().to_owned())
    };
    assert_eq!(of("https://a", "https://b").as_deref(), Some("https://a"));
    assert_eq!(of("https://b", "https://a").as_deref(), Some("https://b"));
    assert_eq!(of("https://c", "https://a"), None);
}

#[test]
fn a_preview_needs_a_text() {
    let preview = [bytes(1, "https://a"), bytes(2, "A")].concat();
    let message = data(&[bytes(2, pointer("http://a/1")), bytes(10, preview)]);
    let Kind::Visible(visible) = decode(&message).unwrap().kind().clone() else { panic!("kind") };
    assert_eq!((visible.attachments().len(), visible.preview()), (1, None));
    let preview = LinkPreview::new("https://a", "A").unwrap();
    assert_eq!(visible.with_preview(preview), Err(ContentError::PreviewUrl));
}
