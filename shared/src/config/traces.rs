//! Where spans go, by the variables that OpenTelemetry names.

use std::collections::HashMap;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::parse::FromSetting;
use super::reader::Reader;
use super::variables;

/// A collector of traces.
#[derive(Clone, Debug)]
pub struct Traces {
    endpoint: Url,
    headers: Option<Headers>,
    /// The share of traces that is told.
    pub ratio: Ratio,
}

impl Traces {
    /// Reads the section; none where no collector is named.
    pub fn read(read: &mut Reader) -> Option<Self> {
        let endpoint: Option<CollectorUrl> = read.optional(&variables::OTEL_EXPORTER_OTLP_ENDPOINT);
        let headers = read.optional(&variables::OTEL_EXPORTER_OTLP_HEADERS);
        let ratio = read.required(&variables::OTEL_TRACES_SAMPLER_ARG);
        Some(Self { endpoint: endpoint?.0, headers, ratio: ratio? })
    }

    /// Where spans are posted to: the named address is a base, as OpenTelemetry has it.
    pub fn spans_endpoint(&self) -> String {
        format!("{}/v1/traces", self.endpoint.as_str().trim_end_matches('/'))
    }

    /// Headers of every request, secrets among them.
    pub fn headers(&self) -> HashMap<String, String> {
        let pairs = self.headers.iter().flat_map(|headers| &headers.0);
        pairs.map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect()
    }
}

struct CollectorUrl(Url);

impl FromSetting for CollectorUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        let url = Url::from_setting(text)?;
        if url.scheme() != "http" {
            return Err("expected http://host:port of a collector in the same network".to_owned());
        }
        Ok(Self(url))
    }
}

#[derive(Clone, Debug)]
struct Headers(Vec<(String, SecretString)>);

impl FromSetting for Headers {
    fn from_setting(text: &str) -> Result<Self, String> {
        let pairs = text.split(',').map(|pair| {
            let (name, value) = pair.split_once('=').filter(|(name, _)| !name.trim().is_empty())?;
            Some((name.trim().to_owned(), SecretString::from(value.trim())))
        });
        pairs.collect::<Option<_>>().map(Self).ok_or_else(|| "expected name=value,name=value".to_owned())
    }
}

/// A share of a whole, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio(f64);

impl Ratio {
    /// The share of `whole`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of 2^56, to a millionth"
    )]
    pub fn of(self, whole: u64) -> u64 {
        (self.0 * whole as f64) as u64
    }
}

impl FromSetting for Ratio {
    fn from_setting(text: &str) -> Result<Self, String> {
        let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
        ratio.map(Self).ok_or_else(|| "expected a number from 0 to 1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<Traces>, String> {
        let mut reader = Reader::of(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
        let traces = Traces::read(&mut reader);
        reader.finish(|| Some(traces)).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_collector_nothing_is_told() {
        assert!(read(&[]).unwrap().is_none());
    }

    #[test]
    fn the_named_address_is_a_base() {
        let named = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=loa, authorization=Bearer abc="),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ];
        let traces = read(&named).unwrap().unwrap();
        assert_eq!(traces.spans_endpoint(), "http://collector:4318/v1/traces");
        assert_eq!(traces.headers()["authorization"], "Bearer abc=");
        assert_eq!(traces.ratio.of(1 << 56), 1 << 54);
        assert!(!format!("{traces:?}").contains("abc"), "{traces:?}");
    }

    #[test]
    fn what_cannot_be_meant_is_told_by_name() {
        let of = |name, text| read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"), (name, text)]).unwrap_err();
        assert!(of("OTEL_TRACES_SAMPLER_ARG", "2").contains("OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1"));
        assert!(of("OTEL_EXPORTER_OTLP_HEADERS", "secret").contains("OTEL_EXPORTER_OTLP_HEADERS: expected name=value"));
        let https = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c")]).unwrap_err();
        assert!(https.contains("OTEL_EXPORTER_OTLP_ENDPOINT: expected http://"), "{https}");
    }
}
