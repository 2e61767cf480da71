//! How the platforms verify an address, and what is at no address.

use crate::ingress::Ingress;
use crate::payload::{MESSENGER, WHATSAPP, X, bare, head};

#[tokio::test]
async fn the_right_token_gets_the_challenge_back_as_plain_text() {
    let ingress = Ingress::start().await;
    for path in [WHATSAPP, "/webhook", MESSENGER] {
        let query = "hub.mode=subscribe&hub.challenge=%3Cb%3E1158201444&hub.verify_token=let-me-in";
        let reply = ingress.ask(bare("GET", &format!("{path}?{query}"))).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "<b>1158201444"));
        assert_eq!(reply.header("content-type"), Some("text/plain"));
    }
}

#[tokio::test]
async fn a_wrong_token_is_forbidden() {
    let ingress = Ingress::start().await;
    let query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=let-me-out";
    let reply = ingress.ask(bare("GET", &format!("{WHATSAPP}?{query}"))).await;
    assert_eq!((reply.status, reply.body.as_str()), (403, ""));
    let refused = r#"loa_ingress_challenges_total{channel="whatsapp",outcome="refused"}"#;
    ingress.until_metric(refused, 1).await;
}

#[tokio::test]
async fn x_gets_its_token_signed_at_both_of_its_addresses() {
    let ingress = Ingress::start().await;
    for path in [X, "/api/v1/mkt-x/webhooks/verify"] {
        let reply = ingress.ask(bare("GET", &format!("{path}?crc_token=a-token"))).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let key = crate::payload::x_signature(crate::payload::X_SECRET, b"a-token");
        let token = key.rsplit(' ').next().unwrap();
        assert_eq!(reply.body, format!(r#"{{"response_token":"{token}"}}"#));
    }
}

#[tokio::test]
async fn other_paths_are_not_found_and_other_methods_are_told_which_are_allowed() {
    let ingress = Ingress::start().await;
    let mut client = ingress.connect().await;
    for (method, path, status, allow) in [
        ("GET", "/", 404, None),
        ("POST", "/metrics", 404, None),
        ("PUT", WHATSAPP, 405, Some("GET, POST")),
        ("DELETE", X, 405, Some("GET, POST")),
        ("POST", "/api/v1/mkt-x/webhooks/verify", 405, Some("GET")),
    ] {
        client.send(bare(method, path)).await;
        let reply = client.reply().await;
        assert_eq!((reply.status, reply.header("allow")), (status, allow), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_nobody_reads_ends_the_connection() {
    let ingress = Ingress::start().await;
    let request = head("Content-Length: 1000000").replace(WHATSAPP, "/nowhere");
    let reply = ingress.ask(request).await;
    assert_eq!((reply.status, reply.header("connection")), (404, Some("close")));
}
