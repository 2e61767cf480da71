use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::fault::Next;
use super::*;

/// Answers every request with `answer`.
#[expect(clippy::disallowed_methods, reason = "the task ends with the test")]
async fn server(answer: impl Into<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, answer) = (listener.local_addr().unwrap(), answer.into());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    at
}

fn answer(status: &str, fields: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{fields}content-length: 2\r\nconnection: close\r\n\r\nhi")
}

fn links(allowed: &[&str]) -> Links {
    Links::new(AllowedHosts::new(allowed.iter().map(|host| (*host).to_owned()))).unwrap()
}

async fn get(links: &Links, link: &str) -> Result<String, Fault> {
    Ok(links.get(link, |_| None).await?.text().await.unwrap())
}

#[tokio::test]
async fn what_leads_into_our_own_network_is_never_called() {
    let at = server(answer("200 OK", "")).await;
    for link in [
        format!("http://{at}/x"),
        "http://127.0.0.1/x".to_owned(),
        "http://2130706433/x".to_owned(),
        "http://0x7f.1/x".to_owned(),
        "http://[::1]/x".to_owned(),
        "http://[::ffff:169.254.169.254]/x".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        // A name that resolves to this machine.
        "http://localhost/x".to_owned(),
        "https://localhost/x".to_owned(),
        "ftp://example.org/x".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://user:password@example.org/x".to_owned(),
        "http://example.org:22/x".to_owned(),
    ] {
        let fault = get(&links(&[]), &link).await.unwrap_err();
        assert_eq!((fault.code, fault.next), ("LINK_REFUSED", Next::Never), "{link}");
    }
    assert_eq!(get(&links(&[]), "no link").await.unwrap_err().code, "LINK_INVALID");
}

#[tokio::test]
async fn a_host_that_is_allowed_by_name_is_called() {
    let at = server(answer("200 OK", "")).await;
    assert_eq!(get(&links(&["127.0.0.1"]), &format!("http://{at}/x")).await.unwrap(), "hi");
    let by_name = format!("http://localhost:{}/x", at.port());
    assert_eq!(get(&links(&["localhost"]), &by_name).await.unwrap(), "hi");
}

#[tokio::test]
async fn each_redirect_is_looked_at_like_the_link_itself() {
    let target = server(answer("200 OK", "")).await;
    let honest = server(answer("302 Found", &format!("location: http://{target}/y\r\n"))).await;
    assert_eq!(get(&links(&["127.0.0.1"]), &format!("http://{honest}/x")).await.unwrap(), "hi");

    for inside in ["http://169.254.169.254/latest", "http://localhost/x", "file:///etc/passwd"] {
        let luring = server(answer("302 Found", &format!("location: {inside}\r\n"))).await;
        let fault = get(&links(&["127.0.0.1"]), &format!("http://{luring}/x")).await.unwrap_err();
        assert_eq!(fault.code, "LINK_REFUSED", "{inside}");
    }
}

#[tokio::test]
async fn a_link_that_leads_in_circles_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let circling = server(answer("302 Found", "location: /again\r\n")).await;
    assert_eq!(
        get(&links(&["127.0.0.1"]), &format!("http://{circling}/x")).await.unwrap_err().code,
        "TOO_MANY_REDIRECTS"
    );
    let fault = get(&links(&["127.0.0.1"]), &format!("http://{at}/x")).await.unwrap_err();
    assert!(matches!((fault.code, fault.next), ("UNREACHABLE", Next::Later(_))));
}

#[tokio::test]
async fn an_answer_says_whether_it_is_worth_another_try() {
    for (status, fields, code, next) in [
        ("404 Not Found", "", "SOURCE_REFUSED", Next::Person),
        ("503 Busy", "retry-after: 30\r\n", "BUSY", Next::Later(Duration::from_secs(30))),
        ("429 Slow", "", "BUSY", Next::Later(Duration::ZERO)),
        ("500 Oh", "", "SOURCE_FAILED", Next::Later(Duration::ZERO)),
    ] {
        let at = server(answer(status, fields)).await;
        let fault = get(&links(&["127.0.0.1"]), &format!("http://{at}/x")).await.unwrap_err();
        assert_eq!((fault.code, fault.next), (code, next), "{status}");
    }
}
