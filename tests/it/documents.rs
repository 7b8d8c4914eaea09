//! Documents for the synchronous calls: small ones that are what they are called, made byte by byte.

/// A PNG of this size, as far as its header.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    bytes
}

/// A JPEG of this size, as far as its frame header, with an application segment and a table before that.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xe0\0\x06JFIF\xff\xc4\0\x04\0\0\xff\xff\xff\xc2\0\x11\x08".to_vec();
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9]);
    bytes
}

/// A TIFF with a directory for each of these: its kind (`NewSubfileType`), width and height.
pub fn tiff(big_endian: bool, directories: &[(u32, u32, u32)]) -> Vec<u8> {
    let short = |number: u16| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
    let long = |number: u32| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
    let mut bytes = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    bytes.extend(long(8));
    const LENGTH: u32 = 2 + 3 * 12 + 4;
    for (index, (kind, width, height)) in (0u32..).zip(directories) {
        bytes.extend(short(3));
        for (tag, value) in [(254, kind), (256, width), (257, height)] {
            bytes.extend(short(tag));
            bytes.extend(short(4));
            bytes.extend(long(1));
            bytes.extend(long(*value));
        }
        let last = index as usize + 1 == directories.len();
        bytes.extend(long(if last { 0 } else { 8 + (index + 1) * LENGTH }));
    }
    bytes
}

/// A PDF, or what begins as one.
pub fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n".to_vec()
}
