//! Blocks as files. Every block and every pin is on the disk, and its folder too, before anybody hears that it is kept.
//!
//! ```text
//! lock             held while a process uses the folder
//! blocks/xx/<cid>  a block; xx are the two characters before the CID's last, as in Kubo's flatfs
//! pins/<cid>       empty: a root to keep
//! new/             blocks that are being written; emptied at the start
//! ```

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cid::Cid;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::Mutex;

use super::block::{Block, MAX_BLOCK};
use super::walk::Walk;
use super::{Limits, RecordStore, Stat, StoreError, check_cid, normal, parse_cid};

/// Blocks of one `put` that are written at the same time: the disk syncs several as fast as one.
const WRITERS: usize = 8;

/// The embedded store. It joins no network: [`serve`](super::serve) gives it to others by HTTP.
#[derive(Debug, Clone)]
pub struct DiskStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    folder: PathBuf,
    /// Names of files that are being written.
    counter: AtomicU64,
    /// Held while a DAG is looked through to be pinned, and while garbage is collected.
    pinning: Mutex<()>,
    /// Locked until it is closed.
    _lock: File,
}

impl DiskStore {
    /// Opens the folder, or makes it. What a crash left half-written is removed. Fails with
    /// [`InUse`](StoreError::InUse) while another process has it.
    pub async fn open(name: impl Into<String>, folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let (name, folder) = (name.into(), folder.into());
        blocking(move || Inner::open(name, folder)).await.map(|inner| DiskStore { inner: Arc::new(inner) })
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || work(&inner)).await
    }

    /// Bytes of a block, unread.
    pub async fn size(&self, cid: &Cid) -> Result<u64, StoreError> {
        let cid = *cid;
        self.with(move |inner| {
            let path = inner.block_path(&normal(&cid));
            Ok(fs::metadata(path).map_err(|error| missing(error, &cid))?.len())
        })
        .await
    }

    /// Removes every block that no pin needs and that was written more than `grace` ago, and gives their CIDs. An upload that
    /// takes longer than `grace` may lose blocks before its pin, which then fails: it is repeated. Removes nothing while
    /// a pinned node is damaged or missing: what is below it could not be told from garbage.
    pub async fn collect(&self, grace: Duration) -> Result<Vec<Cid>, StoreError> {
        let _nothing_is_pinned = self.inner.pinning.lock().await;
        let mut needed = HashSet::new();
        for root in self.list().await? {
            let mut walk = Walk::new(root, Limits::default());
            while let Some(step) = walk.next() {
                if step.is_branch() {
                    walk.descend(&step, &self.get(&step.cid).await?)?;
                }
                needed.insert(step.cid);
            }
        }
        self.with(move |inner| inner.sweep(&needed, grace)).await
    }

    /// Removes one block, whatever depends on it.
    pub async fn remove(&self, cid: &Cid) -> Result<(), StoreError> {
        let cid = normal(cid);
        self.with(move |inner| remove(&inner.block_path(&cid))).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    // Fails only if the work panicked or the runtime is ending.
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

impl Inner {
    fn open(name: String, folder: PathBuf) -> Result<Self, StoreError> {
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join("lock"))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(folder.display().to_string())),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Ok(()) => {}
        }
        let new = folder.join("new");
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        for part in ["new", "blocks", "pins"] {
            fs::create_dir_all(folder.join(part))?;
        }
        sync_folder(&folder)?;
        Ok(Inner { name, folder, counter: AtomicU64::new(0), pinning: Mutex::new(()), _lock: lock })
    }

    fn block_path(&self, cid: &Cid) -> PathBuf {
        let name = cid.to_string();
        // A checked CIDv1 has 59 characters.
        let shard = &name[name.len() - 3..name.len() - 1];
        self.folder.join("blocks").join(shard).join(&name)
    }

    fn pin_path(&self, cid: &Cid) -> PathBuf {
        self.folder.join("pins").join(cid.to_string())
    }

    fn read(&self, cid: &Cid) -> Result<Block, StoreError> {
        check_cid(cid)?;
        let path = self.block_path(&normal(cid));
        let length = fs::metadata(&path).map_err(|error| missing(error, cid))?.len();
        if length > MAX_BLOCK as u64 {
            return Err(StoreError::Damaged(*cid));
        }
        Block::verified(*cid, Bytes::from(fs::read(&path).map_err(|error| missing(error, cid))?))
    }

    /// Gives the folder that has to be on the disk before the block counts as kept.
    fn write(&self, block: &Block) -> Result<PathBuf, StoreError> {
        let cid = normal(block.cid());
        let path = self.block_path(&cid);
        let shard = path.parent().unwrap_or(&self.folder).to_owned();
        // Also a damaged one is written anew. One that is there may be another import's, its folder not yet on the disk.
        if self.read(&cid).is_err() {
            fs::create_dir_all(&shard)?;
            let new = self.folder.join("new").join(self.counter.fetch_add(1, Ordering::Relaxed).to_string());
            let mut file = File::create_new(&new)?;
            file.write_all(block.data())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
        }
        Ok(shard)
    }

    fn sync(&self, mut folders: BTreeSet<PathBuf>) -> Result<(), StoreError> {
        folders.insert(self.folder.join("blocks"));
        folders.iter().try_for_each(|folder| sync_folder(folder)).map_err(StoreError::from)
    }

    fn write_pin(&self, cid: &Cid) -> Result<(), StoreError> {
        File::create(self.pin_path(cid))?.sync_all()?;
        Ok(sync_folder(&self.folder.join("pins"))?)
    }

    fn sweep(&self, needed: &HashSet<Cid>, grace: Duration) -> Result<Vec<Cid>, StoreError> {
        let mut removed = Vec::new();
        for shard in fs::read_dir(self.folder.join("blocks"))? {
            for block in fs::read_dir(shard?.path())? {
                let block = block?;
                let Some(cid) = block.file_name().to_str().and_then(|name| parse_cid(name).ok()) else { continue };
                // A clock that was set back makes blocks of the future: they are kept.
                let age = block.metadata()?.modified()?.elapsed().unwrap_or_default();
                if !needed.contains(&cid) && age >= grace {
                    fs::remove_file(block.path())?;
                    removed.push(cid);
                }
            }
        }
        Ok(removed)
    }

    fn pins(&self) -> Result<Vec<Cid>, StoreError> {
        let mut cids = Vec::new();
        for entry in fs::read_dir(self.folder.join("pins"))? {
            cids.extend(entry?.file_name().to_str().and_then(|name| parse_cid(name).ok()));
        }
        cids.sort_unstable();
        Ok(cids)
    }

    fn stat(&self) -> Result<Stat, StoreError> {
        let mut stat = Stat { blocks: 0, bytes: 0 };
        for shard in fs::read_dir(self.folder.join("blocks"))? {
            for block in fs::read_dir(shard?.path())? {
                stat.blocks += 1;
                stat.bytes += block?.metadata()?.len();
            }
        }
        Ok(stat)
    }
}

#[async_trait]
impl RecordStore for DiskStore {
    fn name(&self) -> &str {
        &self.inner.name
    }

    async fn get(&self, cid: &Cid) -> Result<Block, StoreError> {
        let cid = *cid;
        self.with(move |inner| inner.read(&cid)).await
    }

    async fn has(&self, cid: &Cid) -> Result<bool, StoreError> {
        check_cid(cid)?;
        let cid = normal(cid);
        self.with(move |inner| Ok(inner.block_path(&cid).try_exists()?)).await
    }

    async fn put(&self, blocks: &[Block]) -> Result<(), StoreError> {
        let written = stream::iter(blocks.to_vec()).map(|block| self.with(move |inner| inner.write(&block)));
        let folders = written.buffer_unordered(WRITERS).try_collect().await?;
        self.with(move |inner| inner.sync(folders)).await
    }

    async fn replace(&self, _root: &Cid, block: &Block) -> Result<(), StoreError> {
        self.put(std::slice::from_ref(block)).await
    }

    /// Asks for every leaf, and reads every node above them.
    async fn pin(&self, root: &Cid) -> Result<(), StoreError> {
        check_cid(root)?;
        let _nothing_is_removed = self.inner.pinning.lock().await;
        let mut walk = Walk::new(*root, Limits::default());
        while let Some(step) = walk.next() {
            if step.is_branch() {
                walk.descend(&step, &self.get(&step.cid).await?)?;
            } else if !self.has(&step.cid).await? {
                return Err(StoreError::Missing(step.cid));
            }
        }
        let root = normal(root);
        self.with(move |inner| inner.write_pin(&root)).await
    }

    async fn unpin(&self, root: &Cid) -> Result<(), StoreError> {
        check_cid(root)?;
        let root = normal(root);
        self.with(move |inner| remove(&inner.pin_path(&root))).await
    }

    async fn is_pinned(&self, root: &Cid) -> Result<bool, StoreError> {
        check_cid(root)?;
        let root = normal(root);
        self.with(move |inner| Ok(inner.pin_path(&root).try_exists()?)).await
    }

    async fn list(&self) -> Result<Vec<Cid>, StoreError> {
        self.with(Inner::pins).await
    }

    async fn stat(&self) -> Result<Stat, StoreError> {
        self.with(Inner::stat).await
    }
}

fn missing(error: io::Error, cid: &Cid) -> StoreError {
    if error.kind() == io::ErrorKind::NotFound { StoreError::Missing(*cid) } else { error.into() }
}

/// Not an error if there is none.
fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    path.parent().map_or(Ok(()), sync_folder).map_err(StoreError::from)
}

/// A name in a folder survives a crash only once the folder itself is on the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
