//! A PNG picture.

use anyhow::Result;
use png::{BitDepth, ColorType, Encoder};

use super::{MARK, picture::Picture};

pub(super) fn encode(picture: &Picture) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, picture.width.into(), picture.height.into());
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    encoder.add_text_chunk("Comment".to_owned(), MARK.to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.grey)?;
    writer.finish()?;
    Ok(file)
}
