//! Pixels as a PNG inside an SVG: a picture of thousands of pixels is small this way, and sharp at any size.

use crate::color::Rgb;

/// `data:image/png;base64,…` for pixels in rows of `width`.
///
/// The data are stored, not compressed (RFC 1951, section 3.2.4): these pictures have a few kilobytes.
pub(crate) fn data_uri(pixels: &[Rgb], width: usize) -> String {
    format!("data:image/png;base64,{}", base64(&png(pixels, width)))
}

/// The file, after the PNG specification: signature, header, data, end.
fn png(pixels: &[Rgb], width: usize) -> Vec<u8> {
    let height = pixels.len().checked_div(width).unwrap_or(0);
    let mut header = vec![];
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    header.extend([8, 2, 0, 0, 0]); // eight bits a channel, red, green, blue; nothing special
    let mut lines = vec![];
    for line in pixels.chunks_exact(width.max(1)) {
        lines.push(0); // no filter
        lines.extend(line.iter().flat_map(|&Rgb(r, g, b)| [r, g, b]));
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", header), (b"IDAT", zlib_stored(&lines)), (b"IEND", vec![])] {
        file.extend((data.len() as u32).to_be_bytes());
        let start = file.len();
        file.extend(name);
        file.extend(data);
        let checksum = crc32(&file[start..]);
        file.extend(checksum.to_be_bytes());
    }
    file
}

/// A zlib stream (RFC 1950) of stored blocks.
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    const MOST: usize = u16::MAX as usize;
    let mut out = vec![0x78, 0x01];
    let count = data.len().div_ceil(MOST).max(1);
    for n in 0..count {
        let block = &data[n * MOST..data.len().min((n + 1) * MOST)];
        let len = block.len() as u16;
        out.push(u8::from(n + 1 == count));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

/// RFC 1950, section 8.2.
fn adler32(data: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    let (a, b) = data.iter().fold((1, 0), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % MODULUS;
        (a, (b + a) % MODULUS)
    });
    (b << 16) | a
}

/// The checksum of a chunk (PNG specification, annex D), bit by bit.
fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in data {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    !crc
}

/// RFC 4648, section 4.
fn base64(data: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(data.len().div_ceil(3) * 4);
    for three in data.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, &byte| (bits << 8) | u32::from(byte)) << (8 * (3 - three.len()));
        for n in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * n) & 63) as usize];
            text.push(if n <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_have_their_published_values() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn base64_has_the_values_of_its_rfc() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn a_file_has_its_parts_and_all_pixels() {
        let file = png(&[Rgb(1, 2, 3), Rgb(4, 5, 6), Rgb(7, 8, 9), Rgb(10, 11, 12)], 2);
        assert_eq!(&file[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&file[12..24], b"IHDR\0\0\0\x02\0\0\0\x02");
        let lines = [0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12];
        assert!(file.windows(lines.len()).any(|part| part == lines));
        assert_eq!(&file[file.len() - 12..], b"\0\0\0\0IEND\xae\x42\x60\x82");
        let large = zlib_stored(&vec![7; 70_000]);
        assert_eq!(large.len(), 2 + 2 * 5 + 70_000 + 4, "two blocks");
        assert_eq!((large[2], large[2 + 5 + 65_535]), (0, 1), "the second is the last");
    }
}
