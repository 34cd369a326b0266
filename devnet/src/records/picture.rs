//! A drawn chest: ellipses of different brightness, and nobody's.

use font8x8::legacy::BASIC_LEGACY;

use super::{MARK, Subject};

/// Pixels of a letter's side, before scaling.
const LETTER: usize = 8;

/// A picture in 256 greys, row by row from the top.
pub(super) struct Picture {
    pub width: u16,
    pub height: u16,
    pub grey: Vec<u8>,
}

/// Brightness `by` inside the ellipse at (`x`, `y`) with half axes (`a`, `b`), fading out at its rim. The picture's
/// middle is (0, 0), its edges are 1.
struct Ellipse {
    x: f32,
    y: f32,
    a: f32,
    b: f32,
    by: f32,
}

const BODY: [Ellipse; 8] = [
    Ellipse { x: 0.0, y: 0.25, a: 0.95, b: 1.1, by: 120.0 }, // trunk
    Ellipse { x: -0.42, y: 0.1, a: 0.34, b: 0.62, by: -85.0 }, // right lung, on the left as always
    Ellipse { x: 0.42, y: 0.1, a: 0.34, b: 0.62, by: -85.0 }, // left lung
    Ellipse { x: 0.0, y: 0.1, a: 0.09, b: 1.3, by: 60.0 },   // spine
    Ellipse { x: 0.12, y: 0.32, a: 0.3, b: 0.28, by: 65.0 }, // heart
    Ellipse { x: 0.0, y: 0.95, a: 0.85, b: 0.28, by: 55.0 }, // below the diaphragm
    Ellipse { x: -0.45, y: -0.58, a: 0.4, b: 0.04, by: 40.0 }, // collar bones
    Ellipse { x: 0.45, y: -0.58, a: 0.4, b: 0.04, by: 40.0 },
];

impl Picture {
    /// A chest with a spot of `spot` thousandths of the width in the left lung.
    pub fn chest(subject: Subject, spot: u16) -> Self {
        let (width, height) = (512, 512);
        let mut picture = Self { width, height, grey: Vec::with_capacity(usize::from(width) * usize::from(height)) };
        for row in 0..height {
            for column in 0..width {
                let (x, y) = (centred(column, width), centred(row, height));
                picture.grey.push(to_grey(chest(x, y, spot) + grain(column, row)));
            }
        }
        picture.write(16, 12, 1, MARK);
        picture.write(16, 28, 1, &format!("{} {}  {}", subject.given, subject.family, subject.number));
        picture.write(usize::from(width) - 40, 44, 3, "L");
        picture.write(48, usize::from(height) - 40, 3, "INVENTED DATA");
        picture
    }

    /// Writes ASCII text in white, its top left corner at (`x`, `y`); what does not fit is cut off.
    fn write(&mut self, x: usize, y: usize, scale: usize, text: &str) {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        for (place, letter) in text.bytes().enumerate() {
            let shape = BASIC_LEGACY.get(usize::from(letter)).copied().unwrap_or_default();
            for (row, column) in
                (0..LETTER * scale).flat_map(|row| (0..LETTER * scale).map(move |column| (row, column)))
            {
                let ink = shape[row / scale] >> (column / scale) & 1 == 1;
                let (x, y) = (x + place * LETTER * scale + column, y + row);
                if ink && x < width && y < height {
                    self.grey[y * width + x] = u8::MAX;
                }
            }
        }
    }
}

fn centred(pixel: u16, of: u16) -> f32 {
    2.0 * f32::from(pixel) / f32::from(of) - 1.0
}

// Only sums, products and roots: they give the same bits on every machine.
fn chest(x: f32, y: f32, spot: u16) -> f32 {
    let spot = f32::from(spot) / 1000.0;
    let spot = Ellipse { x: 0.5, y: -0.18, a: spot, b: spot, by: 70.0 };
    let body: f32 = BODY.iter().chain([&spot]).map(|ellipse| ellipse.at(x, y)).sum();
    18.0 + body + ribs(x, y)
}

impl Ellipse {
    fn at(&self, x: f32, y: f32) -> f32 {
        if self.a == 0.0 {
            return 0.0;
        }
        let (dx, dy) = ((x - self.x) / self.a, (y - self.y) / self.b);
        let inside = (1.0 - dx * dx - dy * dy).clamp(0.0, 0.3) / 0.3;
        self.by * inside * inside * (3.0 - 2.0 * inside)
    }
}

/// Bands that bend down towards the sides.
fn ribs(x: f32, y: f32) -> f32 {
    let depth = (y + 0.55 - 0.5 * x * x) * 6.5;
    let in_chest = x.abs() > 0.1 && x.abs() < 0.8 && y > -0.6 && y < 0.7;
    let band = depth - depth.floor();
    if in_chest && band < 0.35 { 22.0 } else { 0.0 }
}

/// Film grain: a hash of the place, from -6 to 6.
fn grain(column: u16, row: u16) -> f32 {
    let mixed = (u32::from(column) << 16 | u32::from(row)).wrapping_mul(2_654_435_761);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
    f32::from((mixed >> 24) as u8 % 13) - 6.0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range just before")]
fn to_grey(brightness: f32) -> u8 {
    brightness.clamp(0.0, 255.0) as u8
}
