//! The file: a manifest and the content, padded, in Tink's `AES256_GCM_HKDF_1MB` streaming AEAD.
//!
//! [`seal_record`] and [`RecordReader`] are what most need; [`RecordRange`] reads a part without the rest. Below them,
//! [`Encryptor`], [`Decryptor`] and [`RangeReader`] know bytes only, and [`Layout`] and [`SegmentCipher`] serve storage
//! that fetches one leaf of the file at a time.

mod cipher;
mod decrypt;
mod encrypt;
mod error;
mod layout;
mod manifest;
mod padding;
mod range;
mod read;
mod seal;

pub use cipher::{Header, SegmentCipher, file_aad};
pub use decrypt::Decryptor;
pub use encrypt::Encryptor;
pub use error::FormatError;
pub use layout::{HEADER, Layout, SEGMENT, TAG};
pub use manifest::{MAX_MANIFEST, MAX_SIZE, Manifest};
pub use padding::padded;
pub use range::RangeReader;
pub use read::{RecordRange, RecordReader};
pub use seal::{Described, describe, seal_record};
