//! Medical files for the demo, made here and the same every time. All data in them are invented, and each says so
//! where its reader looks.

mod dicom;
mod fhir;
mod pdf;
mod picture;
mod png;

use anyhow::Result;

/// What every file says.
pub const MARK: &str = "INVENTED DATA - NOT A REAL PATIENT";
/// The date in every file, `YYYY-MM-DD`.
const DATE: &str = "2026-01-15";

/// Whom a file is about: nobody real.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Invented given and family name, ASCII.
    pub given: &'static str,
    /// Invented family name, ASCII.
    pub family: &'static str,
    /// Invented number in the hospital's books.
    pub number: &'static str,
}

/// What a file is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A prescription, PDF.
    Prescription {
        /// Medicine and strength.
        medicine: &'static str,
        /// How to take it.
        directions: &'static str,
    },
    /// A chest X-ray, PNG.
    Xray {
        /// Width of the spot in the left lung, in thousandths of the picture's; 0: none.
        spot: u16,
    },
    /// A chest X-ray, DICOM.
    Dicom {
        /// As in [`Kind::Xray`].
        spot: u16,
    },
    /// Laboratory results, a FHIR R4 bundle.
    Laboratory {
        /// Haemoglobin A1c in tenths of a per cent.
        hba1c: u16,
        /// Glucose in mg/dL.
        glucose: u16,
    },
}

impl Kind {
    /// The ending of such a file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Prescription { .. } => "pdf",
            Self::Xray { .. } => "png",
            Self::Dicom { .. } => "dcm",
            Self::Laboratory { .. } => "fhir.json",
        }
    }

    /// The file's content.
    ///
    /// # Errors
    /// When the picture cannot be encoded.
    pub fn file(self, subject: Subject) -> Result<Vec<u8>> {
        match self {
            Self::Prescription { medicine, directions } => Ok(pdf::prescription(subject, medicine, directions)),
            Self::Xray { spot } => png::encode(&picture::Picture::chest(subject, spot)),
            Self::Dicom { spot } => Ok(dicom::encode(subject, &picture::Picture::chest(subject, spot))),
            Self::Laboratory { hba1c, glucose } => fhir::laboratory(subject, hba1c, glucose),
        }
    }
}
