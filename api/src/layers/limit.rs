//! How often one may ask: so many requests a minute, told in every answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method};
use shared::cache::limits::{Counted, Limits};
use shared::config::FromSetting;
use shared::domain::clock;

use crate::auth::Known;
use crate::doors;
use crate::error::ApiError;
use crate::state::AppState;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const WINDOW: Duration = Duration::from_mins(1);
/// While Redis is away it is asked no more often than this: nobody should wait for it.
const PAUSE: Duration = Duration::from_secs(2);

/// Requests a minute, by who asks and where; zero is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// A user of the console, wherever.
    pub session: u64,
    /// A merchant at the neutral door and where there is none.
    pub neutral: u64,
    /// A merchant at WhatsApp's door.
    pub whatsapp: u64,
    /// A merchant at X's door.
    pub x: u64,
    /// A key that reads at Facebook's door.
    pub facebook_reads: u64,
    /// A key that writes there.
    pub facebook_writes: u64,
}

impl Default for Allowed {
    /// What the documents say; what they are silent about is wide.
    fn default() -> Self {
        Self { session: 1_200, neutral: 600, whatsapp: 100, x: 100, facebook_reads: 100, facebook_writes: 20 }
    }
}

impl Allowed {
    /// No limit at all.
    pub const NONE: Self = Self { session: 0, neutral: 0, whatsapp: 0, x: 0, facebook_reads: 0, facebook_writes: 0 };

    fn limit_of(&mut self, name: &str) -> Option<&mut u64> {
        match name {
            "session" => Some(&mut self.session),
            "neutral" => Some(&mut self.neutral),
            "whatsapp" => Some(&mut self.whatsapp),
            "x" => Some(&mut self.x),
            "facebook-reads" => Some(&mut self.facebook_reads),
            "facebook-writes" => Some(&mut self.facebook_writes),
            _ => None,
        }
    }
}

impl FromSetting for Allowed {
    /// `off`, or those that differ: `session=1200,x=50`.
    fn from_setting(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::NONE);
        }
        let mut allowed = Self::default();
        for pair in text.split(',').map(str::trim) {
            let (name, number) = pair.split_once('=').ok_or("expected `off`, or name=number,name=number")?;
            let limit = allowed.limit_of(name.trim()).ok_or_else(|| {
                format!("`{name}` is none of session, neutral, whatsapp, x, facebook-reads, facebook-writes")
            })?;
            *limit = number.trim().parse().map_err(|_| format!("`{number}` is no number of requests a minute"))?;
        }
        Ok(allowed)
    }
}

/// Keeps callers to what is allowed.
#[derive(Debug)]
pub struct Limiter {
    limits: Option<Limits>,
    allowed: Allowed,
    /// Milliseconds since 1970 until which Redis is left alone; zero while it answers.
    away_until: AtomicU64,
}

/// What counts together, and how much of it is allowed.
struct Bucket {
    kind: &'static str,
    name: String,
    limit: u64,
}

impl Limiter {
    /// Keeps to `allowed`, as `limits` counts; nothing is limited where there are none.
    pub const fn new(limits: Option<Limits>, allowed: Allowed) -> Self {
        Self { limits, allowed, away_until: AtomicU64::new(0) }
    }

    /// None where nothing is limited.
    fn bucket(&self, path: &str, method: &Method, known: &Known) -> Option<Bucket> {
        let (merchant, allowed) = (known.caller.merchant_id, &self.allowed);
        let who = known.caller.who.id();
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let (kind, name, limit) = if known.session.is_some() {
            ("session", who.to_string(), allowed.session)
        } else if path.starts_with(doors::FACEBOOK) && reads {
            ("facebook_reads", who.to_string(), allowed.facebook_reads)
        } else if path.starts_with(doors::FACEBOOK) {
            ("facebook_writes", who.to_string(), allowed.facebook_writes)
        } else if path.starts_with(doors::WHATSAPP) {
            ("whatsapp", merchant.to_string(), allowed.whatsapp)
        } else if path.starts_with(doors::X) {
            ("x", merchant.to_string(), allowed.x)
        } else {
            ("neutral", merchant.to_string(), allowed.neutral)
        };
        (limit > 0).then_some(Bucket { kind, name, limit })
    }

    /// Counts a request; none while Redis is away: everybody may pass then.
    async fn count(&self, state: &AppState, bucket: &Bucket) -> Option<Counted> {
        let limits = self.limits.as_ref()?;
        let now = u64::try_from(clock::now().timestamp_millis()).unwrap_or_default();
        let away_until = self.away_until.load(Ordering::Relaxed);
        if away_until > now {
            state.metrics.unlimited_requests.inc();
            return None;
        }
        match limits.count(&format!("{}:{}", bucket.kind, bucket.name), WINDOW).await {
            Ok(counted) => {
                if self.away_until.swap(0, Ordering::Relaxed) != 0 {
                    tracing::info!("Redis answers again: requests are counted");
                }
                Some(counted)
            }
            Err(error) => {
                let pause = u64::try_from(PAUSE.as_millis()).unwrap_or_default();
                if self.away_until.swap(now + pause, Ordering::Relaxed) == 0 {
                    tracing::warn!(%error, "Redis is away: requests are not counted");
                }
                state.metrics.unlimited_requests.inc();
                None
            }
        }
    }
}

/// Refuses what is too much, and says in each answer how much is left.
pub async fn limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.extensions.get::<MatchedPath>().cloned();
    // Whoever is nobody is told so by the handler; logins are limited in a way of their own.
    let known = match path {
        Some(_) => Known::from_request_parts(&mut parts, &state).await.ok(),
        None => None,
    };
    let bucket = known.zip(path).and_then(|(known, path)| state.limiter.bucket(path.as_str(), &parts.method, &known));
    let request = Request::from_parts(parts, body);
    let Some(bucket) = bucket else {
        return next.run(request).await;
    };
    let Some(counted) = state.limiter.count(&state, &bucket).await else {
        return next.run(request).await;
    };
    let mut response = if counted.count > bucket.limit {
        state.metrics.limited_requests.with_label_values(&[bucket.kind]).inc();
        ApiError::TooManyRequests { retry_after: counted.left }.into_response()
    } else {
        next.run(request).await
    };
    let reset = clock::now() + counted.left;
    let told = [
        (LIMIT, bucket.limit),
        (REMAINING, bucket.limit.saturating_sub(counted.count)),
        (RESET, u64::try_from(reset.timestamp()).unwrap_or_default()),
    ];
    for (name, number) in told {
        response.headers_mut().insert(name, HeaderValue::from(number));
    }
    response
}

#[cfg(test)]
mod tests {
    use shared::domain::ids::{ApiKeyId, MerchantId, SessionId, UserId};
    use shared::domain::user::UserRole;

    use super::*;
    use crate::auth::Caller;
    use crate::auth::Who;

    /// What the documents say of a key; users of the console have a bucket of their own.
    #[test]
    fn each_door_has_the_limits_of_its_page() {
        let limiter = Limiter::new(None, Allowed::default());
        let merchant_id = MerchantId::new();
        let known = |who, session| {
            let caller = Caller { who, merchant_id, role: UserRole::Admin, trace: None };
            Known { caller, session, must_change_password: false }
        };
        let (key, other) = (known(Who::Key(ApiKeyId::new()), None), known(Who::Key(ApiKeyId::new()), None));
        let console = known(Who::User(UserId::new()), Some(SessionId::new()));
        let of = |known: &Known, method: Method, path: &str| {
            let bucket = limiter.bucket(path, &method, known).unwrap();
            (bucket.limit, format!("{}:{}", bucket.kind, bucket.name))
        };
        for (path, limit) in [("/api/v1/whatsapp/x", 100), ("/api/v1/mkt-x/x", 100), ("/api/v1/channels/x/x", 600)] {
            assert_eq!(of(&key, Method::GET, path).0, limit);
            assert_eq!(of(&key, Method::GET, path), of(&other, Method::POST, path), "a merchant's keys count together");
        }
        assert_eq!(of(&key, Method::GET, "/api/v1/mkt-facebook/x").0, 100);
        assert_eq!(of(&key, Method::PUT, "/api/v1/mkt-facebook/x").0, 20);
        assert_ne!(of(&key, Method::GET, "/api/v1/mkt-facebook/x"), of(&other, Method::GET, "/api/v1/mkt-facebook/x"));
        for path in ["/api/v1/mkt-facebook/x", "/api/v1/whatsapp/x", "/api/v1/auth/me"] {
            assert_eq!(of(&console, Method::POST, path).0, 1_200);
        }
    }

    #[test]
    fn what_differs_is_named_and_the_rest_is_as_the_documents_say() {
        let allowed = Allowed::from_setting("x=50, facebook-writes=0").unwrap();
        assert_eq!(allowed, Allowed { x: 50, facebook_writes: 0, ..Allowed::default() });
        assert_eq!(Allowed::from_setting("off"), Ok(Allowed::NONE));
        assert!(Allowed::from_setting("y=5").is_err());
        assert!(Allowed::from_setting("x=many").is_err());
    }
}
