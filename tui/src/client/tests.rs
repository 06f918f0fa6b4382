use std::sync::{Arc, Mutex};

use ecotrack_common::account::SignIn;
use ecotrack_common::import::OnConflict;
use ecotrack_common::{EnergyProfileId, ErrorCode, MeterId};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::*;

/// A server that answers every connection with one text and keeps what it was asked.
struct Stub {
    client: Client,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    async fn answering(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (asked.clone(), answer.to_owned());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                kept.lock().unwrap().push(request);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { client, asked }
    }

    fn asked(&self) -> String {
        self.asked.lock().unwrap().join("\n---\n")
    }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1).map_or(0, |rest| {
                rest.split("\r\n").next().unwrap().parse::<usize>().unwrap()
            });
            if body.len() >= length {
                return text;
            }
        }
        assert!(count > 0, "the request ended early: {text}");
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn home() -> EnergyProfileId {
    EnergyProfileId(Uuid::from_u128(1))
}

fn meter() -> MeterId {
    MeterId(Uuid::from_u128(2))
}

#[tokio::test]
async fn a_problem_of_the_server_keeps_its_code_and_fields() {
    let body = r#"{"title":"Some fields are wrong","status":422,"code":"invalid",
        "errors":[{"field":"email","code":"required"}]}"#;
    let stub = Stub::answering(&answer(
        "422 Unprocessable Entity",
        "content-type: application/problem+json\r\n",
        body,
    ))
    .await;
    let sign_in = SignIn {
        email: "ana@example.org".into(),
        password: "secret".into(),
    };
    match stub.client.sign_in(&sign_in).await.err().unwrap() {
        Error::Problem(problem) => {
            assert_eq!(problem.code, ErrorCode::Invalid);
            assert_eq!(problem.errors.of("email").unwrap().code, "required");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    match Client::new(&address).unwrap().ready().await.unwrap_err() {
        Error::Away(named) => assert_eq!(named, address),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_proxy_before_a_dead_server_is_a_server_that_is_away() {
    let stub = Stub::answering(&answer("502 Bad Gateway", "", "<h1>Bad gateway</h1>")).await;
    assert!(matches!(stub.client.ready().await, Err(Error::Away(_))));
}

#[tokio::test]
async fn another_program_at_the_address_is_unreadable() {
    let stub = Stub::answering(&answer("200 OK", "", "<h1>It works!</h1>")).await;
    assert!(matches!(
        stub.client.account().await,
        Err(Error::Unreadable(_))
    ));
    let stub = Stub::answering(&answer("404 Not Found", "", "<h1>Not here</h1>")).await;
    assert!(matches!(
        stub.client.account().await,
        Err(Error::Unreadable(_))
    ));
}

#[tokio::test]
async fn a_dashboard_that_did_not_change_is_none() {
    let stub = Stub::answering(&answer("304 Not Modified", "", "")).await;
    let client = stub.client.clone().with_token("the-token");
    assert!(
        client
            .dashboard(home(), Some("\"7\""))
            .await
            .unwrap()
            .is_none()
    );
    let asked = stub.asked().to_lowercase();
    assert!(asked.contains("if-none-match: \"7\"\r\n"), "{asked}");
    assert!(
        asked.contains("authorization: bearer the-token\r\n"),
        "{asked}"
    );
}

#[tokio::test]
async fn an_instant_is_escaped_in_an_address_and_a_write_has_its_key() {
    let written = r#"{"operation_id":"00000000-0000-0000-0000-000000000009","reading":null}"#;
    let stub = Stub::answering(&answer("200 OK", "", written)).await;
    let read_at = "2026-11-23T11:00:00Z".parse().unwrap();
    let key = Uuid::from_u128(5);
    stub.client
        .remove_reading(home(), meter(), read_at, 3, key)
        .await
        .unwrap();
    let asked = stub.asked();
    assert!(asked.starts_with("DELETE /api/v1/profiles/00000000-0000-0000-0000-000000000001/meters/00000000-0000-0000-0000-000000000002/readings/2026-11-23T11%3A00%3A00Z?version=3 HTTP"), "{asked}");
    assert!(
        asked.contains(&format!("idempotency-key: {key}\r\n")),
        "{asked}"
    );
}

#[tokio::test]
async fn rows_are_sent_whole_with_what_is_said_of_them() {
    let report =
        r#"{"import_batch_id":null,"operation_id":null,"rows":0,"meters":[],"findings":[]}"#;
    let stub = Stub::answering(&answer("200 OK", "", report)).await;
    let bytes = b"0123456789".repeat(10_000);
    let file = ImportFile {
        name: "agosto & mais.csv".into(),
        meter: Some(meter()),
        on_conflict: OnConflict::Replace,
        accept_findings: true,
        dry_run: true,
        make_meters: false,
    };
    let rows = Rows::whole(bytes.clone());
    let sent = stub.client.import(home(), file, rows, Uuid::from_u128(6));
    sent.await.unwrap();
    let asked = stub.asked();
    let query = "on_conflict=replace&accept_findings=true&dry_run=true&make_meters=false&file_name=agosto+%26+mais.csv";
    let address = format!("/readings/import?meter_id={}&{query}", meter());
    assert!(asked.contains(&address), "{asked}");
    assert!(asked.as_bytes().ends_with(&bytes));
}

#[tokio::test]
async fn events_are_read_between_comments_until_the_stream_ends() {
    let body = ": hello\n\ndata: {\"revision\":7,\"kind\":\"readings\"}\n\n:\n\nevent: change\ndata: {\"revision\":8,\"kind\":\"forecast\"}\n\n";
    let stub = Stub::answering(&answer(
        "200 OK",
        "content-type: text/event-stream\r\n",
        body,
    ))
    .await;
    let events: Vec<_> = stub
        .client
        .events(home())
        .map(|event| event.unwrap())
        .collect()
        .await;
    let kinds: Vec<_> = events
        .iter()
        .map(|event| (event.revision, event.kind.as_str()))
        .collect();
    assert_eq!(kinds, [(7, "readings"), (8, "forecast")]);
}

#[tokio::test]
async fn a_stream_that_is_refused_says_why_and_ends() {
    let body = r#"{"title":"Sign in first","status":401,"code":"unauthenticated"}"#;
    let stub = Stub::answering(&answer("401 Unauthorized", "", body)).await;
    let events: Vec<_> = stub.client.events(home()).collect().await;
    assert_eq!(events.len(), 1);
    assert!(
        matches!(&events[0], Err(Error::Problem(problem)) if problem.code == ErrorCode::Unauthenticated)
    );
}

#[test]
fn what_is_no_address_is_refused() {
    for good in [
        "http://127.0.0.1:7878",
        "https://home.example/eco/",
        "http://[::1]:1",
    ] {
        assert!(Client::new(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "localhost:7878",
        "127.0.0.1:7878",
        "ftp://a",
        "http://",
        "http://a?b",
        "http://u:p@a",
    ] {
        assert_eq!(
            Client::new(bad).err(),
            Some(BadAddress(bad.to_owned())),
            "{bad}"
        );
    }
}

#[test]
fn a_client_shows_no_token() {
    let client = Client::new("http://127.0.0.1:1")
        .unwrap()
        .with_token("the-token");
    assert!(!format!("{client:?}").contains("the-token"));
}
