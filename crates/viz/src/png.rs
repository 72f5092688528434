//! Pixels as a PNG inside an SVG: a picture of thousands of pixels is small this way, and sharp at any size.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::color::Rgb;

/// `data:image/png;base64,…` for pixels in rows of `width`.
///
/// # Panics
/// If there are no pixels or the last row is not whole.
#[track_caller]
pub(crate) fn data_uri(pixels: &[Rgb], width: usize) -> String {
    assert!(
        width > 0 && !pixels.is_empty() && pixels.len().is_multiple_of(width),
        "data_uri: {} pixels do not make whole rows of {width}",
        pixels.len()
    );
    format!("data:image/png;base64,{}", STANDARD.encode(file(pixels, width)))
}

fn file(pixels: &[Rgb], width: usize) -> Vec<u8> {
    let mut file = vec![];
    let mut encoder = png::Encoder::new(&mut file, width as u32, (pixels.len() / width) as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let bytes: Vec<u8> = pixels.iter().flat_map(|&Rgb(r, g, b)| [r, g, b]).collect();
    let mut writer = encoder.write_header().expect("memory takes what is written, and no side is 0");
    writer.write_image_data(&bytes).expect("there are three bytes for every pixel");
    writer.finish().expect("memory takes what is written");
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_finds_every_pixel_again() {
        let pixels = [Rgb(1, 2, 3), Rgb(4, 5, 6), Rgb(7, 8, 9), Rgb(10, 11, 12), Rgb(0, 0, 0), Rgb(255, 255, 255)];
        let uri = data_uri(&pixels, 3);
        let coded = uri.strip_prefix("data:image/png;base64,").unwrap();
        let decoder = png::Decoder::new(std::io::Cursor::new(STANDARD.decode(coded).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(bytes[..info.buffer_size()], pixels.map(|Rgb(r, g, b)| [r, g, b]).concat());
    }

    #[test]
    #[should_panic(expected = "5 pixels do not make whole rows of 3")]
    fn rows_are_whole() {
        data_uri(&[Rgb(0, 0, 0); 5], 3);
    }
}
