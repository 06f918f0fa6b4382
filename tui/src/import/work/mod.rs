//! The room that reads files for the import's screen: looks at them, completes their names, and puts them
//! on the way to the server. Nothing of it runs on the thread that draws.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use ecotrack_common::FieldErrors;
use ecotrack_common::import::delimited::Mapping;
use ecotrack_common::import::file::{Looked, Request, look};
use ecotrack_common::import::own_rows::named;
use ecotrack_common::import::together::{can_be_added, together};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{AbortHandle, JoinSet};

use super::job::{Job, Known, Look, News, Seen, Send, Wrong};
use super::rows::{self, Source};
use super::typed;
use crate::client::{Client, ImportFile, Rows};
use crate::message::{Message, Reply, Ticket};
use crate::runtime::fault;

/// Longest file name that the server takes, in characters.
const FILE_NAME_CHARS: usize = 255;
/// Bytes by which a mapping is tried while it is made.
const BEGINNING: u64 = 256 * 1024;
/// The most names of a folder that are offered.
const MOST_NAMES: usize = 500;
/// How often progress is told, of the whole.
const TOLD: u64 = 200;

/// What is under way: one file at a time.
#[derive(Default)]
pub(crate) struct Worker(Option<Running>);

struct Running {
    gate: Arc<Gate>,
    abort: AbortHandle,
    kind: Kind,
}

/// How it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A reader ends by itself.
    Look,
    /// A question is dropped at any time.
    DryRun,
    /// An import is dropped while the server does not have all of it.
    Import,
}

impl Drop for Running {
    fn drop(&mut self) {
        // A reader ends with whoever wanted it, so that leaving the program never waits for a long file.
        let _ended = self.gate.stop();
    }
}

/// Says what comes of a job. Nobody listens any more only when the program ends.
fn teller(
    out: UnboundedSender<Message>,
    ticket: Ticket,
) -> impl Fn(News) + Clone + std::marker::Send + 'static {
    move |news| drop(out.send(Message::Import(ticket, news)))
}

impl Worker {
    /// Begins with something; what was under way is given up.
    pub(crate) fn start(
        &mut self,
        ticket: Ticket,
        job: Job,
        client: &Client,
        out: &UnboundedSender<Message>,
        tasks: &mut JoinSet<()>,
    ) {
        let (client, out) = (client.clone(), out.clone());
        let tell = teller(out.clone(), ticket);
        match job {
            Job::Stop => self.stop(&tell),
            Job::Complete(path) => {
                tasks.spawn_blocking(move || tell(News::Completed(path.clone(), names(&path))));
            }
            Job::SaveMapping(path, mapping) => {
                tasks.spawn_blocking(move || tell(News::Saved(save(&path, &mapping))));
            }
            Job::LoadMapping(path) => {
                tasks.spawn_blocking(move || tell(News::Loaded(load(&path).map(Box::new))));
            }
            Job::Look(asked) => {
                self.stop(&|_| {});
                let gate = Arc::new(Gate::default());
                let watched = gate.clone();
                let abort = tasks.spawn_blocking(move || {
                    let seen = look_at(&asked, &watched, &tell);
                    if !watched.is_stopped() {
                        tell(News::Looked(seen.map(Box::new)));
                    }
                });
                self.0 = Some(Running {
                    gate,
                    abort,
                    kind: Kind::Look,
                });
            }
            Job::Send(send) => {
                self.stop(&|_| {});
                let gate = Arc::new(Gate::default());
                let kind = if send.dry_run {
                    Kind::DryRun
                } else {
                    Kind::Import
                };
                let sending = deliver(*send, gate.clone(), client, out, ticket);
                let abort = tasks.spawn(sending);
                self.0 = Some(Running { gate, abort, kind });
            }
        }
    }

    /// Gives up what is under way, unless the server has all of it already: then its answer is awaited.
    fn stop(&mut self, tell: &dyn Fn(News)) {
        let Some(running) = &self.0 else { return };
        if !running.gate.stop() && running.kind != Kind::DryRun {
            return;
        }
        if running.kind != Kind::Look {
            running.abort.abort();
        }
        self.0 = None;
        tell(News::Stopped);
    }
}

/// Whether a file may still be given up. Whoever reads its last piece and whoever gives it up meet here, so
/// that what was given up never reaches its end.
#[derive(Default)]
struct Gate(AtomicU8);

const OPEN: u8 = 0;
const ENDED: u8 = 1;
const STOPPED: u8 = 2;

impl Gate {
    fn pass(&self, to: u8) -> bool {
        let passed = self
            .0
            .compare_exchange(OPEN, to, Ordering::AcqRel, Ordering::Acquire);
        passed.is_ok()
    }

    /// `false` where all of it has gone out.
    fn stop(&self) -> bool {
        self.pass(STOPPED)
    }

    /// `false` where it was given up.
    fn end(&self) -> bool {
        self.pass(ENDED)
    }

    fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire) == STOPPED
    }
}

fn given_up() -> io::Error {
    io::Error::other("given up")
}

/// A source that tells how far it was read, and ends when nobody wants it any more.
struct Watched<'w> {
    source: Box<dyn Source>,
    gate: &'w Gate,
    at: u64,
    size: u64,
    told: u64,
    tell: &'w dyn Fn(News),
}

impl<'w> Watched<'w> {
    fn new(source: Box<dyn Source>, size: u64, gate: &'w Gate, tell: &'w dyn Fn(News)) -> Self {
        Self {
            source,
            gate,
            at: 0,
            size,
            told: 0,
            tell,
        }
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.gate.is_stopped() {
            return Err(given_up());
        }
        let count = self.source.read(buffer)?;
        self.at += count as u64;
        if self.at >= self.told + (self.size / TOLD).max(1024 * 1024) {
            self.told = self.at;
            (self.tell)(News::Read(self.at, self.size));
        }
        Ok(count)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.source.seek(to)?;
        self.told = self.at;
        Ok(self.at)
    }
}

/// The path that somebody typed.
pub(crate) fn path_of(typed: &str) -> PathBuf {
    typed::path(typed, etcetera::home_dir().ok().as_deref())
}

fn wrong(path: &Path, error: &io::Error) -> Wrong {
    let shown = path.display().to_string();
    match error.kind() {
        ErrorKind::NotFound => Wrong::Missing(shown),
        ErrorKind::IsADirectory => Wrong::Folder(shown),
        ErrorKind::AlreadyExists => Wrong::Exists(shown),
        ErrorKind::PermissionDenied => Wrong::Denied(shown),
        _ => Wrong::Unreadable(shown, error.to_string()),
    }
}

fn open(path: &Path) -> Result<(File, fs::Metadata), Wrong> {
    let unreadable = |error: io::Error| wrong(path, &error);
    // Asked before it is opened: a pipe that nobody writes into keeps whoever opens it. Nor can what comes
    // through it be read twice.
    let about = fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return Err(Wrong::Folder(path.display().to_string()));
    }
    if !about.is_file() {
        return Err(Wrong::NotAFile(path.display().to_string()));
    }
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    Ok((file, about))
}

/// Whether a file can be read, said at the field of a form that asks for it.
pub(crate) fn check(path: &Path) -> Result<(), FieldErrors> {
    let wrong = |code| Err(FieldErrors::one("file", code));
    match open(path) {
        Err(Wrong::Missing(_)) => wrong("file_missing"),
        Err(Wrong::Folder(_)) => wrong("file_is_folder"),
        Err(Wrong::Denied(_)) => wrong("file_denied"),
        Err(Wrong::NotAFile(_)) => wrong("not_a_file"),
        // Reading it says what else is wrong.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn look_at(asked: &Look, gate: &Gate, tell: &dyn Fn(News)) -> Result<Seen, Wrong> {
    let (source, mut seen) = look_at_file(&asked.path, asked, gate, tell)?;
    // Only the beginning of the first is tried.
    if asked.beginning || asked.phases.is_empty() {
        return Ok(seen);
    }
    let not_added = |path: &str| Wrong::NoPhase(path_of(path).display().to_string());
    let mut others: Vec<(Box<dyn Source>, Looked)> = Vec::new();
    for path in &asked.phases {
        let (source, other) = look_at_file(path, asked, gate, tell)?;
        let looked = other.looked.and_then(Arc::into_inner);
        let Some(looked) = looked else {
            return Err(not_added(path));
        };
        let same = |file: &Known| path_of(&file.path) == path_of(path);
        let first = seen.looked.as_deref().into_iter();
        let all: Vec<&Looked> = first
            .chain(others.iter().map(|(_, looked)| looked))
            .chain([&looked])
            .collect();
        let twice = same(&seen.file) || seen.phases.iter().any(same);
        if twice || seen.looked.is_none() || !can_be_added(&all) {
            return Err(not_added(path));
        }
        seen.name = format!("{} + {}", seen.name, other.name);
        seen.phases.push(other.file);
        others.push((source, looked));
    }
    let Some(first) = seen.looked.take().and_then(Arc::into_inner) else {
        return Ok(seen);
    };
    let mut watched = Watched::new(source, seen.file.size, gate, tell);
    let looked = together(&mut watched, first, others, &asked.spans)
        .map_err(|error| wrong(&path_of(&asked.path), &error))?;
    seen.looked = Some(Arc::new(looked));
    Ok(seen)
}

/// Looks at one file, and leaves it open.
fn look_at_file(
    typed: &str,
    asked: &Look,
    gate: &Gate,
    tell: &dyn Fn(News),
) -> Result<(Box<dyn Source>, Seen), Wrong> {
    if typed::plain(typed).is_empty() {
        return Err(Wrong::Empty);
    }
    let path = path_of(typed);
    let (mut file, about) = open(&path)?;
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut seen = Seen {
        name,
        file: known(typed, &about),
        phases: Vec::new(),
        looked: None,
    };
    let unreadable = |error: io::Error| wrong(&path, &error);
    let mut first = Vec::new();
    Read::by_ref(&mut file)
        .take(64)
        .read_to_end(&mut first)
        .and_then(|_| file.rewind())
        .map_err(unreadable)?;
    if named::is_export(&first) {
        return Ok((Box::new(file), seen));
    }
    let source: Box<dyn Source> = if asked.beginning && !first.starts_with(b"PK") {
        Box::new(Cursor::new(beginning(&mut file).map_err(unreadable)?))
    } else {
        Box::new(file)
    };
    let mut watched = Watched::new(source, about.len(), gate, tell);
    let request = Request {
        name: &seen.name,
        time_zone: asked.time_zone.as_deref(),
        home_zone: asked.home_zone.as_deref(),
        said: asked.said.clone(),
        spans: &asked.spans,
    };
    let looked = look(&mut watched, &request).map_err(unreadable)?;
    seen.looked = Some(Arc::new(looked));
    Ok((watched.source, seen))
}

fn known(typed: &str, about: &fs::Metadata) -> Known {
    Known {
        path: typed.to_owned(),
        size: about.len(),
        modified: about.modified().ok(),
    }
}

/// The first whole lines of a file.
fn beginning(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Read::by_ref(file).take(BEGINNING).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == BEGINNING {
        let big = bytes.starts_with(b"\xfe\xff");
        let wide = big || bytes.starts_with(b"\xff\xfe");
        let mut end = bytes.len();
        while let Some(at) = bytes[..end].iter().rposition(|byte| *byte == b'\n') {
            let whole = if big { at % 2 == 1 } else { at % 2 == 0 };
            if !wide || whole {
                bytes.truncate(at + if wide && !big { 2 } else { 1 });
                break;
            }
            end = at;
        }
    }
    Ok(bytes)
}

/// Sends a file, and says what the server answers.
async fn deliver(
    asked: Send,
    gate: Arc<Gate>,
    client: Client,
    out: UnboundedSender<Message>,
    ticket: Ticket,
) {
    let tell = teller(out.clone(), ticket);
    let shown = path_of(&asked.seen.file.path);
    let opened = {
        let seen = asked.seen.clone();
        tokio::task::spawn_blocking(move || opened_again(&seen)).await
    };
    let source = match opened {
        Ok(Ok(source)) => source,
        Ok(Err(wrong)) => return tell(News::Broke(wrong)),
        Err(error) => {
            let path = shown.display().to_string();
            return tell(News::Broke(Wrong::Unreadable(path, error.to_string())));
        }
    };
    let all = asked.rows();
    let sent = {
        let tell = tell.clone();
        let told = Mutex::new(0);
        move |sent: u64| {
            let mut told = told
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            // That all of it is out is said where its end passes the gate.
            let sent = sent.min(all.saturating_sub(1));
            if sent >= *told + (all / TOLD).max(1) {
                *told = sent;
                tell(News::Sent(sent, all));
            }
        }
    };
    let broke = Arc::new(Mutex::new(None));
    let ended = {
        let tell = tell.clone();
        move || tell(News::Sent(all, all))
    };
    let rows = if let Some(looked) = &asked.seen.looked {
        let rows = rows::rows(source, looked.clone(), asked.meters.clone(), sent);
        Rows::pieces(guarded(rows, gate, broke.clone(), ended))
    } else {
        let pieces = rows::whole(source, sent);
        Rows::pieces(guarded(pieces, gate, broke.clone(), ended))
    };
    let file = ImportFile {
        name: asked.seen.name.chars().take(FILE_NAME_CHARS).collect(),
        meter: None,
        on_conflict: asked.on_conflict,
        accept_findings: asked.accept_findings,
        dry_run: asked.dry_run,
        make_meters: asked.make_meters,
    };
    let answer = client.import(asked.home, file, rows, asked.key).await;
    let why = broke.lock().map_or(None, |mut why| why.take());
    if let Some(why) = why {
        let path = shown.display().to_string();
        return tell(News::Broke(Wrong::Unreadable(path, why)));
    }
    let reply = Reply::Imported(answer.map(Box::new).map_err(fault));
    drop(out.send(Message::Reply(ticket, reply)));
}

/// The file that was looked at, if it is still the same, and those that are added to it, which are open.
fn opened_again(seen: &Seen) -> Result<Box<dyn Source>, Wrong> {
    for file in &seen.phases {
        same_again(file)?;
    }
    same_again(&seen.file).map(|file| -> Box<dyn Source> { Box::new(file) })
}

fn same_again(before: &Known) -> Result<File, Wrong> {
    let path = path_of(&before.path);
    let (file, about) = open(&path)?;
    if known(&before.path, &about) != *before {
        return Err(Wrong::Changed(path.display().to_string()));
    }
    Ok(file)
}

/// Pieces that pass the gate, and what is to be said when their end has: the last of a file that was given up never does, so that the server throws
/// all of it away.
fn guarded(
    pieces: impl Stream<Item = io::Result<Vec<u8>>> + std::marker::Send + 'static,
    gate: Arc<Gate>,
    broke: Arc<Mutex<Option<String>>>,
    ended: impl Fn() + std::marker::Send + 'static,
) -> impl Stream<Item = io::Result<Vec<u8>>> + std::marker::Send + 'static {
    let end = gate.clone();
    let last = futures_util::stream::once(async move {
        if end.end() {
            ended();
            Ok(Vec::new())
        } else {
            Err(given_up())
        }
    });
    let pieces = pieces.map(move |piece| {
        if let (Err(error), Ok(mut broke)) = (&piece, broke.lock()) {
            *broke = Some(error.to_string());
        }
        if gate.is_stopped() {
            return Err(given_up());
        }
        piece
    });
    pieces.chain(last).filter(|piece| {
        // The gate's own piece has nothing in it.
        let some = !piece.as_ref().is_ok_and(Vec::is_empty);
        std::future::ready(some)
    })
}

fn save(typed: &str, mapping: &Mapping) -> Result<String, Wrong> {
    if typed::plain(typed).is_empty() {
        return Err(Wrong::Empty);
    }
    let path = path_of(typed);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(mapping.to_json().as_bytes()));
    written
        .map(|()| path.display().to_string())
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let folder = path.parent().unwrap_or(&path);
                Wrong::NoFolder(folder.display().to_string())
            }
            _ => wrong(&path, &error),
        })
}

/// A mapping is never as large as this.
const LARGEST_MAPPING: u64 = 1024 * 1024;

fn load(typed: &str) -> Result<Mapping, Wrong> {
    if typed::plain(typed).is_empty() {
        return Err(Wrong::Empty);
    }
    let path = path_of(typed);
    let (file, _) = open(&path)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_MAPPING)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(&path, &error))?;
    let text = String::from_utf8_lossy(&bytes);
    Mapping::from_json(&text).map_err(|error| Wrong::NoMapping(path.display().to_string(), error))
}

/// What a path that is being typed could go on with: folders end in `/`.
fn names(typed: &str) -> Vec<String> {
    let plain = typed::plain(typed);
    let (folder, begun) = match plain.rfind('/') {
        Some(at) => plain.split_at(at + 1),
        None if plain == "~" => return vec!["~/".to_owned()],
        None => ("", plain.as_str()),
    };
    let place = if folder.is_empty() {
        PathBuf::from(".")
    } else {
        typed::path(&quoted(folder), etcetera::home_dir().ok().as_deref())
    };
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !begun.starts_with('.');
            if hidden || !name.starts_with(begun) || name.chars().any(char::is_control) {
                return None;
            }
            let is_folder = fs::metadata(entry.path()).is_ok_and(|about| about.is_dir());
            Some(format!(
                "{folder}{name}{}",
                if is_folder { "/" } else { "" }
            ))
        })
        .take(MOST_NAMES)
        .collect();
    names.sort();
    names
}

/// A path that is taken as it is, its blanks and backslashes too.
fn quoted(plain: &str) -> String {
    format!("\"{plain}\"")
}

#[cfg(test)]
mod tests;
