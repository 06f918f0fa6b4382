//! What every frame has: sentences that are read to their end, and a window in which something can be read.

use ecotrack_common::account::Language;
use ecotrack_common::{ErrorCode, FieldErrors, Problem};

use crate::app::Notice;
use crate::forms::{self, Subject};
use crate::help;
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

#[test]
fn the_footer_of_a_form_says_how_to_leave_it_in_both_languages() {
    for language in Language::ALL {
        let cx = context(*language);
        let back = format!("Esc {}", cx.locale.text("key-back"));
        let help = cx.locale.text("key-help");
        for subject in [
            Subject::Bill(None),
            Subject::Meter(None),
            Subject::Device(None),
            Subject::Goal(None),
            Subject::Topic(None),
            Subject::NewHome,
        ] {
            let mut app = with_lists();
            if let Some(account) = &mut app.account {
                "Ana Conceição da Silva".clone_into(&mut account.display_name);
            }
            let _ = forms::open(&mut app, subject, None, &cx);
            let screen = drawn(&app, &cx, 80, 24);
            let footer = screen.lines().last().unwrap();
            assert!(footer.contains(&back), "{subject:?}: {footer}");
            assert!(footer.contains(&help), "{subject:?}: {footer}");
        }
    }
}

#[test]
fn the_help_lists_the_screens_as_their_keys_stand_on_the_keyboard() {
    let app = with_lists();
    let digits: String = help::explained(&app)
        .into_iter()
        .map(|(keys, _)| keys)
        .filter(|keys| keys.len() == 1 && keys.chars().all(|key| key.is_ascii_digit()))
        .collect();
    // The dashboard is the open one.
    assert_eq!(digits, "234567890");
}
