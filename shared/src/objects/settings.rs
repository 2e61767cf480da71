//! Where files lie, from the configuration.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::store::Objects;
use crate::config::{FromSetting, Reader, variables};

/// What one request to a bucket may take.
const REQUEST: Duration = Duration::from_mins(1);
const CONNECT: Duration = Duration::from_secs(5);
const TRIES: usize = 3;

/// A folder or a bucket.
#[derive(Clone, Debug)]
pub struct ObjectSettings {
    place: Place,
    bucket: Bucket,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

#[derive(Clone, Debug)]
struct Bucket {
    key: Option<SecretString>,
    secret: Option<SecretString>,
    token: Option<SecretString>,
    region: String,
    endpoint: Option<Url>,
}

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("MEDIA_STORE_URL cannot be opened: {0}")]
pub struct OpenError(String);

impl ObjectSettings {
    /// Reads the section.
    pub fn read(read: &mut Reader) -> Option<Self> {
        let place = read.required(&variables::MEDIA_STORE_URL);
        let key = read.optional(&variables::AWS_ACCESS_KEY_ID);
        let secret = read.optional(&variables::AWS_SECRET_ACCESS_KEY);
        let token = read.optional(&variables::AWS_SESSION_TOKEN);
        let region = read.required(&variables::AWS_REGION);
        let endpoint = read.optional(&variables::AWS_ENDPOINT_URL);
        if key.is_some() != secret.is_some() {
            read.fault(&variables::AWS_SECRET_ACCESS_KEY, "belongs to AWS_ACCESS_KEY_ID: set both or neither");
        }
        Some(Self { place: place?, bucket: Bucket { key, secret, token, region: region?, endpoint } })
    }

    /// A folder, made where it is not there.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        let bucket = Bucket { key: None, secret: None, token: None, region: String::new(), endpoint: None };
        Self { place: Place::Folder(path.into()), bucket }
    }

    /// Opens the store. A bucket is not asked before it is needed.
    pub fn open(&self) -> Result<Objects, OpenError> {
        let fault = |error: &dyn std::fmt::Display| OpenError(error.to_string());
        let (store, prefix): (Arc<dyn ObjectStore>, Path) = match &self.place {
            Place::Folder(path) => {
                std::fs::create_dir_all(path).map_err(|error| fault(&error))?;
                let folder = LocalFileSystem::new_with_prefix(path).map_err(|error| fault(&error))?;
                (Arc::new(folder.with_fsync(true)), Path::default())
            }
            Place::Bucket { name, prefix } => {
                let bucket = self.bucket.named(name).build().map_err(|error| fault(&error))?;
                (Arc::new(bucket), Path::from(prefix.as_str()))
            }
        };
        Ok(Objects::new(store, prefix))
    }
}

impl Bucket {
    fn named(&self, name: &str) -> AmazonS3Builder {
        let retries = RetryConfig { max_retries: TRIES, retry_timeout: REQUEST, backoff: BackoffConfig::default() };
        let options = ClientOptions::new().with_timeout(REQUEST).with_connect_timeout(CONNECT);
        let mut builder = AmazonS3Builder::new().with_bucket_name(name).with_region(&self.region).with_retry(retries);
        let mut allow_http = false;
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
            allow_http = endpoint.scheme() == "http";
        }
        builder = builder.with_client_options(options.with_allow_http(allow_http));
        if let (Some(key), Some(secret)) = (&self.key, &self.secret) {
            builder = builder.with_access_key_id(key.expose_secret()).with_secret_access_key(secret.expose_secret());
        }
        match &self.token {
            Some(token) => builder.with_token(token.expose_secret()),
            None => builder,
        }
    }
}

impl FromSetting for Place {
    fn from_setting(text: &str) -> Result<Self, String> {
        let expected = || "expected file:///folder or s3://bucket/prefix".to_owned();
        let url = Url::parse(text).map_err(|_| expected())?;
        match url.scheme() {
            "file" => url.to_file_path().map(Self::Folder).map_err(|()| expected()),
            "s3" => {
                let name = url.host_str().filter(|name| !name.is_empty()).ok_or_else(expected)?;
                Ok(Self::Bucket { name: name.to_owned(), prefix: url.path().trim_matches('/').to_owned() })
            }
            _ => Err(expected()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Option<ObjectSettings> {
        let mut reader = Reader::of(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
        let settings = ObjectSettings::read(&mut reader);
        reader.finish(|| settings).ok()
    }

    #[test]
    fn files_lie_in_a_folder_unless_a_bucket_is_named() {
        let folder = read(&[]).unwrap();
        assert!(matches!(folder.place, Place::Folder(path) if path.ends_with("loa/media")));
        let bucket = read(&[("MEDIA_STORE_URL", "s3://files/loa/")]).unwrap();
        assert!(matches!(bucket.place, Place::Bucket { name, prefix } if name == "files" && prefix == "loa"));
    }

    #[test]
    fn what_is_no_store_is_refused() {
        for url in ["/var/lib", "ftp://host/x", "s3:///x", "file://host/x"] {
            assert!(read(&[("MEDIA_STORE_URL", url)]).is_none(), "{url}");
        }
        assert!(read(&[("AWS_ACCESS_KEY_ID", "key")]).is_none());
    }

    #[test]
    fn neither_key_nor_secret_is_shown() {
        let settings = read(&[("AWS_ACCESS_KEY_ID", "key-open"), ("AWS_SECRET_ACCESS_KEY", "secret-open")]).unwrap();
        assert!(!format!("{settings:?}").contains("-open"), "{settings:?}");
    }

    #[test]
    fn an_s3_compatible_service_is_opened_by_its_address() {
        let settings = read(&[
            ("MEDIA_STORE_URL", "s3://files"),
            ("AWS_ENDPOINT_URL", "http://localhost:9000"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        assert!(settings.unwrap().open().is_ok());
    }
}
