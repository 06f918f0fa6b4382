//! The import as people see it, in both languages and at both sizes.

use ecotrack_common::account::Language;
use ecotrack_common::import::{BillsImport, Finding, ImportReport};

use crate::app::{App, Context, update};
use crate::forms::{self, Subject};
use crate::import::{Job, News, Wrong, answered, news};
use crate::keys::{ctrl, key};
use crate::message::{Fault, Message};
use crate::testing::{
    DOUBTFUL, context, drawn, import_report, job, with_file, with_lists, with_preview,
};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

fn picture(name: &str, app: impl Fn(&Context) -> App) {
    for language in Language::ALL {
        for (width, height) in SIZES {
            let cx = context(*language);
            let app = app(&cx);
            insta::with_settings!({
                snapshot_path => "import/snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(
                    format!("{name}_{language}_{width}x{height}"),
                    drawn(&app, &cx, width, height)
                );
            });
        }
    }
}

#[test]
fn a_path_is_asked_for() {
    picture("ask", |cx| {
        let mut app = with_lists();
        let _ = crate::readings::open(&mut app);
        let _ = update(&mut app, Message::Key(key('i').event()), cx);
        let _ = update(&mut app, Message::Paste("~/con".into()), cx);
        let names = ["~/contas/", "~/conta-10.csv", "~/conta-11.csv"].map(str::to_owned);
        let completed = News::Completed("~/con".into(), names.into());
        let _ = news(&mut app, crate::message::Ticket(0), completed, cx);
        app
    });
    picture("wrong_path", |cx| {
        let mut app = with_lists();
        let _ = crate::readings::open(&mut app);
        let _ = update(&mut app, Message::Key(key('i').event()), cx);
        let _ = update(&mut app, Message::Paste("/tmp/conta.csv".into()), cx);
        let enter = crate::keys::named(crossterm::event::KeyCode::Enter);
        let effects = update(&mut app, Message::Key(enter.event()), cx);
        let (ticket, _) = job(&effects);
        let wrong = Wrong::Missing("/tmp/conta.csv".into());
        let _ = news(&mut app, ticket, News::Looked(Err(wrong)), cx);
        app
    });
    picture("looking", |cx| {
        let mut app = with_lists();
        let _ = crate::readings::open(&mut app);
        let _ = update(&mut app, Message::Key(key('i').event()), cx);
        let _ = update(&mut app, Message::Paste("/tmp/large.csv".into()), cx);
        let enter = crate::keys::named(crossterm::event::KeyCode::Enter);
        let effects = update(&mut app, Message::Key(enter.event()), cx);
        let (ticket, _) = job(&effects);
        let _ = news(&mut app, ticket, News::Read(250_000_000, 1_000_000_000), cx);
        app
    });
}

/// A history of bills, of which one is stored with another total.
const BILLS: &str = "Bill Date,Electric Charges,Electric Usage (kWh)\n\
    09/24/2026,89.45,450\n08/26/2026,102.34,520\n07/25/2026,115.67,680\n";

fn bills_report() -> ImportReport {
    let params = [
        ("first", "2026-07-25"),
        ("last", "2026-08-25"),
        ("kwh", "520"),
        ("total", "102.34"),
        ("stored_kwh", "520"),
        ("stored_total", "103.00"),
        ("currency", "USD"),
    ];
    ImportReport {
        meters: Vec::new(),
        findings: vec![Finding::new(3, "bill_kept", &params)],
        bills: Some(BillsImport {
            bills: 2,
            added: 1,
            unchanged: 0,
            conflicting: 1,
            left_out: 0,
        }),
        ..import_report(false)
    }
}

#[test]
fn bills_in_a_file_are_told_before_they_are_bills_of_the_home() {
    picture("bills", |cx| {
        let (mut app, effects) = with_file("xcel.csv", BILLS);
        let (ticket, _) = job(&effects);
        let _ = answered(&mut app, ticket, Ok(Box::new(bills_report())), cx);
        app
    });
}

#[test]
fn a_file_is_told_before_anything_is_written() {
    picture("preview", |_| with_preview());
    picture("doubt", |_| with_file("smart.csv", DOUBTFUL).0);
    picture("unrecognised", |_| {
        with_file("notes.txt", "hello world\nthis is no table\n").0
    });
}

#[test]
fn what_the_file_does_not_say_is_asked() {
    picture("said", |cx| {
        let mut app = with_preview();
        let _ = forms::open(&mut app, Subject::ImportSaid, None, cx);
        app
    });
    picture("mapping", |cx| {
        let mut app = with_preview();
        let _ = forms::open(&mut app, Subject::ImportMapping, None, cx);
        app
    });
}

#[test]
fn the_import_is_seen_on_its_way_and_when_it_is_there() {
    let sent = |cx: &Context| {
        let mut app = with_preview();
        let effects = update(&mut app, Message::Key(ctrl('s').event()), cx);
        let (ticket, asked) = job(&effects);
        assert!(matches!(asked, Job::Send(send) if !send.dry_run));
        (app, ticket)
    };
    picture("sending", |cx| {
        let (mut app, ticket) = sent(cx);
        let _ = news(&mut app, ticket, News::Sent(2_100, 5_310), cx);
        app
    });
    picture("away", |cx| {
        let (mut app, ticket) = sent(cx);
        let _ = answered(&mut app, ticket, Err(Fault::Away), cx);
        app
    });
    picture("outcome", |cx| {
        let (mut app, ticket) = sent(cx);
        let _ = answered(&mut app, ticket, Ok(Box::new(import_report(true))), cx);
        app
    });
}
