//! WebSocket: the same answers, and new heads.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::*;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn ask(socket: &mut Socket, method: &str, params: Value) -> Value {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    socket.send(Message::text(request.to_string())).await.unwrap();
    next(socket).await["result"].clone()
}

async fn next(socket: &mut Socket) -> Value {
    let frame = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.unwrap().unwrap().unwrap();
    serde_json::from_str(frame.to_text().unwrap()).unwrap()
}

fn announced(message: &Value, subscription: &Value) -> H256 {
    assert_eq!(message["method"], "eth_subscription");
    assert_eq!(message["params"]["subscription"], *subscription);
    serde_json::from_value(message["params"]["result"]["hash"].clone()).unwrap()
}

#[tokio::test]
async fn new_heads_arrive_until_unsubscribed() {
    let chain = chain(200);
    let (mut socket, _) = connect_async(chain.ws_url()).await.unwrap();
    chain.mine(1);
    let subscription = ask(&mut socket, "eth_subscribe", json!(["newHeads"])).await;
    let first = chain.mine(1);
    assert_eq!(announced(&next(&mut socket).await, &subscription), first.hash);
    let head = chain.reorg(2, 3, 1);
    for number in head.number - 2..=head.number {
        assert_eq!(announced(&next(&mut socket).await, &subscription), chain.block(number).unwrap().hash);
    }
    let number = ask(&mut socket, "eth_blockNumber", json!([])).await;
    assert_eq!(number, format!("{:#x}", head.number));
    assert_eq!(ask(&mut socket, "eth_unsubscribe", json!([subscription])).await, true);
    chain.extend(2);
    assert_eq!(ask(&mut socket, "eth_chainId", json!([])).await, "0x7a69");
}

#[tokio::test]
async fn a_connection_breaks_on_demand_and_with_the_chain() {
    let chain = chain(200);
    let (mut socket, _) = connect_async(chain.ws_url()).await.unwrap();
    ask(&mut socket, "eth_subscribe", json!(["newHeads"])).await;
    chain.set_faults(vec![Fault::Dropped.times(1).on("eth_subscription")], 1);
    chain.mine(1);
    assert!(!matches!(socket.next().await, Some(Ok(Message::Text(_)))));
    let (mut socket, _) = connect_async(chain.ws_url()).await.unwrap();
    ask(&mut socket, "eth_subscribe", json!(["newHeads"])).await;
    chain.stop_listening();
    assert!(!matches!(socket.next().await, Some(Ok(Message::Text(_)))));
    assert!(connect_async(chain.ws_url()).await.is_err());
}
