//! Every screen as people see it, in both languages and at both sizes.

use ecotrack_common::account::Language;
use ecotrack_common::alert::AlertRule;
use ecotrack_common::forecast::ForecastState;
use ecotrack_common::reference::SavingMeasure;

use crate::app::{App, Context, Notice};
use crate::forms::{self, Subject};
use crate::kept::Everything;
use crate::message::{Fault, Ticket};
use crate::readings;
use crate::readings::entry;
use crate::remote::Remote;
use crate::table::{self, Table};
use crate::testing::{self, context, drawn, signed_in};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

/// A snapshot for each language and size, beside the screen's own files.
macro_rules! pictures {
    ($folder:literal, $name:expr, $sizes:expr, $app:expr) => {
        for language in Language::ALL {
            for (width, height) in $sizes {
                let cx = context(*language);
                let app: App = $app(&cx);
                let name = format!("{}_{language}_{width}x{height}", $name);
                insta::with_settings!({
                    snapshot_path => concat!($folder, "/snapshots"),
                    prepend_module_to_snapshot => false,
                    omit_expression => true,
                }, {
                    insta::assert_snapshot!(name, drawn(&app, &cx, width, height));
                });
            }
        }
    };
}

fn tips() -> Vec<SavingMeasure> {
    ecotrack_common::reference::measures().unwrap_or_default()
}

fn welcome(_: &Context) -> App {
    let (mut app, _) = App::start(false, None, Everything::default());
    app.welcome.tips = Remote::Ready(tips());
    app.link.up = Some(true);
    app
}

fn register(cx: &Context) -> App {
    let mut app = welcome(cx);
    let _ = forms::register(&mut app, cx);
    let form = app.form.as_mut().unwrap();
    form.paste("Ana");
    form.next();
    form.paste("ana@");
    let mut errors = ecotrack_common::FieldErrors::default();
    errors.add("email", "not_an_email");
    errors.add_with("password", "too_short", &[("min", "10")]);
    form.wrong(errors);
    app
}

fn new_home(cx: &Context) -> App {
    let mut app = welcome(cx);
    let _ = forms::open(&mut app, Subject::NewHome, None, cx);
    app
}

fn listed(_: &Context) -> App {
    let mut app = signed_in();
    let _ = readings::open(&mut app);
    app.readings.rows = Remote::Ready(testing::rows());
    app.readings.selected = 1;
    app
}

fn typing(cx: &Context) -> App {
    let mut app = signed_in();
    let _ = entry::open(&mut app, cx);
    if let Some(line) = &mut app.entry {
        line.paste("12400,2");
    }
    app
}

#[test]
fn welcome_looks_like_this() {
    pictures!("welcome", "welcome", SIZES, welcome);
}

#[test]
fn welcome_with_the_server_away_looks_like_this() {
    pictures!("welcome", "away", [(80, 24)], |_: &Context| {
        let (mut app, _) = App::start(false, None, Everything::default());
        app.welcome.tips = Remote::Failed {
            fault: Fault::Away,
            last: None,
        };
        app.welcome.summary = Remote::Failed {
            fault: Fault::Away,
            last: None,
        };
        app.link.up = Some(false);
        app
    });
}

#[test]
fn the_forms_look_like_this() {
    pictures!("forms", "register", SIZES, register);
    pictures!("forms", "new_home", [(80, 24)], new_home);
    pictures!("forms", "wrong_credentials", [(80, 24)], |cx: &Context| {
        let mut app = welcome(cx);
        let _ = forms::sign_in(&mut app, cx);
        let form = app.form.as_mut().unwrap();
        form.paste("ana@example.org");
        form.next();
        form.paste("not the one");
        form.refused(Fault::Problem(Box::new(testing::problem(
            "wrong_credentials",
            401,
        ))));
        app
    });
}

#[test]
fn the_dashboard_looks_like_this() {
    pictures!("dashboard", "dashboard", SIZES, |_: &Context| signed_in());
}

#[test]
fn the_dashboard_of_a_new_home_looks_like_this() {
    pictures!("dashboard", "new_home", [(80, 24)], |_: &Context| {
        let mut app = signed_in();
        let board = &mut app.dashboard.board.value_mut().unwrap().dashboard;
        board.home.demo_moved_weeks = None;
        board.so_far.kwh = None;
        board.so_far.cost = None;
        board.so_far.co2e = None;
        board.so_far.measured_days = 0;
        board.against_previous = None;
        board.against_year_before = None;
        board.recent_cycles.clear();
        for day in &mut board.days {
            day.kwh = None;
            day.covered_percent = 0;
        }
        board.forecast = ForecastState::TooLittle {
            have_days: 0,
            need_days: 14,
        };
        board.projection = None;
        board.goal = None;
        board.devices.clear();
        board.untracked_kwh = None;
        board.alerts.clear();
        board.suggestions.clear();
        app
    });
}

#[test]
fn the_dashboard_before_its_first_training_and_with_the_server_away_looks_like_this() {
    pictures!("dashboard", "away", [(80, 24)], |_: &Context| {
        let mut app = signed_in();
        let board = &mut app.dashboard.board.value_mut().unwrap().dashboard;
        board.forecast = ForecastState::NotTrained;
        board.projection = None;
        app.link.up = Some(false);
        app.link.live = false;
        app.dashboard.failed(Fault::Away);
        app.notice = Some(Notice::Fault(Fault::Away));
        app
    });
}

#[test]
fn the_first_frame_before_any_answer_looks_like_this() {
    pictures!("dashboard", "loading", [(80, 24)], |_: &Context| {
        App::start(true, None, Everything::default()).0
    });
}

#[test]
fn readings_look_like_this() {
    pictures!("readings", "readings", SIZES, listed);
}

#[test]
fn a_meter_of_steps_looks_like_this() {
    pictures!("readings", "steps", [(80, 24)], |_: &Context| {
        let mut app = listed(&context(Language::English));
        app.readings.at = 1;
        app
    });
}

#[test]
fn typing_a_reading_looks_like_this() {
    pictures!("readings", "entry", SIZES, typing);
    pictures!("readings", "entry_lower", [(80, 24)], |cx: &Context| {
        let mut app = typing(cx);
        app.entry.as_mut().unwrap().value.clear();
        app.entry.as_mut().unwrap().paste("12000");
        let _ = crate::app::update(
            &mut app,
            crate::message::Message::Key(crossterm::event::KeyCode::Enter.into()),
            cx,
        );
        app
    });
}

#[test]
fn the_help_looks_like_this() {
    pictures!("help", "help", [(80, 24)], |_: &Context| {
        let mut app = signed_in();
        app.help = Some(0);
        app
    });
}

#[test]
fn the_dashboard_in_ascii_is_ascii() {
    let mut cx = context(Language::BrazilianPortuguese);
    cx.theme = crate::theme::Theme::new(
        termprofile::TermProfile::NoColor,
        crate::theme::Charset::Ascii,
    );
    let screen = drawn(&signed_in(), &cx, 80, 24);
    assert!(screen.is_ascii(), "{screen}");
    insta::with_settings!({
        snapshot_path => "dashboard/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("dashboard_ascii_pt-BR_80x24", screen);
    });
}

fn tabled(table: Table) -> App {
    let mut app = testing::with_lists();
    let _ = table::open(&mut app, table);
    // What was known is shown while it is asked for again.
    app
}

/// Every form that there is, over its screen.
fn opened(subject: Subject, cx: &Context) -> App {
    let mut app = testing::with_lists();
    let row = match subject {
        Subject::Home => serde_json::to_value(testing::home()).ok(),
        Subject::Device(Some(id)) => table::row_json(&app, Table::Devices, id.0),
        Subject::Member(id) => table::row_json(&app, Table::Members, id.0),
        Subject::Source(id) => table::row_json(&app, Table::Sources, id.0),
        _ => None,
    };
    app.readings.rows = Remote::Ready(testing::rows());
    let _ = forms::open(&mut app, subject, row, cx);
    app
}

#[test]
fn the_tables_look_like_this() {
    for table in Table::ALL {
        // Each has pictures of its own elsewhere.
        if matches!(table, Table::Outbox | Table::Consumption) {
            continue;
        }
        let name = table.title().replace('-', "_");
        pictures!("table", &name, [(80, 24)], |_: &Context| tabled(table));
    }
    for table in Table::ALERTS.into_iter().chain(Table::LIVE) {
        let name = format!("{}_wide", table.title().replace('-', "_"));
        pictures!("table", &name, [(160, 48)], |_: &Context| tabled(table));
    }
    pictures!("table", "goals_wide", [(160, 48)], |_: &Context| tabled(
        Table::Goals
    ));
    pictures!("table", "devices_wide", [(160, 48)], |_: &Context| tabled(
        Table::Devices
    ));
    pictures!("table", "bills_wide", [(160, 48)], |_: &Context| {
        let mut app = tabled(Table::Bills);
        let state = app.tables.of_mut(Table::Bills);
        state.sort = Some((2, true));
        state.column = 2;
        state.filter.paste("2026");
        app
    });
}

#[test]
fn the_forms_of_a_home_look_like_this() {
    let shower = testing::profile_device(41, "shower-electric-5500", "Shower");
    for (name, subject) in [
        ("home", Subject::Home),
        ("meter", Subject::Meter(None)),
        ("device", Subject::Device(None)),
        (
            "device_edit",
            Subject::Device(Some(shower.profile_device_id)),
        ),
        ("bill", Subject::Bill(None)),
        ("months", Subject::Months),
        ("goal", Subject::Goal(None)),
        ("away", Subject::Away(None)),
        ("snooze", Subject::Snooze(testing::first_alert())),
        ("alert_rule", Subject::AlertRule(AlertRule::StandbyCreeping)),
        ("channel", Subject::Channel(None)),
        ("many_readings", Subject::Readings(testing::meter_id())),
        ("join", Subject::Join),
        ("invite", Subject::Invite),
        ("api_key", Subject::Key),
        ("source", Subject::Source(testing::first_source())),
        ("topic", Subject::Topic(None)),
        ("me", Subject::Me),
        ("password", Subject::Password),
        ("recovery", Subject::Recovery),
        ("remove_home", Subject::RemoveHome),
        ("import_home", Subject::ImportHome),
    ] {
        pictures!("forms", &name, [(80, 24)], |cx: &Context| opened(
            subject, cx
        ));
    }
    pictures!("forms", "bill_wide", [(160, 48)], |cx: &Context| {
        opened(Subject::Bill(None), cx)
    });
}

#[test]
fn a_week_being_painted_looks_like_this() {
    pictures!("forms", "week", SIZES, |cx: &Context| {
        let mut app = opened(Subject::Device(None), cx);
        let form = app.form.as_mut().unwrap();
        let zone = jiff::tz::TimeZone::UTC;
        form.field_mut("name").unwrap().set("Shower");
        form.field_mut("power_w").unwrap().set("5500");
        form.field_mut("hours_per_day").unwrap().set("0.5");
        form.move_to(form.fields.len() - 1);
        for key in "lllllll5f9w".chars() {
            form.input(crate::keys::key(key).event(), &zone, cx);
        }
        app
    });
}

#[test]
fn many_readings_pasted_look_like_this() {
    pictures!("forms", "pasted", [(80, 24)], |cx: &Context| {
        let mut app = opened(Subject::Readings(testing::meter_id()), cx);
        app.form.as_mut().unwrap().paste(
            "2026-11-21 08:00\t12360,5\n2026-11-22 08:00\t12350\n2026-11-23 08:00\t12600\n\
             2026-11-23 09:00\tabc\n",
        );
        app
    });
}

#[test]
fn two_people_at_one_bill_look_like_this() {
    pictures!("forms", "theirs", [(80, 24)], |cx: &Context| {
        let mut app = testing::with_lists();
        let bill = testing::bill(31, jiff::civil::date(2026, 10, 20), "212", "245.90");
        let row = serde_json::to_value(&bill).unwrap();
        let subject = Subject::Bill(Some(bill.billing_record_id));
        let _ = forms::open(&mut app, subject, Some(row), cx);
        let mut theirs = bill;
        theirs.bill.total = ecotrack_common::Money(testing::dec("254.90"));
        theirs.version = 2;
        let row = serde_json::to_value(&theirs).unwrap();
        let theirs = forms::their_row(&app, row, Some("Bia".into()), cx);
        app.form.as_mut().unwrap().theirs = Some(theirs);
        app
    });
}

#[test]
fn a_catalogue_being_searched_looks_like_this() {
    pictures!("forms", "catalog", [(80, 24)], |cx: &Context| {
        let mut app = opened(Subject::Device(None), cx);
        let form = app.form.as_mut().unwrap();
        form.move_to(0);
        for key in "gelad".chars() {
            form.input(crate::keys::key(key).event(), &jiff::tz::TimeZone::UTC, cx);
        }
        app
    });
}

#[test]
fn the_palette_looks_like_this() {
    pictures!("palette", "palette", [(80, 24)], |_: &Context| {
        let mut app = testing::with_lists();
        let _ = crate::palette::open(&mut app);
        app
    });
}

#[test]
fn a_bill_explained_looks_like_this() {
    pictures!("bill", "bill", SIZES, |_: &Context| testing::with_bill());
    pictures!("bill", "largest", [(200, 60)], |_: &Context| {
        testing::with_bill()
    });
    pictures!("bill", "without_tariff", [(80, 24)], |_: &Context| {
        let mut app = testing::with_bill();
        app.bill.explanation = Remote::Ready(testing::without_tariff());
        app.bill.change = Remote::Ready(testing::change_without_weather());
        app
    });
    pictures!("bill", "without_any_price", [(80, 24)], |_: &Context| {
        let mut app = testing::with_bill();
        app.bill.explanation = Remote::Ready(testing::without_any_price());
        app.bill.change = Remote::Failed {
            fault: Fault::Away,
            last: None,
        };
        app
    });
}

#[test]
fn tariffs_compared_look_like_this() {
    pictures!("comparison", "comparison", SIZES, |_: &Context| {
        testing::with_comparison()
    });
    pictures!("comparison", "without_prices", SIZES, |_: &Context| {
        let mut app = testing::with_comparison();
        app.comparison.selected = 1;
        app
    });
    pictures!(
        "comparison",
        "nobody_can_tell",
        [(80, 24)],
        |_: &Context| {
            let mut app = testing::with_comparison();
            app.comparison.against.remove(0);
            let known = app.comparison.answer.value_mut().unwrap();
            known.comparisons.remove(0);
            app
        }
    );
    pictures!("comparison", "choosing", [(80, 24)], |_: &Context| {
        let mut app = testing::with_comparison();
        let _ = crate::palette::open_tariffs(&mut app);
        app
    });
}

#[test]
fn the_next_kwh_looks_like_this() {
    pictures!("dashboard", "price_parts", [(80, 24)], |_: &Context| {
        let mut app = signed_in();
        app.dashboard.parts = true;
        app
    });
    pictures!("dashboard", "price_by_time", SIZES, |_: &Context| {
        let mut app = signed_in();
        let board = app.dashboard.board.value_mut().unwrap();
        let cycle = board.dashboard.cycle;
        board.dashboard.home.currency = "GBP".into();
        board.dashboard.next_kwh.by_time = Some(testing::prices("gb-economy-7", cycle));
        app
    });
}

/// Every screen in a state with something on it.
fn all_screens(cx: &Context) -> Vec<App> {
    let mut help = signed_in();
    help.help = Some(0);
    let mut why = testing::with_suggestions(testing::suggestions());
    why.suggestions.open = true;
    vec![
        welcome(cx),
        register(cx),
        new_home(cx),
        signed_in(),
        listed(cx),
        typing(cx),
        help,
        why,
        App::start(true, None, Everything::default()).0,
        App::start(false, None, Everything::default()).0,
        tabled(Table::Bills),
        tabled(Table::History),
        testing::with_bill(),
        testing::with_comparison(),
        testing::with_forecast(testing::forecast_report()),
        testing::with_suggestions(testing::suggestions()),
        testing::with_forecast(testing::bare_report()),
        opened(Subject::Device(None), cx),
        {
            let (mut app, _) = App::start(false, None, Everything::default());
            let _ = forms::calculator(&mut app, cx);
            app
        },
        opened(Subject::Months, cx),
        opened(Subject::Readings(testing::meter_id()), cx),
        {
            let mut app = testing::with_lists();
            let _ = crate::palette::open(&mut app);
            app
        },
    ]
}

#[test]
fn no_size_panics_from_one_cell_up() {
    for language in Language::ALL {
        for charset in [crate::theme::Charset::Unicode, crate::theme::Charset::Ascii] {
            let mut cx = context(*language);
            cx.theme = crate::theme::Theme::new(termprofile::TermProfile::TrueColor, charset);
            for app in all_screens(&cx) {
                for width in (1..9).chain([13, 20, 29, 40, 69, 70, 80, 119, 120, 200]) {
                    for height in [1, 2, 3, 4, 5, 7, 9, 12, 16, 24, 34, 60] {
                        let _ = drawn(&app, &cx, width, height);
                    }
                }
            }
        }
    }
}

#[test]
fn without_colour_no_screen_has_any() {
    let cx = context(Language::English);
    for app in all_screens(&cx) {
        let backend = ratatui::backend::TestBackend::new(160, 48);
        let mut terminal = ratatui::Terminal::new(backend).unwrap();
        let frame = terminal
            .draw(|frame| crate::draw::view(&app, frame, &cx))
            .unwrap();
        for cell in &frame.buffer.content {
            assert_eq!(
                (cell.fg, cell.bg),
                (ratatui::style::Color::Reset, ratatui::style::Color::Reset)
            );
        }
    }
}

#[test]
fn a_late_tip_is_dropped() {
    let cx = context(Language::English);
    let (mut app, _) = App::start(false, None, Everything::default());
    let _ = crate::app::update(
        &mut app,
        crate::message::Message::Reply(Ticket(77), crate::message::Reply::Tips(Ok(tips()))),
        &cx,
    );
    assert!(app.welcome.tips.value().is_none());
}
