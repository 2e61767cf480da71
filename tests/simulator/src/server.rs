//! Listening and stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{delete, get, post};
use reqwest::redirect;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::connection::{Line, Lines};
use crate::control;
use crate::downloads;
use crate::graph;
use crate::platform::Platform;
use crate::webhook::Courier;
use crate::x;

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The client that posts webhooks cannot be made.
    #[error("cannot make an http client")]
    Client(#[from] reqwest::Error),
}

/// Starts everything that runs on its own; returns the shared state and where it listens.
pub(crate) async fn start(config: Config) -> Result<(Arc<Platform>, SocketAddr), StartError> {
    let address = config.listen;
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let client = reqwest::Client::builder()
        .timeout(Duration::from_millis(config.post_timeout_ms))
        // The platforms follow no redirects, and what is tested is never behind a proxy.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()?;
    let platform = Arc::new(Platform::new(config, client));
    platform.tasks.spawn(serve(Arc::clone(&platform), listener));
    platform.tasks.spawn(Courier::run(Arc::clone(&platform)));
    Ok((platform, address))
}

async fn serve(platform: Arc<Platform>, listener: TcpListener) {
    let stop = platform.stop.clone().cancelled_owned();
    let service = routes(platform).into_make_service_with_connect_info::<Line>();
    let served = axum::serve(Lines(listener), service).with_graceful_shutdown(stop).await;
    if let Err(error) = served {
        tracing::error!(error = &error as &dyn std::error::Error, "server ended");
    }
}

fn routes(platform: Arc<Platform>) -> Router {
    Router::new()
        .merge(control::routes())
        .route("/2/dm_conversations/with/{participant_id}/messages", post(x::messages))
        .route("/2/users/me", get(x::me))
        .route("/2/webhooks", get(x::list_webhooks))
        .route("/2/account_activity/webhooks/{webhook}/subscriptions/all", get(x::show_subscription).post(x::subscribe))
        .route("/2/account_activity/webhooks/{webhook}/subscriptions/{user}/all", delete(x::unsubscribe))
        .route("/oauth2/token", post(x::app_token))
        .route("/1.1/oauth/invalidate_token.json", post(x::revoke))
        .route("/whatsapp_business/attachments/{token}", get(downloads::attachment))
        .route("/files/{name}", get(downloads::web))
        .fallback(graph::serve)
        .with_state(platform)
}
