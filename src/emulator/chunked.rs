//! Bodies in `aws-chunked` encoding, in which the SDKs send uploads whose checksum follows in a trailer.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The body without its chunks, and the trailers. Chunk signatures are not verified, as no signature is.
pub(super) fn decode(body: &Bytes) -> Option<(Bytes, HeaderMap)> {
    let mut rest = body.clone();
    let mut pieces: Vec<Bytes> = Vec::new();
    loop {
        let line = line(&mut rest)?;
        let size = line.split(|b| *b == b';').next()?;
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?.trim(), 16).ok()?;
        if size == 0 {
            break;
        }
        if rest.len() < size.checked_add(2)? {
            return None;
        }
        pieces.push(rest.split_to(size));
        if &rest.split_to(2)[..] != b"\r\n" {
            return None;
        }
    }
    let mut trailers = HeaderMap::new();
    while !rest.is_empty() {
        let line = line(&mut rest)?;
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|b| *b == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        if name != "x-amz-trailer-signature" {
            trailers.insert(name, value);
        }
    }
    let body = match pieces.len() {
        0 | 1 => pieces.pop().unwrap_or_default(),
        _ => {
            let mut whole = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
            pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
            whole.freeze()
        }
    };
    Some((body, trailers))
}

/// Takes one line, without its ending. What is left at the end of the body is a line, too.
fn line(rest: &mut Bytes) -> Option<Bytes> {
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let mut line = rest.split_to(end);
    if !rest.is_empty() {
        let _ = rest.split_to(1);
    }
    if line.last() == Some(&b'\r') {
        line.truncate(line.len() - 1);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_and_trailers_come_apart() {
        let body = Bytes::from_static(
            b"5\r\nhello\r\n6;chunk-signature=ab\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n",
        );
        let (body, trailers) = decode(&body).unwrap();
        assert_eq!(&body[..], b"hello world");
        assert_eq!(trailers["x-amz-checksum-crc32"], "DUoRhQ==");
    }

    #[test]
    fn a_body_that_ends_early_is_refused() {
        for body in ["", "5\r\nhel", "zz\r\n", "5\r\nhelloXX0\r\n\r\n", "ffffffffffffffff\r\nx"] {
            assert!(decode(&Bytes::from(body)).is_none(), "{body}");
        }
    }
}
