//! Pages longer than the terminal: each key press moves something until the last line is seen.

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ratatui::layout::Size;

use crate::app::{App, Screen};
use crate::forecast::Page;
use crate::keys::{Key, key, named};
use crate::message::Message;
use crate::table::{self, Table};
use crate::testing::{
    Hands, drawn, forecast_report, month_report, sized, suggestions, with_bill, with_forecast,
    with_lists, with_report, with_suggestions, with_what_if, year_report,
};

const SIZES: [Size; 4] = [
    Size::new(80, 24),
    Size::new(60, 12),
    Size::new(160, 48),
    Size::new(200, 30),
];

fn screen(hands: &Hands) -> String {
    let size = hands.cx.size;
    drawn(&hands.app, &hands.cx, size.width, size.height)
}

/// Goes down with `down` until nothing moves, and holds each way to the end against that.
fn assert_no_dead_keys(what: &str, app: impl Fn() -> App, size: Size, down: Key, up: Key) {
    let hands = |app: App| {
        let mut hands = Hands::on(app);
        hands.cx = sized(&hands.cx, size);
        hands
    };
    let mut by_lines = hands(app());
    let top = screen(&by_lines);
    let mut seen = top.clone();
    let mut steps = 0;
    loop {
        by_lines.press(down);
        let now = screen(&by_lines);
        if now == seen {
            break;
        }
        seen = now;
        steps += 1;
        assert!(steps < 500, "{what} has no end");
    }
    // Presses at the end were not counted: the first key back moves.
    for _ in 0..5 {
        by_lines.press(down);
    }
    by_lines.press(up);
    let back = screen(&by_lines);
    assert!(steps == 0 || back != seen, "{what} at {size:?}:\n{back}");
    let mut to_the_end = hands(app());
    to_the_end.press(named(KeyCode::End));
    assert_eq!(screen(&to_the_end), seen, "{what} at {size:?}, End");
    for _ in 0..100 {
        by_lines.press(named(KeyCode::PageDown));
    }
    assert_eq!(screen(&by_lines), seen, "{what} at {size:?}, Page Down");
    by_lines.press(named(KeyCode::Home));
    assert_eq!(screen(&by_lines), top, "{what} at {size:?}, Home");
    by_lines.press(key('G'));
    assert_eq!(screen(&by_lines), seen, "{what} at {size:?}, G");
}

#[test]
fn a_report_ends_where_its_last_line_is_seen() {
    for size in SIZES {
        let (down, up) = (key('j'), key('k'));
        assert_no_dead_keys("month", || with_report(month_report()), size, down, up);
        assert_no_dead_keys("year", || with_report(year_report()), size, down, up);
    }
}

#[test]
fn the_record_of_forecasts_ends_where_its_last_line_is_seen() {
    for size in SIZES {
        for page in [Page::Accuracy, Page::Model, Page::Past] {
            let app = || {
                let mut app = with_forecast(forecast_report());
                app.forecast.page = page;
                app
            };
            assert_no_dead_keys(page.name(), app, size, key('j'), key('k'));
        }
    }
}

#[test]
fn a_measure_and_a_what_if_end_where_their_last_line_is_seen() {
    let (down, up) = (named(KeyCode::PageDown), named(KeyCode::PageUp));
    for size in SIZES {
        let measure = || {
            let mut app = with_suggestions(suggestions());
            app.suggestions.open = true;
            app
        };
        assert_no_dead_keys("measure", measure, size, down, up);
        assert_no_dead_keys("what if", with_what_if, size, down, up);
    }
}

#[test]
fn the_help_goes_to_its_end_by_keys_and_by_the_wheel() {
    let helped = || {
        let mut app = with_lists();
        let _ = table::open(&mut app, Table::Members);
        app.help = Some(0);
        app
    };
    for size in SIZES {
        assert_no_dead_keys("help", helped, size, key('j'), key('k'));
    }
    let mut hands = Hands::on(helped());
    assert!(screen(&hands).contains("more"), "{}", screen(&hands));
    let _ = crate::app::update(&mut hands.app, Message::Scroll(200), &hands.cx);
    let end = screen(&hands);
    assert!(end.contains("Ctrl-C"), "the last key:\n{end}");
    hands.press(named(KeyCode::Esc));
    assert_eq!(hands.app.help, None);
    hands.press(key('?'));
    assert_eq!(hands.app.help, Some(0), "it opens at its top");
}

#[test]
fn lines_gone_up_come_back_when_the_terminal_grows() {
    let mut hands = Hands::on(with_report(month_report()));
    hands.press(named(KeyCode::End));
    hands.cx = sized(&hands.cx, Size::new(160, 60));
    let before = screen(&hands);
    hands.press(key('k'));
    assert_ne!(screen(&hands), before);
}

#[test]
fn the_screens_are_named_as_far_as_there_is_room() {
    for (language, first, last) in [
        (Language::English, "1 Dash 2 Use 3 Dev", "0 H"),
        (
            Language::BrazilianPortuguese,
            "1 Painel 2 Uso 3 Apar",
            "0 H",
        ),
    ] {
        let cx = crate::testing::context(language);
        let mut app = with_lists();
        let title = |app: &App| drawn(app, &cx, 80, 24).lines().next().unwrap().to_owned();
        assert!(title(&app).contains(first), "{}", title(&app));
        assert!(title(&app).trim_end().ends_with(last), "{}", title(&app));
        // The one that is open always has its name.
        app.screen = Screen::Report;
        let name = cx.locale.text("tab-report-short");
        assert!(
            title(&app).contains(&format!("0 {name} H")),
            "{}",
            title(&app)
        );
    }
}

#[test]
fn tables_beside_each_other_are_all_named_at_80_columns() {
    for language in Language::ALL {
        let cx = crate::testing::context(*language);
        for shown in Table::HOUSEHOLD {
            let mut app = with_lists();
            let _ = table::open(&mut app, shown);
            let screen = drawn(&app, &cx, 80, 24);
            let title = screen.lines().nth(1).unwrap();
            for table in Table::HOUSEHOLD {
                let name = cx.locale.text(table.title());
                let begin: String = name.chars().take(3).collect();
                assert!(title.contains(&begin), "{name} in {title}");
            }
            assert!(title.contains(&format!("[{}]", cx.locale.text(shown.title()))));
        }
    }
}

#[test]
fn a_bill_ends_where_its_last_line_is_seen() {
    for size in [Size::new(80, 24), Size::new(80, 12)] {
        let mut hands = Hands::on(with_bill());
        hands.cx = sized(&hands.cx, size);
        for _ in 0..50 {
            hands.press(key('j'));
        }
        let end = screen(&hands);
        let scrolled = hands.app.bill.scrolled;
        hands.press(key('k'));
        assert_eq!(hands.app.bill.scrolled, scrolled.saturating_sub(1));
        assert!(scrolled == 0 || screen(&hands) != end);
    }
}
