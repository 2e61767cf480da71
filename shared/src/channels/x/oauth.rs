//! OAuth 1.0a, by which X knows on whose behalf a request comes (RFC 5849; platform notes, section 5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use url::Url;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A key and its secret: the app's (consumer) or the user's (token).
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// The public half.
    pub key: SecretString,
    /// The half that signs.
    pub secret: SecretString,
}

/// What makes one request unlike every other.
#[derive(Clone, Debug)]
pub struct Once {
    /// Never used twice within one second.
    pub nonce: String,
    /// Seconds since 1970.
    pub timestamp: i64,
}

impl Once {
    /// A random nonce at `timestamp`.
    pub fn at(timestamp: i64) -> Self {
        Self { nonce: hex::encode(rand::random::<[u8; 16]>()), timestamp }
    }
}

/// The value of `Authorization` for a request whose body is JSON: such a body is not signed.
pub fn authorization(method: &str, url: &Url, consumer: &KeyPair, token: &KeyPair, once: &Once) -> SecretString {
    let mut parameters = oauth_parameters(consumer, token, once);
    let signature = signature(method, url, &parameters, consumer, token);
    parameters.push(("oauth_signature".to_owned(), signature));
    parameters.sort();
    let fields: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}=\"{}\"", encode(name), encode(value))).collect();
    format!("OAuth {}", fields.join(", ")).into()
}

fn oauth_parameters(consumer: &KeyPair, token: &KeyPair, once: &Once) -> Vec<(String, String)> {
    [
        ("oauth_consumer_key", consumer.key.expose_secret().to_owned()),
        ("oauth_nonce", once.nonce.clone()),
        ("oauth_signature_method", "HMAC-SHA1".to_owned()),
        ("oauth_timestamp", once.timestamp.to_string()),
        ("oauth_token", token.key.expose_secret().to_owned()),
        ("oauth_version", "1.0".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// `parameters` are the `oauth_` ones and a form's; those of the URL's query are added.
fn signature(method: &str, url: &Url, parameters: &[(String, String)], consumer: &KeyPair, token: &KeyPair) -> String {
    let mut all: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| (encode(&name), encode(&value)))
        .chain(parameters.iter().map(|(name, value)| (encode(name), encode(value))))
        .collect();
    all.sort();
    let all: Vec<String> = all.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let base = format!("{method}&{}&{}", encode(&without_query(url)), encode(&all.join("&")));
    let key = format!("{}&{}", encode(consumer.secret.expose_secret()), encode(token.secret.expose_secret()));
    STANDARD.encode(hmac_sha1(key.as_bytes(), base.as_bytes()))
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> Vec<u8> {
    // A key of any length is taken.
    Hmac::<Sha1>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, secret: &str) -> KeyPair {
        KeyPair { key: key.into(), secret: secret.into() }
    }

    fn consumer() -> KeyPair {
        pair("xvz1evFS4wEEPTGEFPHBog", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw")
    }

    fn token() -> KeyPair {
        pair("370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE")
    }

    fn once() -> Once {
        Once { nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg".to_owned(), timestamp: 1_318_622_958 }
    }

    #[test]
    fn the_published_example_is_reproduced() {
        for (host, expected) in
            [("api.x.com", "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="), ("api.twitter.com", "hCtSmYh+iHYCEqBWrE7C7hYmtUk=")]
        {
            let url = format!("https://{host}/1.1/statuses/update.json?include_entities=true");
            let url = Url::parse(&url).unwrap();
            let mut parameters = oauth_parameters(&consumer(), &token(), &once());
            let status = "Hello Ladies + Gentlemen, a signed OAuth request!";
            parameters.push(("status".to_owned(), status.to_owned()));
            let signature = signature("POST", &url, &parameters, &consumer(), &token());
            assert_eq!(signature, expected, "{host}");
        }
    }

    #[test]
    fn the_header_names_everything_but_the_secrets() {
        let url = Url::parse("https://api.x.com/2/dm_conversations/with/1/messages").unwrap();
        let header = authorization("POST", &url, &consumer(), &token(), &once());
        let header = header.expose_secret();
        assert!(header.starts_with("OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", "));
        for name in ["nonce", "signature", "signature_method", "timestamp", "token", "version"] {
            assert!(header.contains(&format!("oauth_{name}=\"")), "{name}");
        }
        for secret in [consumer().secret, token().secret] {
            assert!(!header.contains(secret.expose_secret()));
        }
    }

    #[test]
    fn no_nonce_comes_twice() {
        assert_ne!(Once::at(1).nonce, Once::at(1).nonce);
    }
}
