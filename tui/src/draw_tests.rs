//! What every frame has: sentences that are read to their end, and a window in which something can be read.

use ecotrack_common::account::Language;
use ecotrack_common::{ErrorCode, FieldErrors, Problem};

use crate::app::Notice;
use crate::keys::key;
use crate::message::Fault;
use crate::testing::{context, cx, drawn, press, type_text, with_lists};

fn refusal(code: ErrorCode) -> Notice {
    Notice::Fault(Fault::Problem(Box::new(Problem {
        kind: "about:blank".to_owned(),
        title: String::new(),
        status: 409,
        code,
        detail: None,
        errors: FieldErrors::default(),
        current: None,
        request_id: None,
    })))
}

#[test]
fn a_sentence_that_is_longer_than_the_footer_is_told_to_its_end() {
    for language in Language::ALL {
        let cx = context(*language);
        for code in ErrorCode::ALL {
            let mut app = with_lists();
            app.notice = Some(refusal(*code));
            let text = cx.locale.text(&format!("problem-{code}"));
            let end = text.rsplit(' ').next().unwrap();
            let screen = drawn(&app, &cx, 80, 24);
            let lines: Vec<&str> = screen.lines().collect();
            let told = lines[lines.len() - 3..].join(" ");
            assert!(told.contains(end), "{told}");
            assert_eq!(lines.len(), 24);
        }
    }
}

#[test]
fn a_long_sentence_leaves_the_line_of_an_entry_alone() {
    let mut app = with_lists();
    press(&mut app, key('r'));
    type_text(&mut app, "12400");
    app.notice = Some(refusal(ErrorCode::CannotUndo));
    let screen = drawn(&app, &cx(), 80, 24);
    let entry = screen.lines().nth(22).unwrap();
    assert!(entry.contains("12400"), "{screen}");
}

#[test]
fn a_window_in_which_nothing_can_be_read_says_how_large_it_has_to_be() {
    for (width, height, said) in [(39, 24, true), (80, 9, true), (40, 10, false)] {
        let screen = drawn(&with_lists(), &cx(), width, height);
        let text = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            text.contains("needs 40 columns and 10 lines"),
            said,
            "{screen}"
        );
    }
}
