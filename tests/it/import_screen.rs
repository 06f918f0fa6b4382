//! A file of readings through the real screen, client and server: told before it is written, taken back as
//! a whole, in doubt, given up half way, broken off.

use std::fmt::Write;
use std::net::SocketAddr;

use crossterm::event::KeyCode;
use ecotrack_common::account::Language;
use ecotrack_common::meter::ReadingKind;
use ecotrack_common::profile::Role;
use ecotrack_tui::testing::Runner;
use jiff::{Timestamp, ToSpan};
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::import_and_forecast::hours;
use crate::world::{Disk, World};

/// A file of `common/samples`.
fn sample(name: &str) -> String {
    format!("{}/../common/samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Opens the import on a file.
async fn open(screen: &mut Runner, path: &str, [live, key, what]: [&str; 3]) {
    screen.shows(live).await;
    screen.type_text("4");
    // Until the server said so, nobody knows whether they may.
    screen.shows(key).await;
    screen.type_text("i");
    screen.shows(what).await;
    screen.paste(path);
    screen.press(KeyCode::Enter);
}

const ENGLISH: [&str; 3] = ["● live", "i import a file", "The path of a file"];
const PORTUGUESE: [&str; 3] = ["● ao vivo", "i importar", "O caminho de um arquivo"];

/// Steps that PostgreSQL itself has.
async fn steps(world: &World) -> String {
    let query =
        "SELECT coalesce(sum(covered_minutes / step_minutes), 0)::text FROM consumption_day";
    world.value(query).await
}

async fn there_and_back(
    db: PgPool,
    language: Language,
    begun: [&str; 3],
    [preset, added, ready, outcome, undone]: [&str; 5],
) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let mut screen = ana.screen(&world, language);
    let path = sample("public/octopus_csv/made_octopus_2024-10.csv");
    // As a terminal pastes what was dropped on it.
    open(&mut screen, &format!("'{path}' "), begun).await;
    screen.shows(preset).await;
    screen.shows(ready).await;
    // What the server would do with it, before anything is stored.
    screen.shows(added).await;
    assert_eq!(steps(&world).await, "0");

    screen.ctrl('s');
    screen.shows(outcome).await;
    assert_ne!(steps(&world).await, "0");
    // A mistake: all of it goes at once.
    screen.type_text("u");
    screen.shows(undone).await;
    assert_eq!(steps(&world).await, "0");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_file_is_previewed_imported_and_taken_back_in_english(db: PgPool) {
    let words = [
        "Octopus Energy",
        "193 added",
        "Ctrl-S imports the file.",
        "u takes all of it back at once",
        "All of it was taken back",
    ];
    there_and_back(db, Language::English, ENGLISH, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_file_is_previewed_imported_and_taken_back_in_portuguese(db: PgPool) {
    let words = [
        "Octopus Energy",
        "193 novos",
        "Ctrl-S importa o arquivo.",
        "u desfaz tudo de uma vez",
        "Tudo foi desfeito",
    ];
    there_and_back(db, Language::BrazilianPortuguese, PORTUGUESE, words).await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_file_in_doubt_goes_in_without_its_doubtful_rows_once_they_are_accepted(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let mut screen = ana.screen(&world, Language::English);
    let path = sample("malformed/04_nan_inf_blank.csv");
    open(&mut screen, &path, ENGLISH).await;
    screen.shows("Some rows are in doubt").await;
    screen.ctrl('s');
    screen.shows("nothing is imported like this").await;
    assert_eq!(steps(&world).await, "0");
    screen.type_text("a");
    screen.shows("imports the file without the rows").await;
    screen.ctrl('s');
    screen.shows("3 added").await;
    assert_eq!(steps(&world).await, "3");

    // What nobody can tell from the file is refused, whatever is accepted.
    screen.type_text("i");
    screen.shows("The path of a file").await;
    screen.ctrl('u');
    screen.paste(&sample("malformed/05_negative_import.csv"));
    screen.press(KeyCode::Enter);
    screen.shows("cannot be taken as it is").await;
    screen.ctrl('s');
    screen.shows("cannot be taken as it is").await;
    assert_eq!(steps(&world).await, "3");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_wrong_path_is_said_and_stays_to_be_put_right(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let mut screen = ana.screen(&world, Language::English);
    let folder = sample("public/octopus_csv");
    open(&mut screen, &format!("{folder}/none.csv"), ENGLISH).await;
    screen.shows("There is no file").await;
    for _ in 0.."none.csv".len() {
        screen.press(KeyCode::Backspace);
    }
    screen.press(KeyCode::Enter);
    screen.shows("is a folder").await;
    // Its only file, by Tab.
    screen.press(KeyCode::Tab);
    screen.shows("made_octopus_2024-10.csv").await;
    screen.press(KeyCode::Enter);
    screen.shows("Octopus Energy").await;
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn who_only_looks_has_no_import(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let bia = world.member(&ana, "Bia", Role::Viewer).await;
    let mut screen = bia.screen(&world, Language::English);
    screen.shows("● live").await;
    screen.type_text("4");
    let shown = screen.shows("come as steps").await;
    assert!(!shown.contains("i import a file"), "{shown}");
}

/// Five minutes, for more days than any buffer on the way holds.
fn five_minutes(days: i64) -> String {
    let mut text = "timestamp,kwh\n".to_owned();
    let hours = hours(days);
    for line in hours.lines().skip(1) {
        let (at, _) = line.split_once(',').unwrap();
        let at: Timestamp = at.parse().unwrap();
        for step in 0..12 {
            writeln!(text, "{},0.01", at + (step * 5).minutes()).unwrap();
        }
    }
    text
}

/// How a wire is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    /// It carries everything.
    Flows,
    /// Of each connection it carries so many bytes to the server, and holds the rest back.
    Holds(u64),
    /// It takes what the client still says, tells the server nothing more, and hangs up when the client
    /// does.
    Ends,
    /// It is cut.
    Breaks,
}

/// A wire between client and server.
struct Narrow {
    address: SocketAddr,
    is: watch::Sender<Wire>,
    /// How many connections it has held something back of.
    held: watch::Receiver<u64>,
    /// How many connections have ended.
    ended: watch::Receiver<u64>,
}

impl Narrow {
    fn to(server: SocketAddr) -> Self {
        // Small, so that what is held back is held by the client and not on the way.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(64).unwrap();
        let address = listener.local_addr().unwrap();
        let (is, wire) = watch::channel(Wire::Flows);
        let (holds, held) = watch::channel(0);
        let (end, ended) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (wire, holds, end) = (wire.clone(), holds.clone(), end.clone());
                tokio::spawn(async move {
                    let mut cut = wire.clone();
                    tokio::select! {
                        () = carry(client, server, wire, holds) => {}
                        _ = cut.wait_for(|wire| *wire == Wire::Breaks) => {}
                    }
                    end.send_modify(|count| *count += 1);
                });
            }
        });
        Self {
            address,
            is,
            held,
            ended,
        }
    }

    fn becomes(&self, wire: Wire) {
        self.is.send_replace(wire);
    }

    /// Waits until it holds something back of so many connections.
    async fn holds(&mut self, connections: u64) {
        let held = self.held.wait_for(|held| *held >= connections).await;
        held.unwrap();
    }
}

/// Carries one connection; where one side hangs up, so does the other.
async fn carry(
    client: TcpStream,
    server: SocketAddr,
    mut wire: watch::Receiver<Wire>,
    holds: watch::Sender<u64>,
) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = async move {
        let mut buffer = vec![0; 16 * 1024];
        let mut carried = 0;
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            carried += read as u64;
            let goes_on = |wire: &Wire| !matches!(wire, Wire::Holds(most) if carried > *most);
            if !goes_on(&wire.borrow()) {
                holds.send_modify(|held| *held += 1);
            }
            let Ok(now) = wire.wait_for(goes_on).await.map(|now| *now) else {
                return;
            };
            if now != Wire::Ends && to_server.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    let answering = async move {
        tokio::io::copy(&mut from_server, &mut to_client).await.ok();
    };
    tokio::select! {
        () = asking => {}
        () = answering => {}
    }
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_import_given_up_on_its_way_leaves_nothing_behind(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let mut wire = Narrow::to(world.address);
    let disk = Disk::new();
    let path = disk.path().join("five-minutes.csv");
    std::fs::write(&path, five_minutes(220)).unwrap();
    let url = format!("http://{}", wire.address);
    let mut screen = ana.screen_through(&url, Language::English);
    screen.shows("● live").await;
    wire.becomes(Wire::Holds(256 * 1024));
    open(&mut screen, &path.display().to_string(), ENGLISH).await;
    // What would become of it is asked, and held; then the file itself, half of it on its way.
    wire.holds(1).await;
    screen.shows("Ctrl-S imports the file.").await;
    screen.ctrl('s');
    wire.holds(2).await;
    screen.shows("cancel").await;
    let before = *wire.ended.borrow();
    screen.press(KeyCode::Esc);
    screen
        .shows("The import was given up. Nothing of it was stored.")
        .await;
    screen.shows("Ctrl-S imports the file.").await;
    // The client has hung up on both, so they end once the wire lets go of what it holds.
    wire.becomes(Wire::Ends);
    let both = wire.ended.wait_for(|ended| *ended >= before + 2).await;
    both.unwrap();
    wire.becomes(Wire::Breaks);
    assert_eq!(steps(&world).await, "0");
    let batches = "SELECT count(*)::text FROM import_batch";
    assert_eq!(world.value(batches).await, "0");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_line_that_breaks_half_way_leaves_the_preview_and_the_next_attempt_stores_it_once(
    db: PgPool,
) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let wire = Narrow::to(world.address);
    let disk = Disk::new();
    let path = disk.path().join("five-minutes.csv");
    std::fs::write(&path, five_minutes(120)).unwrap();
    let url = format!("http://{}", wire.address);
    let mut screen = ana.screen_through(&url, Language::English);
    screen.shows("● live").await;
    wire.becomes(Wire::Holds(256 * 1024));
    open(&mut screen, &path.display().to_string(), ENGLISH).await;
    screen.shows("Ctrl-S imports the file.").await;
    screen.ctrl('s');
    screen.shows("cancel").await;
    wire.becomes(Wire::Breaks);
    screen.shows("The server went away").await;
    assert_eq!(steps(&world).await, "0");
    wire.becomes(Wire::Flows);
    screen.ctrl('s');
    screen.shows("u takes all of it back at once").await;
    assert_eq!(steps(&world).await, (120 * 24 * 12).to_string());
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_import_given_up_when_the_server_has_all_of_it_is_taken_back(db: PgPool) {
    let world = World::new(db).await;
    let ana = world.owner(ReadingKind::Step).await;
    let mut screen = ana.screen(&world, Language::English);
    let path = sample("public/octopus_csv/made_octopus_2024-10.csv");
    open(&mut screen, &path, ENGLISH).await;
    screen.shows("193 added").await;
    // Somebody else is at the meter, so that the server has to wait with what it has.
    let mut other = world.db.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM meter FOR UPDATE")
        .execute(&mut *other)
        .await
        .unwrap();
    screen.ctrl('s');
    screen.shows("the server is checking it").await;
    screen.press(KeyCode::Esc);
    screen.shows("As soon as it answers").await;
    other.rollback().await.unwrap();
    screen.shows("Ctrl-S imports the file.").await;
    screen.shows("Undone.").await;
    assert_eq!(steps(&world).await, "0");
}
