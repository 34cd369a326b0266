//! One node of a file's DAG: dag-pb (<https://ipld.io/specs/codecs/dag-pb/spec/>) around UnixFS
//! (<https://specs.ipfs.tech/unixfs/>), read within limits. Whatever layout wrote it: leaves of any size, raw or dag-pb.

use std::ops::Range;

use bytes::Bytes;
use cid::Cid;

use super::block::{Block, DAG_PB, RAW};
use super::car::read_varint;
use super::{StoreError, check_cid};

/// How much of a DAG is read. A hostile one is refused where it goes beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Links of a node; the layout has 1024.
    pub links: usize,
    /// Nodes above a leaf; the layout reaches 1 PiB with 3.
    pub depth: usize,
    /// Bytes of the file.
    pub size: u64,
}

impl Default for Limits {
    /// 1024 links, 4 levels, 1 TiB.
    fn default() -> Self {
        Limits { links: 1024, depth: 4, size: 1 << 40 }
    }
}

/// A part of the file: a subtree or a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    pub cid: Cid,
    /// Which bytes of the file.
    pub range: Range<u64>,
}

/// What a block is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Bytes of the file.
    Leaf(Bytes),
    /// Parts in their order. There is one at least, none is empty, and their ranges begin at 0 without gaps.
    Branch(Vec<Child>),
}

impl Node {
    /// Reads a verified block.
    pub fn of(block: &Block, limits: Limits) -> Result<Self, StoreError> {
        let node = match block.cid().codec() {
            RAW => Node::Leaf(block.data().clone()),
            DAG_PB => dag_pb(block, limits)?,
            codec => return Err(StoreError::bad_dag(block.cid(), format!("codec 0x{codec:x}"))),
        };
        if node.size() > limits.size {
            return Err(StoreError::TooLarge { what: "a file", limit: limits.size });
        }
        Ok(node)
    }

    /// Bytes of the file in it.
    pub fn size(&self) -> u64 {
        match self {
            Node::Leaf(data) => data.len() as u64,
            Node::Branch(children) => children.last().map_or(0, |child| child.range.end),
        }
    }
}

/// A protobuf field.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Takes the first field off `rest`: its number and value.
fn field<'a>(rest: &mut &'a [u8]) -> Result<(u64, Field<'a>), &'static str> {
    let number = |rest: &mut &'a [u8]| {
        let (value, length) = read_varint(rest)?.ok_or("a number is cut off")?;
        *rest = &rest[length..];
        Ok::<u64, &'static str>(value)
    };
    let key = number(rest)?;
    let value = match key & 7 {
        0 => Field::Number(number(rest)?),
        2 => {
            let length = usize::try_from(number(rest)?).unwrap_or(usize::MAX);
            let (bytes, tail) = rest.split_at_checked(length).ok_or("a field is cut off")?;
            *rest = tail;
            Field::Bytes(bytes)
        }
        _ => return Err("a field of another kind than numbers and bytes"),
    };
    Ok((key >> 3, value))
}

fn dag_pb(block: &Block, limits: Limits) -> Result<Node, StoreError> {
    let wrong = |reason: &str| StoreError::bad_dag(block.cid(), reason);
    let (mut rest, mut links, mut data) = (&block.data()[..], Vec::new(), None);
    while !rest.is_empty() {
        match field(&mut rest).map_err(wrong)? {
            (2, Field::Bytes(_)) if links.len() == limits.links => {
                return Err(StoreError::TooLarge { what: "links of a node", limit: limits.links as u64 });
            }
            (2, Field::Bytes(link)) => links.push(link_target(link).map_err(|reason| wrong(&reason))?),
            (1, Field::Bytes(bytes)) if data.is_none() => data = Some(bytes),
            _ => return Err(wrong("a field that dag-pb does not have")),
        }
    }
    let file = unixfs(data.ok_or_else(|| wrong("it has no UnixFS data"))?, limits).map_err(wrong)?;
    if links.is_empty() {
        let length = file.content.len() as u64;
        if !file.blocks.is_empty() || file.size.unwrap_or(length) != length {
            return Err(wrong("a leaf whose size is not that of its bytes"));
        }
        return Ok(Node::Leaf(block.data().slice_ref(file.content)));
    }
    if !file.content.is_empty() || file.blocks.len() != links.len() {
        return Err(wrong("its links and their sizes do not agree"));
    }
    branch(links, &file).map_err(wrong)
}

fn branch(links: Vec<Cid>, file: &File<'_>) -> Result<Node, &'static str> {
    let (mut children, mut begin) = (Vec::with_capacity(links.len()), 0u64);
    for (cid, size) in links.into_iter().zip(&file.blocks) {
        // An empty part would let a small file be a DAG without end.
        let end = begin.checked_add(*size).filter(|end| *end > begin).ok_or("a part is empty, or too large")?;
        children.push(Child { cid, range: begin..end });
        begin = end;
    }
    if file.size == Some(begin) { Ok(Node::Branch(children)) } else { Err("its size is not that of its parts") }
}

fn link_target(link: &[u8]) -> Result<Cid, String> {
    let (mut rest, mut cid) = (link, None);
    while !rest.is_empty() {
        match field(&mut rest)? {
            (1, Field::Bytes(mut bytes)) if cid.is_none() => {
                cid = Some(Cid::read_bytes(&mut bytes).map_err(|error| format!("a link: {error}"))?);
                if !bytes.is_empty() {
                    return Err("a link has more than a CID".into());
                }
            }
            (2, Field::Bytes([])) | (3, Field::Number(_)) => {}
            (2, _) => return Err("a link has a name: it is a folder, not a file".into()),
            _ => return Err("a link has a field that dag-pb does not have".into()),
        }
    }
    let cid = cid.ok_or("a link without a CID")?;
    check_cid(&cid).map_err(|error| error.to_string())?;
    Ok(cid)
}

struct File<'a> {
    content: &'a [u8],
    size: Option<u64>,
    blocks: Vec<u64>,
}

fn unixfs(data: &[u8], limits: Limits) -> Result<File<'_>, &'static str> {
    let (mut rest, mut kind) = (data, None);
    let mut file = File { content: &[], size: None, blocks: Vec::new() };
    while !rest.is_empty() {
        match field(&mut rest)? {
            (1, Field::Number(number)) => kind = Some(number),
            (2, Field::Bytes(bytes)) => file.content = bytes,
            (3, Field::Number(number)) => file.size = Some(number),
            (4, Field::Number(number)) if file.blocks.len() < limits.links => file.blocks.push(number),
            (4, Field::Bytes(mut packed)) => {
                while !packed.is_empty() && file.blocks.len() < limits.links {
                    let (number, length) = read_varint(packed)?.ok_or("a size is cut off")?;
                    file.blocks.push(number);
                    packed = &packed[length..];
                }
            }
            (4, Field::Number(_)) => return Err("more sizes than links are read"),
            // Mode and time: they say nothing about the bytes.
            (7, Field::Number(_)) | (8, Field::Bytes(_)) => {}
            _ => return Err("a field that a UnixFS file does not have"),
        }
    }
    match kind {
        // Raw and File.
        Some(0 | 2) => Ok(file),
        _ => Err("it is no file: a folder, a link or a shard"),
    }
}
