//! Keys that are quicker than the first answers of the server.

use crossterm::event::KeyCode;
use ecotrack_common::OperationId;
use ecotrack_common::account::Language;
use uuid::Uuid;

use crate::app::Notice;
use crate::keys::{key, named};
use crate::lists::{Listed, What};
use crate::message::{Call, Reply};
use crate::remote::Remote;
use crate::testing::{
    account, calls, cx, drawn, press, reply, sent, type_text, undone, with_lists,
};

#[test]
fn an_undo_that_is_asked_for_before_the_history_is_there_is_done_when_it_comes() {
    for changed_their_mind in [false, true] {
        let mut app = with_lists();
        let mut page = app.lists.operations.value().cloned().unwrap();
        let me = app.account.as_ref().unwrap().account_id;
        page.operations[1].account_id = Some(me);
        app.lists.operations = Remote::Idle;
        let asked = app.refresh();
        let mut tickets = calls(&asked).into_iter();
        let (ticket, _) = tickets
            .find(|(_, call)| matches!(call, Call::List(What::Operations, ..)))
            .unwrap();
        assert_eq!(undone(&press(&mut app, key('u'))), []);
        assert_eq!(app.notice, Some(Notice::Text("notice-undo-soon")));
        if changed_their_mind {
            press(&mut app, key('4'));
        }
        let came = Reply::Listed(What::Operations, Ok(Listed::Operations(page)));
        let effects = reply(&mut app, ticket, came);
        let expected = if changed_their_mind {
            vec![]
        } else {
            vec![OperationId(Uuid::from_u128(72))]
        };
        assert_eq!(undone(&effects), expected);
    }
}

#[test]
fn nothing_is_typed_before_it_is_known_whose_it_is() {
    let mut app = with_lists();
    app.account = None;
    app.confirmed.account = false;
    press(&mut app, key('r'));
    press(&mut app, key('b'));
    assert!(app.entry.is_none() && app.form.is_none());
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(!screen.contains("r reading"), "{screen}");
    let ticket = app.ticket();
    let known = Reply::Account(Ok(account(Language::English)));
    reply(&mut app, ticket, known);
    let screen = drawn(&app, &cx(), 80, 24);
    assert!(screen.contains("r reading"), "{screen}");
    press(&mut app, key('r'));
    type_text(&mut app, "12400");
    let (_, write) = sent(&press(&mut app, named(KeyCode::Enter)));
    assert!(write.path.contains("/readings"), "{}", write.path);
}
