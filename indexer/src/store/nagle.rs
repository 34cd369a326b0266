//! Small messages go out at once. sqlx 0.9.0 leaves Nagle's algorithm on (launchbadge/sqlx issue 4335): the end of each COPY is a
//! small message that then waits for the server's delayed acknowledgement, 40 ms each time. sqlx does not give its socket away,
//! so it is found among the process's own.

use std::os::fd::{BorrowedFd, RawFd};

use socket2::SockRef;

/// Turns Nagle's algorithm off on this process's TCP connections to a port. Another connection to the same port loses nothing by
/// it. Where that fails, everything works as before, slower.
pub fn send_at_once(port: u16) {
    // Each open file of the process, on Linux and macOS alike.
    let Ok(files) = std::fs::read_dir("/dev/fd") else { return };
    for file in files.flatten() {
        let number: Option<RawFd> = file.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(number) = number {
            send_at_once_on(number, port);
        }
    }
}

#[expect(unsafe_code, reason = "there is no safe way from a number to a socket that another library owns")]
fn send_at_once_on(number: RawFd, port: u16) {
    // SAFETY: the number was open a moment ago. Should it be closed or reused meanwhile, the calls below fail, or ask and set
    // options of some other socket of ours that goes to the same port: neither touches memory.
    let file = unsafe { BorrowedFd::borrow_raw(number) };
    let socket = SockRef::from(&file);
    let peer = socket.peer_addr().ok().and_then(|peer| peer.as_socket());
    if peer.is_some_and(|peer| peer.port() == port) {
        let _ = socket.set_tcp_nodelay(true);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn only_connections_to_the_port_are_touched() {
        let (database, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let to_database = TcpStream::connect(database.local_addr().unwrap()).unwrap();
        let elsewhere = TcpStream::connect(other.local_addr().unwrap()).unwrap();
        send_at_once(database.local_addr().unwrap().port());
        assert!(to_database.nodelay().unwrap());
        assert!(!elsewhere.nodelay().unwrap());
    }
}
