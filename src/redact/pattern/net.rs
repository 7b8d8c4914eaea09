//! IP and MAC addresses, by parsing them.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::fold::{Folded, is_word};
use super::scan::Scan;
use super::subject::Subject;

/// The length of the longest IPv6 address, which has an IPv4 one at its end.
const LONGEST: usize = 45;

/// An IPv4 address that begins at an index, with a word of at most three digits.
pub(super) fn ipv4(scan: &mut Scan<'_>, begin: usize) {
    let text = scan.text();
    if text.before(begin) == b'.' {
        return;
    }
    let end = text.run(begin, 16, |byte| byte.is_ascii_digit() || byte == b'.');
    let end = if text.before(end) == b'.' { end - 1 } else { end };
    let is_followed = is_word(text.at(end)) || (text.at(end) == b'.' && text.at(end + 1).is_ascii_digit());
    if !is_followed && parse::<Ipv4Addr>(text.slice(begin, end)).is_some() {
        let end = prefix_length(text, end, 32);
        scan.hit(Subject::Ip, begin..end, 0.6, 0.95);
    }
}

/// An IPv6 address that begins at an index, with a run of hexadecimal digits and colons. Returns where the run ends.
pub(super) fn ipv6(scan: &mut Scan<'_>, begin: usize) -> usize {
    let text = scan.text();
    let run = text.run(begin, LONGEST + 1, |byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let mut end = run;
    while text.before(end) == b'.'
        || (text.before(end) == b':' && text.at(end.wrapping_sub(2)) != b':' && end > begin + 1)
    {
        end -= 1;
    }
    let Some(address) = parse::<Ipv6Addr>(text.slice(begin, end)) else { return run };
    if is_word(text.at(end)) {
        return run;
    }
    let written = text.slice(begin, end);
    let groups = written.split(|byte| *byte == b':').filter(|group| !group.is_empty()).count();
    let has_digit = written.iter().any(u8::is_ascii_digit);
    // `::` is in the paths of programs too: `a::b` reads as an address.
    let (bare, context) = match groups {
        _ if address.is_unspecified() => (0.1, 0.4),
        0..=1 => (0.3, 0.9),
        2 if !has_digit => (0.1, 0.8),
        _ => (0.7, 0.95),
    };
    let zone = if text.at(end) == b'%' { text.run(end + 1, 16, is_word) } else { end };
    let end = prefix_length(text, if zone > end + 1 { zone } else { end }, 128);
    scan.hit(Subject::Ip, begin..end, bare, context);
    run.max(end)
}

fn parse<T: std::str::FromStr>(address: &[u8]) -> Option<T> {
    std::str::from_utf8(address).ok()?.parse().ok()
}

/// Where an address ends with the prefix length of its network: `/24`.
fn prefix_length(text: &Folded<'_>, end: usize, most: u32) -> usize {
    let behind = text.run(end + 1, 4, |byte| byte.is_ascii_digit());
    let is_length = text.at(end) == b'/'
        && !is_word(text.at(behind))
        && parse::<u32>(text.slice(end + 1, behind)).is_some_and(|length| length <= most);
    if is_length { behind } else { end }
}

/// A MAC address that begins at an index: `00:1A:2B:3C:4D:5E`, `00-1A-...`, or `001A.2B3C.4D5E`.
pub(super) fn mac(scan: &mut Scan<'_>, begin: usize) {
    let text = scan.text();
    let end = match text.at(begin + 2) {
        b':' | b'-' => begin + 17,
        _ => begin + 14,
    };
    let written = text.slice(begin, end);
    let is_address = match written {
        [_, _, separator @ (b':' | b'-'), ..] => are_groups(written, 2, *separator),
        [_, _, _, _, b'.', ..] => are_groups(written, 4, b'.'),
        _ => false,
    };
    let is_longer = is_word(text.at(end))
        || (text.at(end) == text.at(begin + 2) && text.at(end + 1).is_ascii_hexdigit())
        || (text.before(begin) == text.at(begin + 2) && is_word(text.at(begin.wrapping_sub(2))));
    let mut digits = written.iter().filter(|byte| byte.is_ascii_hexdigit());
    // The null address and the broadcast address.
    let is_nobodys =
        digits.clone().all(|digit| *digit == b'0') || digits.all(|digit| digit.eq_ignore_ascii_case(&b'f'));
    if is_address && !is_longer && !is_nobodys {
        scan.hit(Subject::Mac, begin..end, 0.8, 0.95);
    }
}

fn are_groups(written: &[u8], size: usize, separator: u8) -> bool {
    let mut groups = written.split(|byte| *byte == separator);
    let is_group = |group: &[u8]| group.len() == size && group.iter().all(u8::is_ascii_hexdigit);
    groups.by_ref().take(12 / size).filter(|group| is_group(group)).count() == 12 / size
        && groups.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, nothing};

    #[test]
    fn addresses() {
        for text in [
            "192.168.1.17",
            "10.0.0.0/8",
            "2001:db8:85a3::8a2e:370:7334",
            "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
            "fe80::1%eth0",
            "::ffff:192.0.2.128",
            "2001:db8::/32",
            "1::8",
        ] {
            assert_eq!(found(text), [("IP_ADDRESS", 0..text.len())], "{text}");
            assert_eq!(found(&format!("From ({text}).")), [("IP_ADDRESS", 6..6 + text.len())], "{text}");
            assert_eq!(found(&format!("to {text}: no")), [("IP_ADDRESS", 3..3 + text.len())], "{text}");
        }
        assert_eq!(found("ip ::1"), [("IP_ADDRESS", 3..6)]);
        assert_eq!(found("IPv6: abc::def"), [("IP_ADDRESS", 6..14)]);
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "256.1.1.1",
            "1.2.3",
            "1.2.3.4.5",
            "v1.2.3.4x",
            "2001:db8::85a3::1",
            "std::vec",
            "abc::def",
            "1:2:3:4",
            "::",
        ] {
            nothing(text);
        }
    }

    #[test]
    fn macs() {
        for text in ["00:1A:2B:3C:4D:5E", "00-1a-2b-3c-4d-5e", "001A.2B3C.4D5E", "de:ad:be:ef:00:01"] {
            assert_eq!(found(&format!("MAC {text}.")), [("MAC_ADDRESS", 4..4 + text.len())], "{text}");
        }
        for text in [
            "00:1A:2B:3C:4D",
            "00:1A:2B-3C:4D:5E",
            "ff:ff:ff:ff:ff:ff",
            "00:1A:2B:3C:4D:5E:6F",
            "00:1A:2B:3C:4D:5G",
        ] {
            nothing(text);
        }
    }
}
