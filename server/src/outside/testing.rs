//! Somebody outside, on a real socket, who answers as a test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::Address;

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What is answered.
pub(crate) enum Answer {
    Json(serde_json::Value),
    Status(u16, String),
    Redirect(String),
    /// Packed, as most are.
    Gzip(Vec<u8>),
    /// Nothing, ever.
    Silence,
    /// A beginning, and then nothing.
    Stuck,
    /// Without an end.
    Endless,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let piece = || Ok::<Bytes, std::io::Error>(Bytes::from(vec![b'x'; 8192]));
        match self {
            Self::Json(json) => axum::Json(json).into_response(),
            Self::Status(status, body) => {
                (StatusCode::from_u16(status).unwrap(), body).into_response()
            }
            Self::Redirect(to) => {
                (StatusCode::FOUND, [("location", to)], String::new()).into_response()
            }
            Self::Gzip(body) => ([("content-encoding", "gzip")], body).into_response(),
            Self::Stuck | Self::Silence => {
                let first = stream::once(async move { piece() });
                Body::from_stream(first.chain(stream::pending())).into_response()
            }
            Self::Endless => Body::from_stream(stream::repeat_with(piece)).into_response(),
        }
    }
}

/// Such a server; it ends with this.
pub(crate) struct Stub {
    pub(crate) address: Address,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: AbortHandle,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Stub {
    pub(crate) async fn new(
        answer: impl Fn(&Asked) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let noted = asked.clone();
        let handler = move |request: Request| {
            let (noted, answer) = (noted.clone(), answer.clone());
            async move {
                let (parts, body) = request.into_parts();
                let query = parts.uri.query().unwrap_or_default();
                let query = axum::extract::Query::<BTreeMap<String, String>>::try_from_uri(
                    &format!("/?{query}").parse().unwrap(),
                );
                let asked = Asked {
                    path: parts.uri.path().to_owned(),
                    query: query.unwrap().0,
                    headers: parts.headers,
                    body: axum::body::to_bytes(body, usize::MAX).await.unwrap(),
                };
                noted.lock().unwrap().push(asked.clone());
                let answer = answer(&asked);
                if matches!(answer, Answer::Silence) {
                    std::future::pending::<()>().await;
                }
                answer.into_response()
            }
        };
        let server = tokio::spawn(async move {
            axum::serve(listener, Router::new().fallback(handler))
                .await
                .unwrap();
        });
        Self {
            address: address.parse().unwrap(),
            asked,
            server: server.abort_handle(),
        }
    }

    /// What was asked since the last look.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}
