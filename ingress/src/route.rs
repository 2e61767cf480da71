//! Which path is whose webhook.

use shared::domain::channel::Channel;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The channel it is named after. A path of Meta's may carry any of Meta's channels.
    pub(crate) channel: Channel,
    /// Whether events come in by it; otherwise it answers challenges alone.
    pub(crate) takes_events: bool,
}

impl Endpoint {
    /// The methods, as the `Allow` header has them.
    pub(crate) const fn allow(self) -> &'static str {
        if self.takes_events { "GET, POST" } else { "GET" }
    }
}

/// The endpoint at `path`, if it is one.
pub(crate) fn find(path: &str) -> Option<Endpoint> {
    let channel = match path {
        "/api/v1/whatsapp/webhooks" | "/webhook" | "/webhook/whatsapp" | "/api/whatsapp/webhook" => Channel::WhatsApp,
        "/api/v1/webhooks/facebook" | "/api/v1/mkt-facebook/webhooks/facebook" => Channel::Messenger,
        "/api/v1/mkt-x/webhooks/twitter" | "/api/v1/mkt-x/webhooks/verify" => Channel::X,
        _ => return None,
    };
    Some(Endpoint { channel, takes_events: path != "/api/v1/mkt-x/webhooks/verify" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_contract_has_its_channel() {
        for (path, channel, allow) in [
            ("/api/v1/whatsapp/webhooks", Channel::WhatsApp, "GET, POST"),
            ("/webhook", Channel::WhatsApp, "GET, POST"),
            ("/webhook/whatsapp", Channel::WhatsApp, "GET, POST"),
            ("/api/whatsapp/webhook", Channel::WhatsApp, "GET, POST"),
            ("/api/v1/webhooks/facebook", Channel::Messenger, "GET, POST"),
            ("/api/v1/mkt-facebook/webhooks/facebook", Channel::Messenger, "GET, POST"),
            ("/api/v1/mkt-x/webhooks/twitter", Channel::X, "GET, POST"),
            ("/api/v1/mkt-x/webhooks/verify", Channel::X, "GET"),
        ] {
            let endpoint = find(path).unwrap();
            assert_eq!((endpoint.channel, endpoint.allow()), (channel, allow), "{path}");
        }
    }

    #[test]
    fn any_other_path_is_nobodys() {
        for path in ["", "/", "/webhook/", "/webhooks", "/WEBHOOK", "/webhook/x"] {
            assert_eq!(find(path), None, "{path}");
        }
    }
}
