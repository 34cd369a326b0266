//! How the types that are text in JSON are described (OpenAPI): what of their form a schema can say.

use utoipa::openapi::KnownFormat;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};

use super::view::HexBytes;
use super::{Address, Digest, Hash, Moment, RecordCid};

/// A text of this form. Formats that OpenAPI does not know name ours, for tools that make up valid values.
pub(crate) fn text(format: &str, pattern: Option<&str>, example: Option<&str>, description: &str) -> Schema {
    let format = match format {
        "date-time" => SchemaFormat::KnownFormat(KnownFormat::DateTime),
        other => SchemaFormat::Custom(other.into()),
    };
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(format))
        .pattern(pattern)
        .examples(example)
        .description(Some(description))
        .build()
        .into()
}

/// Describes a type that is text: its name, format, pattern, an example, and what it is.
macro_rules! text_schema {
    ($type:ty, $name:literal, $format:literal, $pattern:expr, $example:expr, $description:literal) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::model::schema::text($format, $pattern, $example, $description).into()
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
        }
    };
}
pub(crate) use text_schema;

text_schema!(
    Address,
    "Address",
    "address",
    Some("^0x[0-9a-fA-F]{40}$"),
    Some("0x976EA74026E726554dB657fA54763abd0C3a0aa9"),
    "An account. Written with its EIP-55 checksum; read in any case, but a wrong checksum is refused."
);
text_schema!(
    Hash,
    "Hash",
    "hash",
    Some("^0x[0-9a-f]{64}$"),
    Some("0x2b1d4f6a8c0e92735b4d6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4"),
    "32 bytes: a block's or transaction's hash, a key's id, a trail's link, an event's topic."
);
text_schema!(
    Digest,
    "Digest",
    "hash",
    Some("^0x[0-9a-f]{64}$"),
    Some("0x19f9cad68f29c90595e9f5c79d12f66bc2cc8f1628a26a98f28691f9e81dcc26"),
    "The sha2-256 digest inside a record's CID: the contract's name for the record within its chart."
);
text_schema!(
    RecordCid,
    "Cid",
    "cid",
    Some("^baf(krei|ybei)[a-z2-7]{52}$"),
    Some("bafkreiaz7hfnnyjzoecz54vi3qrwebm74kzsiygirtzagu2jp7vkeizolq"),
    "A record's content identifier on IPFS: CIDv1 in base32, with sha2-256 and the codec raw or dag-pb."
);
text_schema!(
    Moment,
    "Moment",
    "date-time",
    Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"),
    Some("2026-11-22T09:30:00Z"),
    "A time by RFC 3339, in UTC."
);
text_schema!(
    HexBytes,
    "HexBytes",
    "hex",
    Some("^0x([0-9a-f]{2})*$"),
    Some("0x0202020202"),
    "Bytes of any number, none too."
);

/// A record's CID as it may be asked by.
pub(crate) struct AnyCid;
text_schema!(
    AnyCid,
    "AnyCid",
    "cid",
    None,
    Some("bafkreiaz7hfnnyjzoecz54vi3qrwebm74kzsiygirtzagu2jp7vkeizolq"),
    "A record's CID in any valid form, of version 0 or 1: with sha2-256 and the codec raw or dag-pb."
);

/// A time as it may be asked by.
pub(crate) struct AnyMoment;
text_schema!(AnyMoment, "AnyMoment", "date-time", None, None, "A time by RFC 3339, with any offset.");
