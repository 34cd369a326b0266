//! Requests as fast as answers come, over kept connections: by hand, because whatever this takes, the server lacks.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Connections that ask at the same time, each one request after the other.
pub const CONNECTIONS: u64 = 32;
/// What an answer's head begins with that has what was asked for.
const OK: &str = "HTTP/1.1 200";
/// No answer's head is longer.
const HEAD: usize = 8 << 10;

/// How soon answers came, and how many.
#[derive(Debug, Default)]
pub struct Times {
    /// Of each answer, in order of size once [`Times::of`] has them.
    seconds: Vec<f64>,
    /// How long it went on.
    pub lasted: f64,
}

impl Times {
    pub fn of(mut seconds: Vec<f64>, lasted: f64) -> Self {
        seconds.sort_by(f64::total_cmp);
        Times { seconds, lasted }
    }

    /// A second.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    pub fn rate(&self) -> f64 {
        self.seconds.len() as f64 / self.lasted
    }

    /// Milliseconds within which so many percent came.
    pub fn percentile(&self, percent: usize) -> f64 {
        let nth = (self.seconds.len() * percent).div_ceil(100).saturating_sub(1);
        self.seconds.get(nth).map_or(f64::NAN, |seconds| seconds * 1e3)
    }
}

/// Asks for random ones of `paths` from all connections at once.
pub async fn ask(server: SocketAddr, paths: &[String], seed: u64, long: Duration) -> Result<Times> {
    let started = Instant::now();
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let requests: Vec<Vec<u8>> = paths.iter().map(|path| request(server, path)).collect();
        connections.spawn(ask_one_by_one(server, requests, seed * CONNECTIONS + connection, started + long));
    }
    let mut seconds = Vec::new();
    for times in connections.join_all().await {
        seconds.extend(times?);
    }
    Ok(Times::of(seconds, started.elapsed().as_secs_f64()))
}

fn request(server: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {server}\r\n\r\n").into_bytes()
}

async fn ask_one_by_one(server: SocketAddr, requests: Vec<Vec<u8>>, seed: u64, until: Instant) -> Result<Vec<f64>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut connection = TcpStream::connect(server).await?;
    connection.set_nodelay(true)?;
    let (mut times, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    // Not all at the same moment.
    tokio::time::sleep(Duration::from_millis(rng.random_range(0..20))).await;
    while Instant::now() < until {
        let request = requests.choose(&mut rng).context("there is nothing to ask for")?;
        let asked = Instant::now();
        connection.write_all(request).await?;
        answer(&mut connection, &mut buffer, OK)
            .await
            .with_context(|| String::from_utf8_lossy(request).into_owned())?;
        times.push(asked.elapsed().as_secs_f64());
    }
    Ok(times)
}

/// Reads an answer, which must begin like this and be of known length.
async fn answer(connection: &mut TcpStream, buffer: &mut Vec<u8>, begins: &str) -> Result<()> {
    let mut held = 0;
    let body = loop {
        let more = connection.read(&mut buffer[held..]).await?;
        ensure!(more > 0, "the server hung up");
        held += more;
        if let Some(at) = buffer[..held].windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
        ensure!(held < HEAD, "an answer's head is too long");
    };
    let head = str::from_utf8(&buffer[..body])?;
    ensure!(head.starts_with(begins), "{head}{}", String::from_utf8_lossy(&buffer[body..held]));
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let whole = body + length.context("the answer has no length")?.trim().parse::<usize>()?;
    if buffer.len() < whole {
        buffer.resize(whole, 0);
    }
    if held < whole {
        connection.read_exact(&mut buffer[held..whole]).await?;
    }
    Ok(())
}

/// One answer's body, for a look at it.
pub async fn body(server: SocketAddr, path: &str) -> Result<String> {
    let mut connection = TcpStream::connect(server).await?;
    connection.write_all(&request(server, path)).await?;
    let mut buffer = vec![0; 64 << 10];
    answer(&mut connection, &mut buffer, OK).await.with_context(|| path.to_owned())?;
    let text = String::from_utf8_lossy(&buffer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(body.trim_end_matches('\0').to_owned())
}

/// How long each of these takes to be refused with a 403, asked with a session's token one after the other over one connection, in a
/// random order. In seconds, by path.
pub async fn refusals(server: SocketAddr, paths: &[String], token: &str, seed: u64) -> Result<Vec<f64>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.shuffle(&mut rng);
    let mut connection = TcpStream::connect(server).await?;
    connection.set_nodelay(true)?;
    let (mut times, mut buffer) = (vec![0.0; paths.len()], vec![0; 64 << 10]);
    for nth in order {
        let path = &paths[nth];
        let request = format!("GET {path} HTTP/1.1\r\nhost: {server}\r\nauthorization: Bearer {token}\r\n\r\n");
        let asked = Instant::now();
        connection.write_all(request.as_bytes()).await?;
        answer(&mut connection, &mut buffer, "HTTP/1.1 403").await.with_context(|| path.to_owned())?;
        times[nth] = asked.elapsed().as_secs_f64();
    }
    Ok(times)
}
