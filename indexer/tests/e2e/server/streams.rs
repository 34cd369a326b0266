//! Streams, from the server's side.

use super::*;
use crate::indexer::Indexer;
use crate::stream::client::Stream;
use crate::world::World;

#[tokio::test]
async fn streams_are_counted_and_asked_to_end_they_end_regularly() {
    let world = World::new().await;
    let indexer = Indexer::start(&world, &world.database().await).await;
    indexer.catch_up(&world).await;
    let open = async |expected: &str| {
        wait::until(expected, PATIENCE, || async {
            let text = indexer.send("/metrics", &[]).await.text().await?;
            let gauge = "chartkey_streams_open{kind=\"events\"} ";
            Ok(text.lines().any(|line| line.strip_prefix(gauge) == Some(expected)).then_some(()))
        })
        .await
        .unwrap();
    };
    open("0").await;
    let (mut stream, given_up) =
        (Stream::open(&indexer, None, "", None).await, Stream::open(&indexer, None, "", None).await);
    open("2").await;
    drop(given_up);
    open("1").await;
    tokio::join!(indexer.stop(), async {
        // An error would be a connection that was cut.
        while stream.try_next().await.unwrap().is_some() {}
    });
}
