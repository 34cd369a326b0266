//! A prescription as PDF: one page, its text uncompressed.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::{DATE, MARK, Subject};

/// A5, in points.
const WIDTH: f32 = 420.0;
const HEIGHT: f32 = 595.0;
const MARGIN: f32 = 36.0;
const FONT: Name = Name(b"F1");

pub(super) fn prescription(subject: Subject, medicine: &str, directions: &str) -> Vec<u8> {
    let [catalog, pages, page, font, content, information] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut sheet = pdf.page(page);
    sheet.parent(pages).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(content);
    sheet.resources().fonts().pair(FONT, font);
    sheet.finish();
    pdf.type1_font(font).base_font(Name(b"Helvetica"));
    pdf.stream(content, &text(subject, medicine, directions));
    pdf.document_info(information).title(TextStr("Prescription")).subject(TextStr(MARK));
    pdf.finish()
}

fn text(subject: Subject, medicine: &str, directions: &str) -> Vec<u8> {
    let patient = format!("Patient: {} {}   No. {}", subject.given, subject.family, subject.number);
    let date = format!("Date: {DATE}");
    let lines: [(f32, f32, &str); 8] = [
        (10.0, 24.0, MARK),
        (22.0, 48.0, "Prescription"),
        (11.0, 36.0, &patient),
        (11.0, 18.0, &date),
        (16.0, 48.0, medicine),
        (11.0, 22.0, directions),
        (11.0, 60.0, "Signed: a doctor who does not exist"),
        (10.0, 240.0, MARK),
    ];
    let mut content = Content::new();
    content.begin_text().next_line(MARGIN, HEIGHT - MARGIN);
    for (size, below, line) in lines {
        content.set_font(FONT, size).next_line(0.0, -below).show(Str(line.as_bytes()));
    }
    content.end_text();
    content.finish().into_vec()
}
