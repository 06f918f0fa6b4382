use std::io::Write;
use std::time::Duration;

use serde_json::json;

use super::testing::{Answer, Asked, Stub};
use super::{Address, Failure, Source};

/// For an answer that comes, on however busy a machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// For one that does not come.
const LITTLE_PATIENCE: Duration = Duration::from_millis(500);
const LIMIT: usize = 100_000;

async fn ask(
    answer: impl Fn(&Asked) -> Answer + Clone + Send + Sync + 'static,
) -> (Stub, Result<Vec<u8>, Failure>) {
    ask_with(PATIENCE, answer).await
}

async fn ask_with(
    patience: Duration,
    answer: impl Fn(&Asked) -> Answer + Clone + Send + Sync + 'static,
) -> (Stub, Result<Vec<u8>, Failure>) {
    let stub = Stub::new(answer).await;
    let source = Source::new(&stub.address, patience).unwrap();
    let answer = source.get("/v1/x", &[("a b", "ç&d")], LIMIT).await;
    (stub, answer)
}

#[tokio::test]
async fn what_is_asked_arrives_under_our_name_and_the_answer_comes_back() {
    let (stub, answer) = ask(|_| Answer::Json(json!({ "ok": true }))).await;
    assert_eq!(answer.unwrap(), br#"{"ok":true}"#);
    let asked = &stub.asked()[0];
    assert_eq!(asked.path, "/v1/x");
    assert_eq!(asked.query["a b"], "ç&d");
    let agent = asked.headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("EcoTrack/"), "{agent}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (stub, answer) = ask(|asked| match asked.path.as_str() {
        "/v1/x" => Answer::Redirect("/elsewhere".to_owned()),
        _ => Answer::Json(json!({})),
    })
    .await;
    let error = answer.unwrap_err();
    assert!(matches!(error, Failure::Redirected(..)), "{error}");
    assert_eq!(stub.asked().len(), 1);
}

#[tokio::test]
async fn a_refusal_says_its_reason_in_one_line_and_nothing_of_the_question() {
    let reason = json!({ "error": true, "reason": "Latitude\nmust be \u{1b}[31min range" });
    let (_stub, answer) = ask(move |_| Answer::Status(400, reason.to_string())).await;
    let said = answer.unwrap_err().to_string();
    assert!(
        said.contains("400") && said.contains("Latitude must be  [31min range"),
        "{said}"
    );
    assert!(!said.contains("a b") && !said.contains("v1"), "{said}");
    let (_stub, answer) = ask(|_| Answer::Status(500, String::new())).await;
    assert!(
        answer
            .unwrap_err()
            .to_string()
            .ends_with("(500 Internal Server Error)")
    );
}

#[tokio::test]
async fn who_keeps_silent_or_gets_stuck_is_not_waited_for() {
    for answer in [|_: &Asked| Answer::Silence, |_: &Asked| Answer::Stuck] {
        let (_stub, answer) = ask_with(LITTLE_PATIENCE, answer).await;
        let error = answer.unwrap_err();
        assert!(matches!(error, Failure::Away(_)), "{error}");
    }
    let nobody: Address = "http://127.0.0.1:1".parse().unwrap();
    let source = Source::new(&nobody, PATIENCE).unwrap();
    let error = source.get("/", &[], LIMIT).await.unwrap_err();
    assert!(matches!(error, Failure::Away(_)), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off_packed_or_not() {
    let (_stub, answer) = ask(|_| Answer::Endless).await;
    let error = answer.unwrap_err();
    assert!(matches!(error, Failure::TooLarge { .. }), "{error}");
    let (_stub, answer) = ask(|_| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&vec![b' '; 50 * LIMIT]).unwrap();
        Answer::Gzip(packed.finish().unwrap())
    })
    .await;
    let error = answer.unwrap_err();
    assert!(matches!(error, Failure::TooLarge { .. }), "{error}");
}

#[test]
fn only_addresses_that_can_be_asked_are_taken() {
    for good in ["https://example.org", "http://127.0.0.1:80/below/"] {
        assert!(good.parse::<Address>().is_ok(), "{good}");
    }
    for bad in [
        "",
        "example.org",
        "ftp://example.org",
        "https://me:secret@example.org",
        "https://example.org/?a=b",
    ] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
}
