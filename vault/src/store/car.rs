//! CARv1 (<https://ipld.io/specs/transport/car/carv1/>): blocks one after the other, each with its CID, behind a header
//! that names roots. Written here because a parser that is fed pieces, as they come over HTTP, checks every hash and
//! holds one block at most is what is needed, and short (decision 0041).

use bytes::{Bytes, BytesMut};
use cid::Cid;

use super::block::{Block, MAX_BLOCK};
use super::{StoreError, check_cid};

/// Bytes that a header may have: it names a few roots.
const MAX_HEADER: usize = 4096;
/// Bytes that a CID may have in a section: 4 for its codecs and 32 for the hash.
const MAX_CID: usize = 64;

/// The header of a CAR with one root.
pub fn header(root: &Cid) -> Vec<u8> {
    // DAG-CBOR: {"roots": [42(h'00' ‖ CID)], "version": 1}, keys by length.
    let cid = root.to_bytes();
    let length = u8::try_from(cid.len() + 1).expect("a checked CID has 34 to 36 bytes");
    let mut cbor = b"\xa2\x65roots\x81\xd8\x2a\x58".to_vec();
    cbor.extend([length, 0]);
    cbor.extend(cid);
    cbor.extend(b"\x67version\x01");
    let mut car = varint(cbor.len());
    car.extend(cbor);
    car
}

/// What precedes a block's bytes in a CAR.
pub fn section(block: &Block) -> Vec<u8> {
    let cid = block.cid().to_bytes();
    let mut car = varint(cid.len() + block.data().len());
    car.extend(cid);
    car
}

/// Reads a CAR in pieces of any size. Holds one block at most, and gives none that its CID does not verify.
#[derive(Debug, Default)]
pub struct CarParser {
    buffer: BytesMut,
    roots: Option<Vec<Cid>>,
}

impl CarParser {
    /// Before the first piece.
    pub fn new() -> Self {
        CarParser::default()
    }

    /// The header's roots; none before it was whole.
    pub fn roots(&self) -> Option<&[Cid]> {
        self.roots.as_deref()
    }

    /// Takes a piece of the CAR.
    pub fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// The next block that is whole; `None` until more was pushed. After an error, nothing more is to be asked.
    pub fn next_block(&mut self) -> Result<Option<Block>, StoreError> {
        if self.roots.is_none() {
            let Some(frame) = self.frame(MAX_HEADER)? else { return Ok(None) };
            self.roots = Some(parse_header(&frame)?);
        }
        let Some(frame) = self.frame(MAX_BLOCK + MAX_CID)? else { return Ok(None) };
        let mut rest = &frame[..];
        let cid = Cid::read_bytes(&mut rest).map_err(|error| bad(format!("a block's CID: {error}")))?;
        check_cid(&cid)?;
        let data = frame.slice(frame.len() - rest.len()..);
        Block::verified(cid, data).map(Some)
    }

    /// Says whether the CAR ended between two blocks.
    pub fn finish(self) -> Result<(), StoreError> {
        match self.roots {
            Some(_) if self.buffer.is_empty() => Ok(()),
            _ => Err(bad("it is cut off".into())),
        }
    }

    fn frame(&mut self, limit: usize) -> Result<Option<Bytes>, StoreError> {
        let Some((length, begin)) = read_varint(&self.buffer).map_err(|reason| bad(reason.into()))? else {
            return Ok(None);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length == 0 || length > limit {
            return Err(bad(format!("a section of {length} bytes, expected 1 to {limit}")));
        }
        if self.buffer.len() < begin + length {
            return Ok(None);
        }
        Ok(Some(self.buffer.split_to(begin + length).freeze().slice(begin..)))
    }
}

/// Reads `{"roots": [CID…], "version": 1}` in DAG-CBOR, whose form is fixed but for the roots.
fn parse_header(cbor: &[u8]) -> Result<Vec<Cid>, StoreError> {
    let inner = cbor.strip_prefix(b"\xa2\x65roots").and_then(|rest| rest.strip_suffix(b"\x67version\x01"));
    let [count @ 0x80..=0x97, rest @ ..] = inner.ok_or_else(|| bad("its header is not that of version 1".into()))?
    else {
        return Err(bad("its roots are no list of at most 23".into()));
    };
    let mut rest = rest;
    let mut roots = Vec::new();
    for _ in 0..count - 0x80 {
        let [0xd8, 0x2a, 0x58, length, 0, tail @ ..] = rest else {
            return Err(bad("a root is no CID".into()));
        };
        let length = usize::from(*length).checked_sub(1).filter(|length| *length <= tail.len());
        let (cid, tail) = tail.split_at(length.ok_or_else(|| bad("a root is cut off".into()))?);
        roots.push(Cid::try_from(cid).map_err(|error| bad(format!("a root: {error}")))?);
        rest = tail;
    }
    if rest.is_empty() { Ok(roots) } else { Err(bad("its header holds more than roots".into())) }
}

fn varint(value: usize) -> Vec<u8> {
    let mut rest = value;
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(rest & 0x7f).expect("seven bits");
        rest >>= 7;
        bytes.push(if rest == 0 { low } else { low | 0x80 });
        if rest == 0 {
            return bytes;
        }
    }
}

/// An unsigned LEB128 number and how many bytes it takes; `None` if it is not whole yet.
pub(super) fn read_varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, &'static str> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return if *byte == 0 && at > 0 {
                Err("a number is not in its shortest form")
            } else {
                Ok(Some((value, at + 1)))
            };
        }
    }
    if bytes.len() < 9 { Ok(None) } else { Err("a number has more than 63 bits") }
}

fn bad(reason: String) -> StoreError {
    StoreError::BadCar(reason)
}
