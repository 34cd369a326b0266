//! Open files: each connection is one, and systems allow few unless asked.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tracing::warn;

/// What the process opens besides the API's connections: the database, nodes, the log; about.
const OTHERS: u64 = 64;

/// Takes as many open files as the system lets us have, and says if they are fewer than what connections need.
pub fn allow_many(connections: u32) {
    let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    // Where it refuses, what there was stays.
    let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    let needed = u64::from(connections) + OTHERS;
    let allowed = getrlimit(Resource::RLIMIT_NOFILE).map_or(most, |(now, _)| now);
    if allowed < needed {
        warn!(
            allowed,
            needed, "the system allows too few open files for MAX_CONNECTIONS: raise LimitNOFILE or ulimit -n"
        );
    }
}
