//! A platform on a socket of its own: it answers one request with whatever bytes the test gives it, and
//! tells what it was asked.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use super::contract::SendOutcome;
use super::http;

/// One request as it arrived.
pub(super) struct Request {
    /// Request line and header fields.
    pub(super) head: String,
    /// The body.
    pub(super) body: Value,
}

impl Request {
    /// The value of a header field; the name in lower case.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What the platform does once it has read a request.
pub(super) enum Then {
    /// Answers with these bytes and closes.
    Answer(String),
    /// Closes without a word.
    HangUp,
    /// Keeps the caller waiting for good.
    Wait,
}

/// A platform that takes one request.
pub(super) struct FakePlatform {
    /// Where it stands.
    pub(super) url: Url,
    request: JoinHandle<Request>,
}

impl FakePlatform {
    #[expect(clippy::disallowed_methods, reason = "the task ends with the test")]
    pub(super) async fn start(then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let request = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let request = read(&mut socket).await;
            match then {
                Then::Answer(bytes) => socket.write_all(bytes.as_bytes()).await.unwrap(),
                Then::HangUp => {}
                // The caller gives up and closes; then there is nothing more to read.
                Then::Wait => drop(socket.read(&mut [0]).await),
            }
            request
        });
        Self { url: Url::parse(&url).unwrap(), request }
    }

    /// The request it got.
    pub(super) async fn asked(self) -> Request {
        self.request.await.unwrap()
    }
}

async fn read(socket: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut request = Request { head: head.to_owned(), body: Value::Null };
            let length: usize = request.field("content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                if length > 0 {
                    request.body = serde_json::from_str(body).unwrap();
                }
                return request;
            }
        }
        assert_ne!(socket.read_buf(&mut bytes).await.unwrap(), 0, "cut short");
    }
}

/// An answer with a JSON body.
pub(super) fn json(status: &str, body: &Value) -> Then {
    with_fields(status, "content-type: application/json\r\n", &body.to_string())
}

/// An answer with header fields, each ended by CR LF.
pub(super) fn with_fields(status: &str, fields: &str, body: &str) -> Then {
    let length = body.len();
    Then::Answer(format!("HTTP/1.1 {status}\r\n{fields}content-length: {length}\r\nconnection: close\r\n\r\n{body}"))
}

/// A client that does not wait long.
pub(super) fn client() -> reqwest::Client {
    http::client_with(Duration::from_secs(2), Duration::from_millis(700)).unwrap()
}

/// An address where nobody listens.
pub(super) async fn nowhere() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    Url::parse(&url).unwrap()
}

/// The word for an outcome, for tables.
pub(super) fn word(outcome: &SendOutcome) -> &'static str {
    match outcome {
        SendOutcome::Accepted { .. } => "accepted",
        SendOutcome::Refused(_) => "refused",
        SendOutcome::Unsent { .. } => "unsent",
        SendOutcome::InDoubt { .. } => "in doubt",
    }
}
