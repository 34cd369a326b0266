//! The WebSocket side: requests as over HTTP, and `newHeads`.

use std::sync::Arc;

use axum::extract::ws::{Message as Frame, WebSocket};
use tokio::sync::broadcast::error::RecvError;

use super::{
    block::Block,
    fault::Fault,
    node::{Message, Node},
    server::delay,
};

const RATE_LIMITED: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"too many requests"}}"#;

/// Serves one connection until either side ends it.
pub(super) async fn serve(node: Arc<Node>, mut socket: WebSocket) {
    let mut subscriptions = Vec::new();
    let mut heads = node.shared.heads.subscribe();
    loop {
        let open = tokio::select! {
            frame = socket.recv() => {
                if subscriptions.is_empty() {
                    // What came before the subscription is no news.
                    heads = heads.resubscribe();
                }
                match frame {
                    Some(Ok(Frame::Text(text))) => receive(&node, &mut socket, text.as_bytes(), &mut subscriptions).await,
                    Some(Ok(Frame::Binary(bytes))) => receive(&node, &mut socket, &bytes, &mut subscriptions).await,
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Some(()),
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => None,
                }
            }
            head = heads.recv(), if !subscriptions.is_empty() => match head {
                Ok(block) => announce(&node, &mut socket, &subscriptions, &block).await,
                Err(RecvError::Lagged(_)) => Some(()),
                Err(RecvError::Closed) => None,
            },
        };
        if open.is_none() {
            return;
        }
    }
}

/// `None`: the connection is over.
async fn receive(node: &Node, socket: &mut WebSocket, text: &[u8], subscriptions: &mut Vec<u64>) -> Option<()> {
    let message = Message::read(text)?;
    let faults = node.faults.of_message(&message.methods());
    delay(node, &faults).await;
    let breaks = |fault: &Fault| matches!(fault, Fault::Dropped | Fault::Status(_));
    if faults.iter().any(breaks) {
        return None;
    }
    let answer = if faults.iter().any(|fault| matches!(fault, Fault::TooManyRequests(_))) {
        RATE_LIMITED.to_owned()
    } else {
        String::from_utf8(node.answer(&message, Some(subscriptions))).ok()?
    };
    let answer = match &faults[..] {
        faults if faults.contains(&Fault::Garbage) => "it works".to_owned(),
        faults if faults.contains(&Fault::Truncated) => answer[..answer.len() / 2].to_owned(),
        _ => answer,
    };
    socket.send(Frame::Text(answer.into())).await.ok()
}

async fn announce(node: &Node, socket: &mut WebSocket, subscriptions: &[u64], block: &Block) -> Option<()> {
    let faults = node.faults.of_message(&["eth_subscription"]);
    delay(node, &faults).await;
    if faults.contains(&Fault::Dropped) {
        return None;
    }
    for subscription in subscriptions {
        let text = node.announcement(*subscription, block);
        socket.send(Frame::Text(text.into())).await.ok()?;
    }
    Some(())
}
