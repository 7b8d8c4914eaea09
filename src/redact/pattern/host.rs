//! Email addresses and web addresses, by their host names.

use super::country::is_country;
use super::fold::{CASED, Folded, UNCASED, is_space, is_word};
use super::scan::Scan;
use super::subject::Subject;

/// RFC 5321, section 4.5.3.1: the longest mailbox name and the longest host name. RFC 1035: the longest label of a host.
const LONGEST_MAILBOX: usize = 64;
const LONGEST_HOST: usize = 253;
const LONGEST_LABEL: usize = 63;
/// Longer than browsers accept.
const LONGEST_PATH: usize = 8192;

/// The generic top-level domains that occur in addresses without a scheme, in order. With a scheme any will do.
#[rustfmt::skip]
const GENERIC: &[&[u8]] = &[
    b"academy", b"agency", b"app", b"art", b"bank", b"bar", b"bio", b"biz", b"blog", b"business", b"cafe", b"capital",
    b"care", b"careers", b"cash", b"center", b"chat", b"clinic", b"cloud", b"club", b"coffee", b"com", b"community",
    b"company", b"consulting", b"credit", b"dental", b"design", b"dev", b"digital", b"direct", b"edu", b"education", b"email",
    b"energy", b"events", b"expert", b"express", b"family", b"finance", b"financial", b"fit", b"foundation", b"fund", b"games",
    b"global", b"gov", b"group", b"guide", b"guru", b"health", b"help", b"homes", b"host", b"house", b"info", b"ink",
    b"insurance", b"int", b"international", b"jobs", b"land", b"law", b"lawyer", b"legal", b"life", b"link", b"live", b"loan",
    b"loans", b"ltd", b"management", b"market", b"marketing", b"markets", b"media", b"medical", b"mil", b"mobi", b"money",
    b"mortgage", b"museum", b"name", b"net", b"network", b"news", b"ninja", b"online", b"org", b"page", b"partners", b"photo",
    b"photos", b"plus", b"press", b"pro", b"properties", b"pub", b"report", b"rest", b"restaurant", b"review", b"reviews",
    b"rocks", b"run", b"sale", b"school", b"services", b"shop", b"site", b"social", b"software", b"solutions", b"space", b"store",
    b"studio", b"support", b"systems", b"tax", b"team", b"tech", b"technology", b"tel", b"tips", b"today", b"tools", b"top",
    b"tours", b"trade", b"training", b"travel", b"university", b"ventures", b"video", b"vip", b"web", b"website", b"wiki",
    b"work", b"works", b"world", b"xyz", b"zone",
];

/// Country codes that are file extensions too: `report.md`, `build.sh`.
const FILES: &[&[u8]] = &[b"cc", b"md", b"mk", b"pl", b"ps", b"py", b"rs", b"sh", b"so", b"st", b"vb"];

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | CASED | UNCASED)
}

fn is_mailbox_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte) || matches!(byte, CASED | UNCASED)
}

/// An email address around the `@` at an index.
pub(super) fn email(scan: &mut Scan<'_>, at: usize) {
    let text = scan.text();
    let Some((end, is_known)) = mail_host(text, at + 1) else { return };
    let Some(begin) = mailbox(text, at) else { return };
    let (bare, context) = match is_known {
        Some(true) => (0.95, 1.0),
        Some(false) => (0.8, 0.95),
        // `root@localhost`, and `lunch@noon`.
        None => (0.2, 0.8),
    };
    scan.hit(Subject::Email, begin..end, bare, context);
}

/// Where the mailbox name that ends at an index begins.
fn mailbox(text: &Folded<'_>, end: usize) -> Option<usize> {
    let least = end.saturating_sub(LONGEST_MAILBOX);
    if text.before(end) == b'"' {
        let quoted = text.slice(least, end.saturating_sub(1));
        let begin = least + quoted.iter().rposition(|byte| *byte == b'"' || *byte == b'\n')?;
        return (text.at(begin) == b'"' && begin + 2 < end).then_some(begin);
    }
    let before = text.slice(least, end);
    let mut begin = end - before.iter().rev().take_while(|byte| is_mailbox_byte(**byte)).count();
    // Letters of a script without cases before it are not part of it.
    let has_plain = text.slice(begin, end).last().is_some_and(u8::is_ascii);
    if let Some(other) =
        text.slice(begin, end).iter().rposition(|byte| *byte == UNCASED).filter(|_| has_plain)
    {
        begin += other + 1;
    }
    // Nor are the marks at its beginning.
    begin = text.run(begin, end - begin, |byte| !is_word(byte) && !matches!(byte, b'_' | b'+' | UNCASED));
    let is_right =
        begin < end && text.before(end) != b'.' && !text.slice(begin, end).windows(2).any(|two| two == b"..");
    // After two dots the rest can be an address: `...jane@example.com`.
    match is_right {
        true => Some(begin),
        false => {
            let dots = text.slice(begin, end).windows(2).rposition(|two| two == b"..")?;
            (begin + dots + 2 < end && text.before(end) != b'.').then_some(begin + dots + 2)
        }
    }
}

/// Where the host of an email address ends, and whether its last label is known; `None` for a host of one label.
fn mail_host(text: &Folded<'_>, begin: usize) -> Option<(usize, Option<bool>)> {
    if text.at(begin) == b'[' {
        let end = text.run(begin + 1, 45, |byte| byte.is_ascii_hexdigit() || b":.IPv".contains(&byte));
        return (text.at(end) == b']' && end > begin + 3).then_some((end + 1, Some(true)));
    }
    let host = Host::at(text, begin)?;
    let is_known = (host.labels > 1).then(|| is_known(host.top(text)));
    Some((host.end, is_known))
}

/// A host name in a text.
struct Host {
    begin: usize,
    end: usize,
    top: usize,
    labels: usize,
}

impl Host {
    /// The longest that begins here and whose last label is not a number.
    fn at(text: &Folded<'_>, begin: usize) -> Option<Self> {
        let run = text.run(begin, LONGEST_HOST, is_host_byte);
        let mut host = None;
        let mut at = begin;
        for (labels, label) in (1..).zip(text.slice(begin, run).split(|byte| *byte == b'.')) {
            let hyphens = label.iter().rev().take_while(|byte| **byte == b'-').count();
            let end = at + label.len() - hyphens;
            if label.is_empty() || end == at || label.first() == Some(&b'-') || label.len() > LONGEST_LABEL {
                break;
            }
            let is_name = label.iter().any(|byte| !byte.is_ascii_digit()) && end - at > 1;
            if is_name || (labels == 1 && end == run) {
                host = Some(Self { begin, end, top: at, labels });
            }
            if hyphens > 0 {
                break;
            }
            at = end + 1;
        }
        host
    }

    fn top<'t>(&self, text: &'t Folded<'_>) -> &'t [u8] {
        text.slice(self.top, self.end)
    }
}

/// Whether a label is a common top-level domain.
fn is_known(label: &[u8]) -> bool {
    let mut lower = [0; 16];
    let Some(lower) = lower.get_mut(..label.len()) else { return label.starts_with(b"xn--") };
    lower.copy_from_slice(label);
    lower.make_ascii_lowercase();
    let lower: &[u8] = lower;
    let is_of_country = lower.len() == 2
        && (is_country(&lower.to_ascii_uppercase()) || matches!(lower, b"uk" | b"eu" | b"su"));
    is_of_country
        || GENERIC.binary_search(&lower).is_ok()
        || lower.starts_with(b"xn--")
        || lower.iter().any(|byte| matches!(*byte, CASED | UNCASED))
}

/// A web address with its scheme, which is the word `begin..end`. Returns where it ends.
pub(super) fn with_scheme(scan: &mut Scan<'_>, begin: usize, end: usize) -> Option<usize> {
    let text = scan.text();
    let authority = end + 3;
    // `user:password@host`.
    let behind = text.run(authority, LONGEST_HOST, |byte| !is_space(byte) && !b"/?#<>\"'@".contains(&byte));
    let host = if text.at(behind) == b'@' { behind + 1 } else { authority };
    let host = if text.at(host) == b'[' {
        let end = text.run(host, 50, |byte| byte != b']') + 1;
        (text.before(end) == b']').then_some(end)?
    } else {
        text.run(host, LONGEST_HOST, |byte| is_host_byte(byte) || byte == b'_')
    };
    if host == authority {
        return None;
    }
    let end = path(text, host);
    scan.hit(Subject::Url, begin..end, 0.95, 1.0);
    Some(end)
}

/// A web address without a scheme, which begins with the host name at an index. Returns where it ends.
pub(super) fn without_scheme(scan: &mut Scan<'_>, begin: usize) -> Option<usize> {
    let text = scan.text();
    let host = Host::at(text, begin).filter(|host| host.labels > 1 && text.at(host.end) != b'@')?;
    let top = host.top(text);
    let is_www = text.has(begin, b"www.");
    let domain = text.slice(host.begin, host.top.saturating_sub(1));
    let is_domain =
        domain.iter().any(|byte| !byte.is_ascii_digit() && *byte != b'.') && (!is_www || host.labels > 2);
    if !is_domain || top.first().is_none_or(u8::is_ascii_digit) {
        return None;
    }
    let end = path(text, host.end);
    // `end.The`, `Mr.It`: a capital follows if a space is missing.
    let is_of_sentence =
        top.first().is_some_and(u8::is_ascii_uppercase) && domain.iter().any(u8::is_ascii_lowercase);
    let is_file = FILES.contains(&top) && host.labels == 2;
    let (bare, context) = match is_known(top) {
        _ if is_www => (0.85, 0.95),
        _ if is_of_sentence => (0.05, 0.4),
        false => (0.05, 0.6),
        true if is_file => (0.2, 0.7),
        true if end > host.end => (0.7, 0.9),
        true => (0.5, 0.85),
    };
    scan.hit(Subject::Url, begin..end, bare, context);
    Some(end)
}

/// Where the port and the path after a host end.
fn path(text: &Folded<'_>, host: usize) -> usize {
    let port = text.run(host + 1, 6, |byte| byte.is_ascii_digit());
    let host = if text.at(host) == b':' && port > host + 1 { port } else { host };
    if !matches!(text.at(host), b'/' | b'?' | b'#') {
        return host;
    }
    let mut end = text
        .run(host, LONGEST_PATH, |byte| !is_space(byte) && !b"<>\"'`{}|\\^".contains(&byte) && byte >= b' ');
    // Marks at the end belong to the sentence around it, and so does a bracket that it does not open.
    let count = |bracket: u8| text.slice(host, end).iter().filter(|byte| **byte == bracket).count();
    let (opened, mut closed) = (count(b'('), count(b')'));
    while matches!(text.before(end), b'.' | b',' | b';' | b':' | b'!' | b'?' | b')' | b']' | b'*')
        && end > host
    {
        if text.before(end) == b')' {
            if opened >= closed {
                break;
            }
            closed -= 1;
        }
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, nothing};
    use super::*;

    #[test]
    fn the_tables_are_in_order() {
        assert!(GENERIC.is_sorted() && FILES.is_sorted());
    }

    #[test]
    fn emails() {
        for text in [
            "jane@example.com",
            "jane.doe+tag@mail.example.co.uk",
            "JANE_DOE@EXAMPLE.COM",
            "josé@exämple.de",
            "j@xn--80ak6aa92e.com",
            "o'neil@example.org",
            "\"jane doe\"@example.com",
            "jane@[192.0.2.1]",
            "user@example.internal",
            "почта@пример.рф",
        ] {
            let length = text.chars().count();
            assert_eq!(found(text), [("EMAIL", 0..length)], "{text}");
            assert_eq!(found(&format!("👋 <{text}>, (")), [("EMAIL", 3..3 + length)], "{text}");
            assert_eq!(found(&format!("mail {text}.")), [("EMAIL", 5..5 + length)], "{text}");
        }
        assert_eq!(found("...jane@example.com..."), [("EMAIL", 3..19)]);
        assert_eq!(found("邮箱jane@example.com"), [("EMAIL", 2..18)]);
        assert_eq!(found("a@b.com,c@d.org"), [("EMAIL", 0..7), ("EMAIL", 8..15)]);
    }

    #[test]
    fn what_is_no_email() {
        for text in [
            "jane@",
            "@example.com x",
            "jane@example",
            "jane @ example",
            "5 @ 3.50",
            "jane@-example",
            "a@1.2",
        ] {
            assert!(!found(text).iter().any(|(name, _)| *name == "EMAIL"), "{text}");
        }
    }

    #[test]
    fn urls() {
        for text in [
            "https://www.example.com/",
            "http://example.com:8080/a/b?c=d&e=f#g",
            "ftp://user:secret@files.example.com/x",
            "http://192.0.2.1/admin",
            "http://[2001:db8::1]/",
            "www.example.com",
            "example.com",
            "example.co.uk/path_(a)",
            "EXAMPLE.COM",
            "https://bücher.example/größe",
            "s3://amzn-s3-demo-bucket/key",
        ] {
            let length = text.chars().count();
            assert_eq!(found(text), [("URL", 0..length)], "{text}");
            assert_eq!(found(&format!("See ({text}), and")), [("URL", 5..5 + length)], "{text}");
            assert_eq!(found(&format!("see '{text}'.")), [("URL", 5..5 + length)], "{text}");
        }
    }

    #[test]
    fn marks_behind_a_url() {
        for (path, marks) in [("a(b)", ")."), ("a(b(c))", ")).)"), ("a", ").)!"), ("a_(b", "...")] {
            let url = format!("http://example.com/{path}");
            assert_eq!(found(&format!("{url}{marks}")), [("URL", 0..url.len())], "{url}{marks}");
        }
    }

    #[test]
    fn what_is_no_url() {
        for text in [
            "www.example",
            "the end.The next",
            "e.g. this",
            "i.e.",
            "report.pdf",
            "3.14",
            "1.2.in",
            "main.rs",
            "http://",
            "U.S.",
        ] {
            nothing(text);
        }
    }
}
