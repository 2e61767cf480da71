//! Who is let in.

use shared::domain::channel::Channel;
use shared::events::raw::Kinds;

use crate::ingress::Ingress;
use crate::payload::{
    DIRECT, MESSENGER, META_SECRET, PAGE, TEXT, WHATSAPP, X, X_SECRET, meta_signature, post, signed, x_signature,
};

const MESSAGES: Kinds = Kinds { messages: true, statuses: false, account: false };

#[tokio::test]
async fn a_signed_webhook_becomes_an_event_with_its_head() {
    let ingress = Ingress::start().await;
    let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = format!("{trace}\r\n{}", meta_signature(META_SECRET, TEXT.as_bytes()));
    let reply = ingress.ask(post(WHATSAPP, &headers, TEXT)).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"success":true}"#));
    assert_eq!(reply.header("content-type"), Some("application/json"));

    let [event] = ingress.events.kept().try_into().unwrap();
    assert_eq!(event.body, TEXT);
    assert_eq!(event.head.channel, Channel::WhatsApp);
    assert_eq!(event.head.kinds, MESSAGES);
    assert_eq!(event.head.app, "default");
    assert_eq!(event.head.traceparent.as_deref(), trace.strip_prefix("traceparent: "));
    ingress.until_outcome("accepted", 1).await;
}

#[tokio::test]
async fn a_wrong_or_missing_signature_is_a_bare_401_and_publishes_nothing() {
    let ingress = Ingress::start().await;
    let other_body = meta_signature(META_SECRET, b"{}");
    let other_secret = meta_signature("guessed", TEXT.as_bytes());
    let of_x = x_signature(X_SECRET, TEXT.as_bytes());
    let headers = ["Accept: */*", "X-Hub-Signature-256: sha256=00", &other_body, &other_secret, &of_x];
    for header in headers {
        let reply = ingress.ask(post(WHATSAPP, header, TEXT)).await;
        assert_eq!((reply.status, reply.body.as_str()), (401, ""), "{header}");
        assert_eq!(reply.header("content-type"), None);
    }
    assert_eq!(ingress.events.count_begun(), 0);
    ingress.until_outcome("bad_signature", 5).await;
}

#[tokio::test]
async fn old_and_new_secret_hold_at_once_and_name_their_app() {
    let ingress = Ingress::start().await;
    for secret in ["before", "after"] {
        let signature = meta_signature(secret, TEXT.as_bytes());
        assert_eq!(ingress.ask(post(WHATSAPP, &signature, TEXT)).await.status, 200);
    }
    let apps: Vec<_> = ingress.events.kept().into_iter().map(|e| e.head.app).collect();
    assert_eq!(apps, ["shop", "shop"]);
}

#[tokio::test]
async fn one_path_may_carry_all_of_metas_channels() {
    let ingress = Ingress::start().await;
    for (path, secret, body) in [
        ("/webhook", "page-secret", PAGE),
        ("/webhook", META_SECRET, PAGE),
        (MESSENGER, "page-secret", PAGE),
        (MESSENGER, META_SECRET, TEXT),
    ] {
        let signature = meta_signature(secret, body.as_bytes());
        assert_eq!(ingress.ask(post(path, &signature, body)).await.status, 200);
    }
    let seen: Vec<_> =
        ingress.events.kept().into_iter().map(|event| (event.head.routing_key(), event.head.app)).collect();
    let expected = [
        ("messenger.messages", "pages"),
        ("messenger.messages", "default"),
        ("messenger.messages", "pages"),
        ("whatsapp.messages", "default"),
    ];
    assert_eq!(seen, expected.map(|(key, app)| (key.to_owned(), app.to_owned())));
}

#[tokio::test]
async fn x_signs_in_base64_with_its_own_secret() {
    let ingress = Ingress::start().await;
    let signature = x_signature(X_SECRET, DIRECT.as_bytes());
    assert_eq!(ingress.ask(post(X, &signature, DIRECT)).await.status, 200);
    let of_meta = meta_signature(META_SECRET, DIRECT.as_bytes());
    assert_eq!(ingress.ask(post(X, &of_meta, DIRECT)).await.status, 401);

    let [event] = ingress.events.kept().try_into().unwrap();
    assert_eq!((event.head.channel, event.head.kinds), (Channel::X, MESSAGES));
}

#[tokio::test]
async fn garbage_with_a_good_signature_is_accepted_as_unknown() {
    let ingress = Ingress::start().await;
    let bodies: [&[u8]; 5] = [b"", b"not json", b"[1,2", b"\xff\xfe\x00", br#"{"object":"new"}"#];
    for body in bodies {
        assert_eq!(ingress.ask(signed(body)).await.status, 200, "{body:?}");
    }
    let kept = ingress.events.kept();
    assert_eq!(kept.len(), bodies.len());
    for event in kept {
        assert_eq!(event.head.routing_key(), "whatsapp.unknown");
    }
}
