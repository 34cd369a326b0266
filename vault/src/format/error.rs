use std::io;

use crate::Malformed;

/// Why a file does not open, or cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Fewer bytes than the header and one tag.
    #[error("the file is cut off: it has {0} bytes, and the smallest has 56")]
    TooShort(u64),
    /// The first byte is the header's length, 0x28.
    #[error("not an encrypted record: it begins with 0x{0:02x}, not 0x28")]
    NotARecord(u8),
    /// The first segment does not open. [`is_committed`](crate::is_committed) tells which: if the key is the committed
    /// one, the file is damaged or another patient's.
    #[error(
        "segment 0 does not open: the key is another file's, the file is another patient's, or it is damaged there"
    )]
    WrongKey,
    /// A later segment does not open, so the key is right.
    #[error("segment {segment} of the file is damaged, cut off or not in its place")]
    Damaged { segment: u32 },
    /// The last segment there is opens, and is not marked as the last.
    #[error("the file is cut off after segment {segment}")]
    Truncated { segment: u32 },
    /// More than 2^32 segments of 1 MiB, or a content of more than 2^53 - 1 bytes.
    #[error("the file is too long for its format")]
    TooLong,
    /// It opens, but is no record of this version.
    #[error("the file opens, but what is inside begins with neither CKR1 nor a manifest: {0}")]
    BadManifest(#[from] Malformed),
    /// The content is not what the manifest says.
    #[error("the content has {found} bytes, but its manifest says {expected}")]
    WrongSize { expected: u64, found: u64 },
    /// The content is not what the manifest says.
    #[error("the content is not the one its manifest describes: its SHA-256 differs")]
    WrongContent,
    /// What follows the content is not what Padmé says, or not zero.
    #[error("what follows the content is not its padding")]
    BadPadding,
    /// What is to be read lies behind the end.
    #[error("byte {offset} was asked for, and there are {length}")]
    OutOfRange { offset: u64, length: u64 },
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<FormatError> for io::Error {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Io(error) => error,
            FormatError::TooShort(_) | FormatError::Truncated { .. } => {
                io::Error::new(io::ErrorKind::UnexpectedEof, error)
            }
            _ => io::Error::new(io::ErrorKind::InvalidData, error),
        }
    }
}

impl FormatError {
    /// Of an error that went through `io::Error`, the original.
    pub(super) fn from_io(error: io::Error) -> Self {
        match error.downcast::<FormatError>() {
            Ok(error) => error,
            Err(error) => FormatError::Io(error),
        }
    }
}
