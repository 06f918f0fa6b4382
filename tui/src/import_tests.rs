//! The import: keys, news and answers in, jobs and changes out.

use std::fmt::Write as _;

use crossterm::event::KeyCode;
use ecotrack_common::audit::Undone;
use ecotrack_common::import::delimited::{Mapping, Negative};
use ecotrack_common::import::{Finding, OnConflict, Weight};
use ecotrack_common::meter::{Channel, Meter, ReadingKind};
use ecotrack_common::profile::Role;
use ecotrack_common::{FieldError, FieldErrors, MeterId, OperationId};
use uuid::Uuid;

use crate::app::{App, Notice, Screen, update};
use crate::forms::{self, Subject};
use crate::import::{Asking, Job, News, Trial, Way, Wrong};
use crate::keys::{ctrl, key, named};
use crate::message::{Call, Effect, Fault, Message, Reply, Ticket, Timer};
use crate::remote::Remote;
use crate::testing::{
    self, DOUBTFUL, Hands, NEGATIVE, calls, cx, drawn, hours_file, import_report, job, look_job,
    press, reply, seen, type_text, with_file, with_lists, with_preview,
};

fn tell(app: &mut App, ticket: Ticket, news: News) -> Vec<Effect> {
    update(app, Message::Import(ticket, news), &cx())
}

fn asked(app: &mut App) -> Vec<Effect> {
    app.screen = Screen::Readings;
    press(app, key('i'))
}

/// What follows when the keys rest: they alone ask nothing.
fn rested(app: &mut App, effects: &[Effect]) -> Vec<Effect> {
    let timers = effects.iter().filter_map(|effect| match effect {
        Effect::After(_, timer @ Timer::Import(_)) => Some(*timer),
        Effect::Import(_, job) if matches!(**job, Job::Send(_)) => panic!("it is sent at once"),
        _ => None,
    });
    let timers: Vec<Timer> = timers.collect();
    let asked = timers
        .into_iter()
        .map(|timer| update(app, Message::Elapsed(timer), &cx()));
    asked.flatten().collect()
}

/// What a job sends: whether it is a dry run, its key, to which meters.
fn sent(effects: &[Effect]) -> (Ticket, bool, Uuid, Vec<(String, MeterId)>) {
    match job(effects) {
        (ticket, Job::Send(send)) => {
            let meters = send.meters.clone().into_iter().collect();
            (ticket, send.dry_run, send.key, meters)
        }
        _ => panic!("a file was expected to be sent"),
    }
}

#[test]
fn a_path_is_completed_taken_and_kept_when_it_is_wrong() {
    let mut app = with_lists();
    asked(&mut app);
    assert_eq!(app.screen, Screen::Import);
    assert_eq!(app.import.asking, Some(Asking::File));
    // Letters write the path, also those that are keys elsewhere.
    type_text(&mut app, "/tmp/q");
    let effects = press(&mut app, named(KeyCode::Tab));
    let (ticket, asked_for) = job(&effects);
    assert!(matches!(asked_for, Job::Complete(path) if path == "/tmp/q"));
    let names = vec!["/tmp/quarter.csv".to_owned(), "/tmp/quarters/".to_owned()];
    tell(&mut app, ticket, News::Completed("/tmp/q".into(), names));
    assert_eq!(app.import.path.text(), "/tmp/quarter");
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(screen.contains("/tmp/quarters/"), "{screen}");
    // What was completed for another text comes too late.
    type_text(&mut app, ".csv");
    tell(
        &mut app,
        ticket,
        News::Completed("/tmp/quarter".into(), vec!["no".into()]),
    );
    assert_eq!(app.import.path.text(), "/tmp/quarter.csv");

    let effects = press(&mut app, named(KeyCode::Enter));
    let (ticket, look) = look_job(&effects);
    assert_eq!(look.path, "/tmp/quarter.csv");
    assert_eq!(look.home_zone.as_deref(), Some("America/Sao_Paulo"));
    assert_eq!(look.spans.len(), 3, "the cycles of the home's bills");
    let wrong = Wrong::Missing("/tmp/quarter.csv".into());
    tell(&mut app, ticket, News::Looked(Err(wrong)));
    assert_eq!(app.import.path.text(), "/tmp/quarter.csv");
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(
        screen.contains("There is no file /tmp/quarter.csv"),
        "{screen}"
    );
    press(&mut app, named(KeyCode::Esc));
    assert_eq!(app.screen, Screen::Readings);
}

#[test]
fn a_look_is_cancelled_and_what_it_says_afterwards_is_dropped() {
    let mut app = with_lists();
    asked(&mut app);
    update(&mut app, Message::Paste("/tmp/large.csv".into()), &cx());
    let effects = press(&mut app, named(KeyCode::Enter));
    let (ticket, look) = look_job(&effects);
    tell(&mut app, ticket, News::Read(1, 4));
    assert_eq!(app.import.looking.map(Way::share), Some(0.25));
    let effects = press(&mut app, named(KeyCode::Esc));
    assert!(matches!(job(&effects).1, Job::Stop));
    assert_eq!(app.import.asking, Some(Asking::File));
    assert_eq!(app.import.path.text(), "/tmp/large.csv");
    tell(
        &mut app,
        ticket,
        News::Looked(Ok(Box::new(seen(&look, DOUBTFUL)))),
    );
    assert!(app.import.seen.is_none());
}

#[test]
fn after_the_look_the_server_is_asked_and_nothing_is_stored() {
    let (mut app, effects) = with_file("medidor.csv", &hours_file());
    let (ticket, dry_run, _, meters) = sent(&effects);
    assert!(dry_run);
    // The counter takes no hours, and the meter of hours takes what comes from the grid.
    assert_eq!(
        meters,
        [("grid_import".to_owned(), MeterId(Uuid::from_u128(3)))]
    );
    tell(&mut app, ticket, News::Sent(10, 100));
    let screen = drawn(&app, &cx(), 160, 48);
    assert!(screen.contains("10 of 100 sent"), "{screen}");
    reply(
        &mut app,
        ticket,
        Reply::Imported(Ok(Box::new(import_report(false)))),
    );
    let screen = drawn(&app, &cx(), 160, 48);
    assert!(screen.contains("1,650 added"), "{screen}");
    assert!(app.done.is_empty());
}

#[test]
fn a_channel_goes_to_another_meter_or_to_none_and_the_server_is_asked_anew() {
    let mut app = with_preview();
    let mut meters = app.lists.meters.value().unwrap().clone();
    let sun = MeterId(Uuid::from_u128(45));
    meters.push(Meter {
        meter_id: sun,
        name: "Sun".into(),
        channel: Channel::SolarProduction,
        reading_kind: ReadingKind::Step,
        ..meters[0].clone()
    });
    app.lists.meters = Remote::Ready(meters);
    // What is given has no meter yet. It could have that of the sun, but not the one that is taken.
    press(&mut app, named(KeyCode::Down));
    let effects = press(&mut app, named(KeyCode::Right));
    let effects = rested(&mut app, &effects);
    let (_, dry_run, _, meters) = sent(&effects);
    assert!(dry_run);
    assert!(
        meters.contains(&("grid_export".to_owned(), sun)),
        "{meters:?}"
    );
    assert_eq!(meters.len(), 2, "{meters:?}");
    // None again, of which the server has said what would become of it.
    let effects = press(&mut app, named(KeyCode::Right));
    assert!(matches!(job(&effects).1, Job::Stop));
    assert!(matches!(app.import.trial, Trial::Answered(Ok(_))));
    press(&mut app, named(KeyCode::Up));
    let effects = press(&mut app, named(KeyCode::Right));
    let effects = rested(&mut app, &effects);
    assert_eq!(sent(&effects).3, [("grid_import".to_owned(), sun)]);
    let effects = press(&mut app, named(KeyCode::Right));
    assert!(
        rested(&mut app, &effects).is_empty(),
        "without any meter there is nothing to ask"
    );
    press(&mut app, ctrl('s'));
    assert_eq!(app.notice, Some(Notice::Text("import-no-meter-chosen")));
}

#[test]
fn a_meter_that_is_made_for_a_channel_is_chosen_for_it() {
    let mut app = with_preview();
    press(&mut app, named(KeyCode::Down));
    press(&mut app, key('n'));
    let form = app.form.as_ref().unwrap();
    assert_eq!(form.text("channel"), "grid_export");
    assert_eq!(form.text("reading_kind"), "step");
    app.form = None;
    let mut meters = app.lists.meters.value().unwrap().clone();
    let made = MeterId(Uuid::from_u128(44));
    meters.push(Meter {
        meter_id: made,
        name: "Given".into(),
        channel: Channel::GridExport,
        reading_kind: ReadingKind::Step,
        ..meters[0].clone()
    });
    app.lists.meters = Remote::Ready(meters);
    let effects = crate::import::meters_came(&mut app, &cx());
    let (_, _, _, meters) = sent(&effects);
    assert!(
        meters.contains(&("grid_export".to_owned(), made)),
        "{meters:?}"
    );
}

#[test]
fn doubts_stop_the_file_until_they_are_accepted_and_refusals_always_do() {
    let (mut app, _) = with_file("smart.csv", DOUBTFUL);
    assert_eq!(app.import.weight(), Some(Weight::Doubt));
    let effects = press(&mut app, ctrl('s'));
    assert!(effects.is_empty());
    assert_eq!(app.notice, Some(Notice::Text("import-in-doubt")));
    let effects = press(&mut app, key('a'));
    let effects = rested(&mut app, &effects);
    assert!(matches!(job(&effects).1, Job::Send(send) if send.dry_run && send.accept_findings));
    let effects = press(&mut app, ctrl('s'));
    assert!(matches!(job(&effects).1, Job::Send(send) if !send.dry_run && send.accept_findings));

    let (mut app, effects) = with_file("net.csv", NEGATIVE);
    assert!(
        effects.is_empty(),
        "what cannot be taken is not asked about"
    );
    press(&mut app, key('a'));
    let effects = press(&mut app, ctrl('s'));
    assert!(effects.is_empty());
    assert_eq!(app.notice, Some(Notice::Text("import-refused")));
    // What only a person knows is said, and the file looked at anew.
    press(&mut app, key('e'));
    let form = app.form.as_mut().unwrap();
    form.field_mut("negative").unwrap().set("export");
    let effects = press(&mut app, ctrl('s'));
    let (ticket, look) = look_job(&effects);
    assert_eq!(look.said.negative, Some(Negative::Export));
    let again = Box::new(seen(&look, NEGATIVE));
    tell(&mut app, ticket, News::Looked(Ok(again)));
    assert_ne!(app.import.weight(), Some(Weight::Refusal));
    assert!(app.form.is_none());
}

#[test]
fn what_the_server_doubts_is_accepted_and_what_it_refuses_is_not() {
    let refusal = || {
        let mut problem = testing::problem("invalid", 422);
        let finding = Finding::new(0, "duplicate_at", &[("at", "2026-09-01T03:00:00Z")]);
        problem.errors = FieldErrors(vec![FieldError {
            field: "file".into(),
            code: finding.code,
            params: finding.params,
        }]);
        Err(Fault::Problem(Box::new(problem)))
    };
    let (mut app, effects) = with_file("medidor.csv", &hours_file());
    let (ticket, ..) = sent(&effects);
    reply(&mut app, ticket, Reply::Imported(refusal()));
    assert_eq!(app.import.weight(), Some(Weight::Doubt));
    let screen = drawn(&app, &cx(), 160, 48);
    assert!(screen.contains("was told with another energy"), "{screen}");
    let effects = press(&mut app, key('a'));
    let effects = rested(&mut app, &effects);
    let (ticket, ..) = sent(&effects);
    reply(&mut app, ticket, Reply::Imported(refusal()));
    assert_eq!(app.import.weight(), Some(Weight::Refusal));
}

#[test]
fn what_differs_from_what_is_stored_stays_or_is_replaced_by_a_key() {
    let mut app = with_preview();
    assert_eq!(app.import.on_conflict, OnConflict::Skip);
    let effects = press(&mut app, key('o'));
    let effects = rested(&mut app, &effects);
    assert!(matches!(job(&effects).1, Job::Send(send) if send.on_conflict == OnConflict::Replace));
    let (ticket, ..) = sent(&effects);
    reply(
        &mut app,
        ticket,
        Reply::Imported(Ok(Box::new(import_report(false)))),
    );
    let screen = drawn(&app, &cx(), 160, 48);
    assert!(screen.contains("(o keeps what is stored)"), "{screen}");
}

#[test]
fn many_keys_are_one_question_and_what_was_answered_is_not_asked_again() {
    let mut app = with_preview();
    let first = press(&mut app, key('o'));
    let back = press(&mut app, key('o'));
    assert!(back.is_empty(), "the first choice was answered");
    assert!(matches!(app.import.trial, Trial::Answered(Ok(_))));
    let again = press(&mut app, key('o'));
    assert!(
        rested(&mut app, &first).is_empty(),
        "something was chosen since"
    );
    let effects = rested(&mut app, &again);
    let (ticket, ..) = sent(&effects);
    let report = Reply::Imported(Ok(Box::new(import_report(false))));
    reply(&mut app, ticket, report);
    // What changes in the home may change every answer.
    crate::answers::stream(&mut app, &crate::message::News::Changed);
    let effects = press(&mut app, key('o'));
    assert!(!rested(&mut app, &effects).is_empty());
}

#[test]
fn a_large_file_is_asked_about_anew_by_a_key() {
    let mut text = "timestamp,kwh\n".to_owned();
    let start: jiff::Timestamp = "2020-01-01T03:00:00Z".parse().unwrap();
    for step in 0..200_001_i64 {
        let at = start + jiff::SignedDuration::from_mins(step * 15);
        writeln!(text, "{at},0.1").unwrap();
    }
    let (mut app, effects) = with_file("decade.csv", &text);
    let (ticket, ..) = sent(&effects);
    let report = Reply::Imported(Ok(Box::new(import_report(false))));
    reply(&mut app, ticket, report);
    let effects = press(&mut app, key('o'));
    assert!(effects.is_empty());
    let screen = drawn(&app, &cx(), 160, 48);
    assert!(screen.contains("The file is large"), "{screen}");
    let effects = press(&mut app, key('t'));
    assert!(sent(&effects).1, "nothing is stored");
}

#[test]
fn a_line_that_breaks_leaves_the_preview_and_the_same_key_for_the_next_attempt() {
    let mut hands = Hands::on(with_preview());
    hands.press(ctrl('s'));
    let (ticket, dry_run, first, _) = sent(&hands.effects);
    assert!(!dry_run);
    tell(&mut hands.app, ticket, News::Sent(40, 100));
    reply(&mut hands.app, ticket, Reply::Imported(Err(Fault::Away)));
    assert!(hands.app.import.seen.is_some());
    let screen = drawn(&hands.app, &cx(), 80, 24);
    assert!(screen.contains("The server went away"), "{screen}");
    hands.cx.fresh_key = Uuid::from_u128(500);
    hands.press(ctrl('s'));
    let (ticket, _, second, _) = sent(&hands.effects);
    assert_eq!(first, second);
    reply(&mut hands.app, ticket, Reply::Imported(Err(Fault::Away)));
    // Something else is another attempt.
    hands.press(key('o'));
    hands.press(ctrl('s'));
    let (_, _, third, _) = sent(&hands.effects);
    assert_ne!(first, third);
}

#[test]
fn the_outcome_is_told_and_undone_as_a_whole() {
    let mut app = with_preview();
    let effects = press(&mut app, ctrl('s'));
    let (ticket, ..) = sent(&effects);
    reply(
        &mut app,
        ticket,
        Reply::Imported(Ok(Box::new(import_report(true)))),
    );
    assert!(app.import.outcome.is_some());
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(
        screen.contains("1,650 added") && screen.contains("u takes all of it"),
        "{screen}"
    );
    let operation = OperationId(Uuid::from_u128(71));
    let undo = |app: &mut App| {
        let effects = press(app, key('u'));
        let asked = calls(&effects).into_iter();
        let mut asked = asked
            .filter(|(_, call)| matches!(call, Call::Undo(_, undone, _) if *undone == operation));
        asked.next().expect("it is taken back").0
    };
    let ticket = undo(&mut app);
    let told = |app: &App| drawn(app, &cx(), 80, 24);
    assert!(told(&app).contains("All of it is being taken back"));
    // A server that is busy took nothing back, and can be asked again; one that refuses cannot.
    let refusal = |code, status| {
        let problem = testing::problem(code, status);
        Reply::Undone(Err(Fault::Problem(Box::new(problem))))
    };
    reply(&mut app, ticket, refusal("unavailable", 503));
    assert!(told(&app).contains("u takes all of it"), "{}", told(&app));
    let ticket = undo(&mut app);
    let mut other = with_preview();
    other.import.outcome = app.import.outcome.clone();
    other.pending.undo = Some((ticket, operation));
    reply(&mut other, ticket, refusal("cannot_undo", 409));
    assert!(!told(&other).contains("taken back"), "{}", told(&other));
    let undone = Undone {
        undone: operation,
        operation_id: OperationId(Uuid::from_u128(72)),
        rows: 1_650,
    };
    reply(&mut app, ticket, Reply::Undone(Ok(undone)));
    assert!(told(&app).contains("All of it was taken back"));
}

#[test]
fn a_cancelled_import_stays_out_whether_the_server_had_all_of_it_or_not() {
    let mut app = with_preview();
    let effects = press(&mut app, ctrl('s'));
    let (ticket, ..) = sent(&effects);
    // Keys that would change what is on its way do nothing.
    assert!(press(&mut app, key('o')).is_empty());
    let effects = press(&mut app, named(KeyCode::Esc));
    let (stop, asked) = job(&effects);
    assert!(matches!(asked, Job::Stop));
    let effects = tell(&mut app, stop, News::Stopped);
    assert_eq!(app.notice, Some(Notice::Text("import-stopped")));
    assert!(app.import.sending.is_none() && app.import.seen.is_some());
    assert!(sent(&effects).1, "what would become of it is asked anew");
    // Its answer comes too late to matter.
    reply(
        &mut app,
        ticket,
        Reply::Imported(Ok(Box::new(import_report(true)))),
    );
    assert!(app.import.outcome.is_none());

    let mut app = with_preview();
    let effects = press(&mut app, ctrl('s'));
    let (ticket, ..) = sent(&effects);
    press(&mut app, named(KeyCode::Esc));
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(screen.contains("As soon as it answers"), "{screen}");
    let effects = reply(
        &mut app,
        ticket,
        Reply::Imported(Ok(Box::new(import_report(true)))),
    );
    let undone = calls(&effects)
        .into_iter()
        .any(|(_, call)| matches!(call, Call::Undo(..)));
    assert!(undone && app.import.outcome.is_none());
}

#[test]
fn columns_are_named_in_a_form_tried_saved_and_loaded() {
    let mut app = with_preview();
    press(&mut app, key('m'));
    let form = app.form.as_ref().unwrap();
    assert_eq!(form.subject, Subject::ImportMapping);
    assert_eq!(form.text("time"), "span");
    assert_eq!(form.text("values.0.channel"), "grid_import");
    // Another unit is tried at once, on the beginning of the file.
    let unit = form.fields.iter().position(|it| it.name == "values.0.unit");
    let form = app.form.as_mut().unwrap();
    form.move_to(unit.unwrap());
    form.field_mut("values.0.unit").unwrap().set("Wh");
    let effects = forms::chosen(&mut app, &cx());
    let (ticket, look) = look_job(&effects);
    assert!(look.beginning);
    let mapping = look.said.mapping.clone().unwrap();
    assert_eq!(mapping.values[0].unit.as_deref(), Some("Wh"));
    let tried = Box::new(seen(&look, &hours_file()));
    tell(&mut app, ticket, News::Looked(Ok(tried)));
    let screen = drawn(&app, &cx(), 80, 48);
    assert!(screen.contains("0.000200 kWh"), "{screen}");
    assert!(app.form.is_some(), "the form stays");
    // The whole file is looked at when the form is sent.
    let effects = press(&mut app, ctrl('s'));
    let (ticket, look) = look_job(&effects);
    assert!(!look.beginning && app.form.is_none());
    assert_eq!(look.said.mapping.as_ref(), Some(&mapping));
    tell(
        &mut app,
        ticket,
        News::Looked(Ok(Box::new(seen(&look, &hours_file())))),
    );

    press(&mut app, key('s'));
    assert_eq!(app.import.asking, Some(Asking::SaveMapping));
    type_text(&mut app, "mine.json");
    let effects = press(&mut app, named(KeyCode::Enter));
    let (ticket, asked) = job(&effects);
    let Job::SaveMapping(path, saved) = asked else {
        panic!("a mapping was expected to be saved");
    };
    assert_eq!(path, "mine.json");
    let read: Mapping = Mapping::from_json(&saved.to_json()).unwrap();
    assert_eq!(read.values[0].unit.as_deref(), Some("Wh"));
    let exists = Wrong::Exists("mine.json".into());
    tell(&mut app, ticket, News::Saved(Err(exists)));
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(screen.contains("exists already"), "{screen}");
    assert_eq!(app.import.path.text(), "mine.json");
    tell(&mut app, ticket, News::Saved(Ok("mine.json".into())));
    assert_eq!(app.import.asking, None);

    press(&mut app, key('M'));
    type_text(&mut app, "mine.json");
    let effects = press(&mut app, named(KeyCode::Enter));
    let (ticket, asked) = job(&effects);
    assert!(matches!(asked, Job::LoadMapping(path) if path == "mine.json"));
    let effects = tell(&mut app, ticket, News::Loaded(Ok(Box::new(read.clone()))));
    assert_eq!(look_job(&effects).1.said.mapping, Some(read));
}

#[test]
fn a_file_that_nothing_recognises_can_be_told_column_by_column() {
    let text = "a;b\n2026-09-01 00:00;1,5\n2026-09-01 01:00;2,5\n";
    let (mut app, effects) = with_file("odd.csv", text);
    assert!(effects.is_empty() && app.import.weight() == Some(Weight::Refusal));
    press(&mut app, key('m'));
    let form = app.form.as_mut().unwrap();
    for (name, value) in [("name", "odd"), ("column", "a"), ("values.0.column", "b")] {
        form.field_mut(name).unwrap().set(value);
    }
    forms::refresh(&mut app, &cx());
    let form = app.form.as_mut().unwrap();
    form.field_mut("values.0.channel")
        .unwrap()
        .set("grid_import");
    form.field_mut("values.0.unit").unwrap().set("kWh");
    let effects = press(&mut app, ctrl('s'));
    let (ticket, look) = look_job(&effects);
    tell(
        &mut app,
        ticket,
        News::Looked(Ok(Box::new(seen(&look, text)))),
    );
    let looked = app.import.looked().unwrap();
    assert_eq!(looked.preset, "odd");
    let total = looked.summary.channels["grid_import"].total();
    assert_eq!(total.to_string(), "4");
}

#[test]
fn who_only_looks_is_not_offered_it() {
    let mut app = with_lists();
    if let Some(board) = app.dashboard.board.value_mut() {
        board.dashboard.home.role = Role::Viewer;
    }
    app.screen = Screen::Readings;
    press(&mut app, key('i'));
    assert_eq!(app.screen, Screen::Readings);
    let offered = app
        .commands()
        .any(|command| command.name == "key-import" && (command.when)(&app));
    assert!(!offered);
}

#[test]
fn another_home_gives_up_what_is_on_its_way() {
    let mut app = with_preview();
    press(&mut app, ctrl('s'));
    let other = ecotrack_common::EnergyProfileId(Uuid::from_u128(9));
    let effects = app.open_home(other);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Import(_, job) if matches!(**job, Job::Stop)))
    );
    assert!(app.import.seen.is_none());
    assert!(matches!(app.import.trial, Trial::Unasked));
}
