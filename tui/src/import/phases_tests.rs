//! Files of which each is of one phase, on the screen.

use crossterm::event::KeyCode;

use super::{Asking, Job, News, Seen, Wrong};
use crate::app::{App, update};
use crate::keys::{ctrl, key, named};
use crate::message::{Effect, Message, Ticket};
use crate::testing::{cx, drawn, job, look_job, press, seen, type_text, with_file};

fn tell(app: &mut App, ticket: Ticket, looked: Result<Box<Seen>, Wrong>) -> Vec<Effect> {
    update(app, Message::Import(ticket, News::Looked(looked)), &cx())
}

/// A file of one phase, as a Shelly 3EM writes it.
fn phase(letter: char) -> String {
    format!(
        "Date/time UTC,Active energy Wh ({letter}),Returned energy Wh ({letter})\n\
         2024-01-01 00:00,100,0\n2024-01-01 00:10,100,0\n"
    )
}

#[test]
fn files_of_other_phases_are_asked_for_and_stay_with_the_first() {
    let (mut app, _) = with_file("em_data_A.csv", &phase('A'));
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(screen.contains("add a phase"), "{screen}");
    press(&mut app, key('p'));
    assert_eq!(app.import.asking, Some(Asking::Phase));
    assert_eq!(app.import.path.text(), "/home/ana/");
    type_text(&mut app, "em_data_A.csv");
    let effects = press(&mut app, named(KeyCode::Enter));
    let (ticket, look) = look_job(&effects);
    assert_eq!(look.path, "/home/ana/em_data_A.csv");
    assert_eq!(look.phases, ["/home/ana/em_data_A.csv"]);
    // What cannot be added is put right where it was typed, and the file stays as it was.
    let wrong = Wrong::NoPhase("/home/ana/em_data_A.csv".into());
    tell(&mut app, ticket, Err(wrong));
    assert_eq!(app.import.asking, Some(Asking::Phase));
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(screen.contains("em_data_A.csv was not added"), "{screen}");
    press(&mut app, named(KeyCode::Backspace));
    assert!(app.import.look.phases.is_empty());

    app.import.path.replace("/home/ana/em_data_B.csv");
    let effects = press(&mut app, named(KeyCode::Enter));
    let (_, look) = look_job(&effects);
    press(&mut app, named(KeyCode::Esc));
    assert!(app.import.look.phases.is_empty(), "it was given up");
    assert_eq!(look.phases, ["/home/ana/em_data_B.csv"]);
    let effects = press(&mut app, named(KeyCode::Enter));
    let (ticket, look) = look_job(&effects);
    let both = Seen {
        name: "em_data_A.csv + em_data_B.csv".into(),
        ..seen(&look, &phase('A'))
    };
    let effects = tell(&mut app, ticket, Ok(Box::new(both)));
    let (_, asked) = job(&effects);
    assert!(
        matches!(asked, Job::Send(send) if send.dry_run),
        "the server is asked about the sum"
    );
    // It is read anew as both.
    press(&mut app, key('e'));
    let effects = press(&mut app, ctrl('s'));
    let (ticket, look) = look_job(&effects);
    assert_eq!(look.phases, ["/home/ana/em_data_B.csv"]);
    // Where that fails the sum that is shown stays one of both.
    let wrong = Wrong::Missing("/home/ana/em_data_A.csv".into());
    tell(&mut app, ticket, Err(wrong));
    assert_eq!(app.import.asking, Some(Asking::File));
    assert_eq!(app.import.look.phases, ["/home/ana/em_data_B.csv"]);
}
