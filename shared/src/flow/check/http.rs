//! Calls to merchants' endpoints: what can be known of them before they are made.

use url::{Host, Url};

use super::{Found, Read};
use crate::flow::definition::{HttpRequest, NodeKind};
use crate::flow::fault::Severity;
use crate::flow::variable;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Headers that the call sets itself, or that would change where it goes.
const OWN_HEADERS: [&str; 8] =
    ["host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "proxy-authorization"];
const HEADERS: usize = 20;
const SAVED: usize = 20;

pub(super) fn check(read: &Read<'_>, found: &mut Found) {
    for (index, id, kind) in read.nodes() {
        if let NodeKind::HttpRequest(request) = kind {
            check_one(read, (index, id), request, found);
        }
    }
}

fn check_one(read: &Read<'_>, node: (usize, &str), request: &HttpRequest, found: &mut Found) {
    if !METHODS.contains(&request.method.as_str()) {
        found.config(node, "method", format!("must be one of {}, is `{}`", METHODS.join(", "), request.method));
    }
    if !(1..=30).contains(&request.timeout) {
        found.config(node, "timeout", format!("must be 1 to 30 seconds, is {}", request.timeout));
    }
    if request.headers.len() > HEADERS {
        found.config(node, "headers", format!("holds {}, at most {HEADERS} may be there", request.headers.len()));
    }
    for name in request.headers.keys() {
        let is_token =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        if !is_token || OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            found.config(node, &format!("headers.{name}"), format!("`{name}` is no header that a flow may set"));
        }
    }
    if request.save.len() > SAVED {
        found.config(node, "save", format!("holds {}, at most {SAVED} may be there", request.save.len()));
    }
    for (name, pointer) in &request.save {
        if let Err(problem) = variable::check_name(name) {
            found.config(node, &format!("save.{name}"), problem);
        }
        if !pointer.is_empty() && !pointer.starts_with('/') {
            found.config(
                node,
                &format!("save.{name}"),
                format!("must be a JSON pointer such as /order/status, is `{pointer}`"),
            );
        }
    }
    if let Err((code, problem)) = address(read, &request.url) {
        found.node(Severity::Error, node, "config.url", code, problem);
    }
}

/// Where a call goes is the author's to say, not the customer's: its host stands in front of every place.
fn address(read: &Read<'_>, template: &str) -> Result<(), (&'static str, String)> {
    let fixed = ["{{", "{%", "{#"].iter().filter_map(|open| template.find(open)).min();
    let (begin, has_places) = fixed.map_or((template, false), |end| (&template[..end], true));
    let wrong = |problem: &str| ("url", problem.to_owned());
    let (scheme, rest) = begin.split_once("://").ok_or_else(|| wrong("must begin with https:// and a host"))?;
    if has_places && !rest.contains('/') {
        return Err(wrong("must name its host with a / behind it before anything is filled in"));
    }
    let url = Url::parse(begin).map_err(|error| ("url", format!("is no address: {error}")))?;
    let host = url.host().ok_or_else(|| wrong("names no host"))?;
    let is_address = !matches!(host, Host::Domain(_));
    let name = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    let is_exempt = read.surroundings.private_hosts.hold(&name);
    if scheme != "https" && !(is_exempt && scheme == "http") {
        return Err(wrong("must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a name or a password: they belong into a header"));
    }
    if is_exempt {
        return Ok(());
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    if is_address || ["localhost", "internal", "local"].contains(&last) {
        return Err(wrong("must name a host of the public internet, not an address of a network"));
    }
    if !read.surroundings.called_hosts.allow(&name) {
        return Err(("host_not_allowed", format!("`{name}` is not on the list of hosts that flows may call")));
    }
    Ok(())
}
