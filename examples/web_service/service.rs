//! The service itself: an HTTP server of axum that knows no path. Plugins answer, and stand before and behind each answer.

use std::{collections::BTreeMap, future::Future, io, path::Path, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use ungil::plugin::{Hook, PluginHost, PluginHostBuilder};

/// More than this of a request's body is not read.
const MOST_BYTES: usize = 1 << 20;

/// A request, as plugins see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: String,
    /// What middleware noted for those behind it.
    #[serde(default)]
    notes: BTreeMap<String, String>,
    /// Set by middleware that answers instead of a route.
    #[serde(default)]
    reply: Option<Reply>,
}

/// An answer, as plugins give it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

fn ok() -> u16 {
    200
}

impl Reply {
    fn plain(status: StatusCode, body: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            headers: BTreeMap::new(),
            body: body.into(),
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = status;
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// The hooks of the service.
#[derive(Clone)]
struct Hooks {
    /// Middleware before: each gets the request as the one before it left it.
    on_request: Hook<(Request,), Request>,
    /// Routes: the first answer that is not `None`.
    route: Hook<(Request,), Reply>,
    /// Middleware behind: each gets the reply as the one before it left it.
    on_reply: Hook<(Reply,), Reply>,
}

impl Hooks {
    async fn answer(&self, request: Request) -> ungil::Result<Reply> {
        let before = self.on_request.chain_async(&(request,)).await?;
        if let Some(error) = before.steps.iter().find_map(|step| step.result.as_ref().err()) {
            // A request that middleware could not look at does not pass: it may be what keeps people out.
            let text = format!("not now: {error}");
            return Ok(Reply::plain(StatusCode::SERVICE_UNAVAILABLE, text));
        }
        let mut request = before.value;
        let reply = match request.reply.take() {
            Some(reply) => reply,
            None => {
                let first = self.route.first_async(&(request,)).await?;
                match (first.answer, first.errors.first()) {
                    (Some((_, reply)), _) => reply,
                    (None, Some((plugin, error))) => {
                        Reply::plain(StatusCode::BAD_GATEWAY, format!("{plugin} has no answer: {error}"))
                    }
                    (None, None) => Reply::plain(StatusCode::NOT_FOUND, "nobody knows this path"),
                }
            }
        };
        Ok(self.on_reply.chain_async(&(reply,)).await?.value)
    }
}

async fn handle(State(hooks): State<Hooks>, request: axum::extract::Request) -> Response {
    let (
        Parts {
            method, uri, headers, ..
        },
        body,
    ) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let request = Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers: headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
        notes: BTreeMap::new(),
        reply: None,
    };
    match hooks.answer(request).await {
        Ok(reply) => reply.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// For a host of the plugins in a folder.
pub fn plugins(folder: &Path) -> PluginHostBuilder {
    PluginHost::builder()
        .folder(folder)
        .describe_hook(
            "on_request",
            "Middleware: the request, changed, or with a `reply`; `None` leaves it as it is.",
        )
        .describe_hook("route", "The reply to a request, or `None` if it is not this plugin's.")
        .describe_hook("on_reply", "Middleware: the reply, changed; `None` leaves it as it is.")
        .deadline(Duration::from_secs(20))
}

/// Serves until `stop` is ready, and what is under way then to its end.
pub async fn serve(
    listener: TcpListener,
    host: &PluginHost,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let hooks = Hooks {
        on_request: host.hook("on_request"),
        route: host.hook("route"),
        on_reply: host.hook("on_reply"),
    };
    let app = Router::new().fallback(handle).with_state(hooks);
    axum::serve(listener, app).with_graceful_shutdown(stop).await
}
