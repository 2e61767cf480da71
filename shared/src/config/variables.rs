//! Every environment variable of every process. [`pages`](super::pages) are written from this list.

/// One environment variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name; `NAME_FILE` names a file that holds the value.
    pub name: &'static str,
    /// Other names under which it is known.
    pub aliases: &'static [&'static str],
    /// One sentence for whoever sets it.
    pub about: &'static str,
    /// What holds when it is not set.
    pub default: Option<&'static str>,
    /// Whether its value must never be shown.
    pub secret: bool,
}

const fn setting(name: &'static str, default: Option<&'static str>, about: &'static str) -> Variable {
    Variable { name, aliases: &[], about, default, secret: false }
}

const fn secret(name: &'static str, about: &'static str) -> Variable {
    Variable { name, aliases: &[], about, default: None, secret: true }
}

/// `development` or `production`.
pub static LOA_ENV: Variable = setting(
    "LOA_ENV",
    Some("production"),
    "`production`, or `development`, which may run without MESSAGE_ENCRYPTION_KEY.",
);
/// Where `/metrics`, `/healthz` and `/readyz` are served.
pub static OPS_ADDR: Variable = setting(
    "OPS_ADDR",
    Some("0.0.0.0:9100"),
    "Address of /metrics, /healthz and /readyz; each process on a machine needs its own.",
);
/// What is logged.
pub static LOG: Variable = setting("LOG", Some("info"), "Log filter, such as `info` or `info,shared::broker=debug`.");
/// A collector of traces.
pub static OTEL_EXPORTER_OTLP_ENDPOINT: Variable = setting(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    None,
    "A collector of traces that takes OTLP by HTTP (protobuf), such as http://otel-collector:4318; without it none are told.",
);
/// What the collector asks for.
pub static OTEL_EXPORTER_OTLP_HEADERS: Variable =
    secret("OTEL_EXPORTER_OTLP_HEADERS", "Headers that the collector wants, as name=value,name=value.");
/// How many traces are told.
pub static OTEL_TRACES_SAMPLER_ARG: Variable = setting(
    "OTEL_TRACES_SAMPLER_ARG",
    Some("1"),
    "The share of traces that is told, from 0 to 1; every process decides alike for the same trace.",
);
/// How long a stop may take.
pub static SHUTDOWN_GRACE: Variable =
    setting("SHUTDOWN_GRACE", Some("25s"), "How long a process may finish what it has in hand after SIGTERM.");
/// PostgreSQL.
pub static DATABASE_URL: Variable = secret(
    "DATABASE_URL",
    "PostgreSQL 15 or later: postgres://user:password@host:5432/database; TLS with ?sslmode=require.",
);
/// PostgreSQL as the owner of the schema.
pub static DATABASE_ADMIN_URL: Variable = secret(
    "DATABASE_ADMIN_URL",
    "PostgreSQL as the role that owns the tables, for `api migrate`; DATABASE_URL where not set.",
);
/// How many connections a process opens.
pub static DATABASE_POOL: Variable =
    setting("DATABASE_POOL", Some("10"), "The most connections to PostgreSQL that one process opens.");
/// Redis.
pub static REDIS_URL: Variable = Variable {
    name: "REDIS_URL",
    aliases: &[],
    about: "Redis 7: redis://:password@host:6379/0, or `host:port`.",
    default: Some("localhost:6379"),
    secret: true,
};
/// How many senders share an account's pace while Redis is away.
pub static OUTBOUND_REPLICAS: Variable = setting(
    "OUTBOUND_REPLICAS",
    Some("1"),
    "How many outbound-sender processes run: while Redis is away each keeps to the limit divided by this.",
);
/// RabbitMQ.
pub static RABBITMQ_URL: Variable = Variable {
    name: "RABBITMQ_URL",
    aliases: &[],
    about: "RabbitMQ: amqp://user:password@host:5672/vhost; `host:port` alone is completed.",
    default: Some("localhost:5672"),
    secret: true,
};
/// What the names of exchanges and queues begin with.
pub static RABBITMQ_PREFIX: Variable = setting(
    "RABBITMQ_PREFIX",
    None,
    "Put before every exchange and queue, so that installations can share a virtual host.",
);
/// Where a process that speaks HTTP listens.
pub static LISTEN_ADDR: Variable =
    setting("LISTEN_ADDR", None, "Where ingress (0.0.0.0:8080 by default) or api (0.0.0.0:5000) listens.");
/// How many connections ingress holds.
pub static INGRESS_MAX_CONNECTIONS: Variable = setting(
    "INGRESS_MAX_CONNECTIONS",
    Some("4096"),
    "The most connections that ingress holds; one more is answered 503.",
);
/// How much ingress holds in memory.
pub static INGRESS_MAX_IN_FLIGHT_BYTES: Variable = setting(
    "INGRESS_MAX_IN_FLIGHT_BYTES",
    Some("67108864"),
    "The most bytes of webhooks that ingress reads or holds unconfirmed; past it 503. At least 4194304.",
);
/// How many events ingress puts into one broker message.
pub static INGRESS_GATHER_EVENTS: Variable = setting(
    "INGRESS_GATHER_EVENTS",
    Some("512"),
    "The most events that ingress puts into one broker message under load, 1 to 4096; 1 publishes each alone.",
);
/// Whether ingress counts its webhooks.
pub static INGRESS_METRICS: Variable = setting(
    "INGRESS_METRICS",
    Some("on"),
    "`off` leaves the webhooks of ingress uncounted, which is what `./dev bench metrics` compares with; alerts need it on.",
);
/// Where ingress keeps events while the broker is away.
pub static INGRESS_SPOOL_DIR: Variable = setting(
    "INGRESS_SPOOL_DIR",
    None,
    "Folder of its own where ingress keeps events on disk while RabbitMQ does not take them; without it, 503.",
);
/// How much it keeps there.
pub static INGRESS_SPOOL_MAX_BYTES: Variable = setting(
    "INGRESS_SPOOL_MAX_BYTES",
    Some("1073741824"),
    "The most bytes that ingress keeps in INGRESS_SPOOL_DIR; past it 503. At least 16777216.",
);
/// Where the api hands webhooks on to.
pub static WEBHOOK_FORWARD_URL: Variable = setting(
    "WEBHOOK_FORWARD_URL",
    None,
    "Where api hands webhook requests on to, byte for byte: the address of ingress.",
);
/// The app's secret, for signatures.
pub static WHATSAPP_APP_SECRET: Variable =
    secret("WHATSAPP_APP_SECRET", "Meta app secret; several apps or a rotation as `name=secret,name=secret`.");
/// The token Meta shows when it verifies the webhook.
pub static WHATSAPP_WEBHOOK_VERIFY_TOKEN: Variable = Variable {
    name: "WHATSAPP_WEBHOOK_VERIFY_TOKEN",
    aliases: &["WEBHOOK_VERIFY_TOKEN"],
    about: "Token that Meta shows when it verifies the webhook; several as `name=token,name=token`.",
    default: None,
    secret: true,
};
/// Which version of the Graph API is called.
pub static WHATSAPP_API_VERSION: Variable = setting(
    "WHATSAPP_API_VERSION",
    Some("v25.0"),
    "Version of Meta's Graph API; one inside WHATSAPP_API_BASE_URL wins.",
);
/// Where WhatsApp's API is.
pub static WHATSAPP_API_BASE_URL: Variable =
    setting("WHATSAPP_API_BASE_URL", Some("https://graph.facebook.com"), "Address of WhatsApp's Cloud API.");
/// The number connected at first start.
pub static WHATSAPP_PHONE_NUMBER_ID: Variable = setting(
    "WHATSAPP_PHONE_NUMBER_ID",
    None,
    "Phone number id of the number that `./dev up` (`api seed-demo`) connects.",
);
/// Its business account.
pub static WHATSAPP_BUSINESS_ACCOUNT_ID: Variable =
    setting("WHATSAPP_BUSINESS_ACCOUNT_ID", None, "WhatsApp business account (WABA) id of that number.");
/// Its token.
pub static WHATSAPP_ACCESS_TOKEN: Variable =
    secret("WHATSAPP_ACCESS_TOKEN", "Access token of that number, a system user's for production.");
/// Messenger's app secret.
pub static MESSENGER_APP_SECRET: Variable =
    secret("MESSENGER_APP_SECRET", "App secret of the Messenger app; WHATSAPP_APP_SECRET where one app is both.");
/// Messenger's verify token.
pub static MESSENGER_VERIFY_TOKEN: Variable =
    secret("MESSENGER_VERIFY_TOKEN", "Token that Meta shows when it verifies Messenger's webhook.");
/// Where Messenger's API is.
pub static MESSENGER_API_BASE_URL: Variable = setting(
    "MESSENGER_API_BASE_URL",
    Some("https://graph.facebook.com/v25.0"),
    "Address of Messenger's Send API, version included.",
);
/// X's consumer key.
pub static X_CONSUMER_KEY: Variable = secret("X_CONSUMER_KEY", "API key of the X app.");
/// X's consumer secret, which signs its webhooks too.
pub static X_CONSUMER_SECRET: Variable =
    secret("X_CONSUMER_SECRET", "API secret of the X app; verifies its webhooks too.");
/// Where X's API is.
pub static X_API_BASE_URL: Variable = setting("X_API_BASE_URL", Some("https://api.x.com"), "Address of X's API.");
/// The master key.
pub static MESSAGE_ENCRYPTION_KEY: Variable = secret(
    "MESSAGE_ENCRYPTION_KEY",
    "Master key that seals contents and credentials: 32 bytes in base64 (openssl rand -base64 32).",
);
/// Where files lie.
pub static MEDIA_STORE_URL: Variable = setting(
    "MEDIA_STORE_URL",
    Some("file:///var/lib/loa/media"),
    "Where files lie: file:///folder, which every process must see, or s3://bucket/prefix.",
);
/// Hosts of links that may be private.
pub static MEDIA_ALLOW_HOSTS: Variable = setting(
    "MEDIA_ALLOW_HOSTS",
    None,
    "Hosts behind commas that links to files may name though they are private; for development.",
);
/// Whom flows may call.
pub static FLOW_HTTP_ALLOWED_HOSTS: Variable = setting(
    "FLOW_HTTP_ALLOWED_HOSTS",
    Some("*"),
    "Hosts behind commas that flows may call by https, `*.example.com` for all below one; `*` any public one, or `none`.",
);
/// Hosts of calls that may be private.
pub static FLOW_HTTP_PRIVATE_HOSTS: Variable = setting(
    "FLOW_HTTP_PRIVATE_HOSTS",
    None,
    "Hosts behind commas that flows may call though they are private, and by http too; for development.",
);
/// Who speaks to S3.
pub static AWS_ACCESS_KEY_ID: Variable = Variable {
    name: "AWS_ACCESS_KEY_ID",
    aliases: &[],
    about: "Access key of the bucket of MEDIA_STORE_URL; without it the machine's own role holds.",
    default: None,
    secret: true,
};
/// Its secret.
pub static AWS_SECRET_ACCESS_KEY: Variable = secret("AWS_SECRET_ACCESS_KEY", "Secret of AWS_ACCESS_KEY_ID.");
/// A key of short life has a third part.
pub static AWS_SESSION_TOKEN: Variable =
    secret("AWS_SESSION_TOKEN", "Session token, where AWS_ACCESS_KEY_ID is a temporary one.");
/// Where the bucket is.
pub static AWS_REGION: Variable = setting("AWS_REGION", Some("us-east-1"), "Region of the bucket.");
/// S3-compatible services.
pub static AWS_ENDPOINT_URL: Variable = setting(
    "AWS_ENDPOINT_URL",
    None,
    "Address of an S3-compatible service, such as http://minio:9000; Amazon's own where not set.",
);
/// What signs access tokens.
pub static JWT_SECRET: Variable = secret(
    "JWT_SECRET",
    "Signs and checks access tokens, and checks those of an outer IAM that publishes no keys; at least 32 characters.",
);
/// Where an outer IAM publishes its keys.
pub static JWT_JWKS_URL: Variable = setting(
    "JWT_JWKS_URL",
    None,
    "Where an outer IAM publishes the keys (JWKS) that sign its tokens; without it they are checked by JWT_SECRET.",
);
/// What its tokens are issued by.
pub static JWT_ISSUER: Variable =
    setting("JWT_ISSUER", None, "The `iss` that tokens of the outer IAM must have; any where not set.");
/// Whom its tokens are for.
pub static JWT_AUDIENCE: Variable =
    setting("JWT_AUDIENCE", None, "The `aud` that tokens of the outer IAM must have; not looked at where not set.");
/// How often callers of the API may ask.
pub static API_RATE_LIMITS: Variable = setting(
    "API_RATE_LIMITS",
    Some("session=1200,neutral=600,whatsapp=100,x=100,facebook-reads=100,facebook-writes=20"),
    "Requests a minute to the API, those that differ as `name=number,name=number`; 0 is no limit, `off` none at all.",
);
/// Whose pages may call the API.
pub static API_CORS_ORIGINS: Variable =
    setting("API_CORS_ORIGINS", None, "Origins, behind commas, whose pages may call the API from a browser.");
/// Who owns the installation at first start.
pub static LOA_OWNER_EMAIL: Variable = setting(
    "LOA_OWNER_EMAIL",
    Some("owner@loa.local"),
    "E-mail of the owner that the first start of api makes where there is no user yet.",
);
/// With which password.
pub static LOA_OWNER_PASSWORD: Variable = secret(
    "LOA_OWNER_PASSWORD",
    "Password of that owner, at least 12 characters; where not set one is made and printed once.",
);
