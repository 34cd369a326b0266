//! Tables, files, and readers who stop reading.

use std::process::Stdio;

use chartkey_devnet::contract::bindings::{AmendPractitionerCall, DirectoryEntry};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{Stage, binary};
use crate::viewers::cid;
use crate::world::World;

fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    (names, rows)
}

#[tokio::test]
async fn tables_have_what_the_lines_have() {
    let world = World::new().await;
    let mut stage = Stage::new(&world, 61, 120).await;
    let entry = DirectoryEntry {
        name: "=HYPERLINK(\"http://x\")".into(),
        licence: "L,1".into(),
        specialty: "\"cardiology\"\nand more".into(),
        organisation: "@home".into(),
    };
    let call = AmendPractitionerCall { practitioner: stage.history.practitioners[0], entry };
    world.contract.send(world.accounts[9], call).await.unwrap();
    stage.history.mine(1).await;
    stage.indexer.catch_up(&world).await;
    let none = stage.without_node();
    let record = cid(stage.history.records[0].digest).to_string();
    for asked in
        [&["replay", "events"][..], &["replay", "state"], &["replay", "who", "--record", &record, "--at", "block:9"]]
    {
        let lines = stage.by_database(&none, asked).await.lines();
        let table = stage.by_database(&none, &[asked, &["--csv"]].concat()).await;
        assert!(table.out.contains("\r\n"), "{table:?}");
        let (names, rows) = rows(&table.out);
        assert_eq!(rows.len(), lines.len(), "{asked:?}");
        assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{asked:?}");
        for (row, line) in rows.iter().zip(&lines) {
            let cell = |name: &str| names.iter().position(|known| known == name).map(|at| row[at].as_str());
            for name in ["line", "kind", "link", "patient", "viewer", "expiresAt"] {
                if let (Some(cell), Some(value)) = (cell(name), line[name].as_str()) {
                    assert_eq!(cell, value, "{line}");
                }
            }
        }
        if asked[1] == "state" {
            assert!(rows.iter().flatten().any(|cell| cell == "'=HYPERLINK(\"http://x\")"));
            assert!(rows.iter().flatten().any(|cell| cell == "'@home"));
        }
    }
}

#[tokio::test]
async fn a_file_is_there_only_once_it_is_whole() {
    let world = World::new().await;
    let stage = Stage::new(&world, 62, 40).await;
    let place = world.scratch.path().join("state.ndjson");
    let out = place.to_str().unwrap();
    stage.by_database(&stage.without_node(), &["replay", "state", "--out", out]).await.must("a file", 0, &[]);
    let written = std::fs::read_to_string(&place).unwrap();
    assert_eq!(written, stage.by_database(&stage.without_node(), &["replay", "state"]).await.out);
    std::fs::write(&place, "as it was").unwrap();
    let mut db = crate::world::connect(&stage.database).await;
    let broken = "update event set data = set_byte(data, 0, get_byte(data, 0) # 1) where kind = 'RecordAdded'";
    sqlx::query(broken).execute(&mut db).await.unwrap();
    let ran = stage.by_database(&stage.without_node(), &["replay", "events", "--out", out]).await;
    ran.must("a broken history", 1, &["first wrong link: the trail of 0x", "block ", "log "]);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "as it was");
    let left: Vec<_> =
        std::fs::read_dir(world.scratch.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".part")), "{left:?}");
}

#[tokio::test]
async fn who_stops_reading_ends_it_quietly() {
    let world = World::new().await;
    let stage = Stage::new(&world, 63, 150).await;
    let arguments = ["replay", "events", "--api", stage.indexer.url()];
    let mut command = binary(&stage.without_node(), None, &arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().unwrap().contains("\"kind\""));
    drop(lines);
    let ended = child.wait_with_output().await.unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success() && !said.contains("panicked"), "{said}");
}
