use std::{
    io::{self, Read},
    path::Path,
};

use chartkey_devnet::cid;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    size: u64,
    cid: String,
}

/// The files of the vectors: byte i is the top byte of i * 2654435761 modulo 2^32.
struct Pattern(u32);

impl Read for Pattern {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for byte in buffer.iter_mut() {
            *byte = self.0.wrapping_mul(2_654_435_761).to_be_bytes()[0];
            self.0 += 1;
        }
        Ok(buffer.len())
    }
}

fn check(sizes: impl Fn(u64) -> bool) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/vectors/cids.json");
    let Vectors { vectors } = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let chosen: Vec<Vector> = vectors.into_iter().filter(|vector| sizes(vector.size)).collect();
    assert!(chosen.len() >= 3);
    for Vector { size, cid } in chosen {
        assert_eq!(cid::of_reader(Pattern(0).take(size)).unwrap().to_string(), cid, "{size} bytes");
    }
}

#[test]
fn are_those_of_an_independent_importer() {
    check(|size| size < 1 << 28);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "a minute for each file of a gibibyte without optimisation")]
fn of_files_with_more_leaves_than_a_node_has_links_are_too() {
    check(|size| size >= 1 << 28);
}
