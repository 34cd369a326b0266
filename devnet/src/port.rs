//! TCP ports on 127.0.0.1.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

use anyhow::{Context, Result, bail};

/// A port that was free a moment ago. Somebody else may take it before it is used: callers retry.
///
/// # Errors
/// When the machine has none left.
pub fn free() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free TCP port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// Checks that `port` can be listened on.
///
/// # Errors
/// One line that names the port, what wanted it, and `setting`: what to change to use another.
pub fn ensure_free(port: u16, wanted_by: &str, setting: &str) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!(
                "port {port} for {wanted_by} is taken by another program: stop that, or choose another with {setting}"
            )
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on 127.0.0.1:{port} for {wanted_by}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_what_to_change() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let line = ensure_free(port, "the API", "--api-port or API_PORT").unwrap_err().to_string();
        assert!(line.contains(&port.to_string()) && line.contains("API_PORT"), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }

    #[test]
    fn a_free_port_is_free() {
        ensure_free(free().unwrap(), "the API", "API_PORT").unwrap();
    }
}
