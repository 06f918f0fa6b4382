//! The private cluster as its owner meets it: on a first day, on the next, and after bad ones.
//!
//! Each test runs PostgreSQL in a folder of its own. Started as root, those where it matters run
//! a second time as an ordinary user (`the_same_holds_for_an_ordinary_user`).

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal};
use sqlx::{Connection, PgConnection};

use super::account::Account;
use super::earlier::wait_until;
use super::{ClusterError, PrivateCluster, Search, running};

/// A folder for one test, removed with it. Under /tmp, where an unprivileged user may go too.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/tmp/ecotrack-test-{}-{count}", std::process::id()));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711)).unwrap();
        Self(path)
    }

    fn data_dir(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

async fn start(data_dir: &Path) -> PrivateCluster {
    start_or_not(data_dir).await.unwrap()
}

async fn start_or_not(data_dir: &Path) -> Result<PrivateCluster, ClusterError> {
    PrivateCluster::start(data_dir, &Search::from_environment()).await
}

async fn why_not(data_dir: &Path) -> String {
    start_or_not(data_dir).await.unwrap_err().to_string()
}

async fn ask(cluster: &PrivateCluster, question: &'static str) -> String {
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    let answer = sqlx::query_scalar(question).fetch_one(&mut connection);
    let answer = answer.await.unwrap();
    connection.close().await.unwrap();
    answer
}

async fn remember(cluster: &PrivateCluster) {
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    for step in [
        "create table memory (word text)",
        "insert into memory values ('açaí')",
    ] {
        sqlx::query(step).execute(&mut connection).await.unwrap();
    }
    // Left open: stopping must not wait for clients to go.
    std::mem::forget(connection);
}

async fn assert_remembered(cluster: &PrivateCluster) {
    assert_eq!(ask(cluster, "select upper(word) from memory").await, "AÇAÍ");
}

fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
}

/// Ends with the test.
struct Sleeper(Child);

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Another program of the user who runs PostgreSQL.
fn sleeper() -> Sleeper {
    let mut sleep = Command::new("sleep");
    Account::for_a_new_one()
        .unwrap()
        .run(sleep.arg("300").current_dir("/"));
    Sleeper(sleep.spawn().unwrap())
}

#[tokio::test]
async fn a_demo_that_comes_while_another_ends_has_the_folder_after_it() {
    let scratch = Scratch::new();
    let folder = scratch.data_dir();
    let ending = start(&folder).await;
    let (next, ended) = tokio::join!(crate::demo::start_or_attach(&folder), ending.stop());
    ended.unwrap();
    let next = next.unwrap().expect("nobody else serves this folder");
    assert_eq!(ask(&next, "select 'here'").await, "here");
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_first_start_makes_the_database_and_a_second_start_finds_it_again() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    remember(&cluster).await;
    assert_remembered(&cluster).await;
    let pid = cluster.pid().unwrap();
    cluster.stop().await.unwrap();
    assert!(
        !scratch
            .data_dir()
            .join("postgresql/postmaster.pid")
            .exists()
    );
    let cluster = start(&scratch.data_dir()).await;
    assert!(!cluster.adopted());
    assert_ne!(cluster.pid().unwrap(), pid);
    assert_remembered(&cluster).await;
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_command_beside_a_running_server_reaches_its_database_and_takes_nothing_over() {
    let scratch = Scratch::new();
    let data_dir = scratch.data_dir();
    assert_eq!(running(&data_dir), None, "nothing was ever started here");
    let cluster = start(&data_dir).await;
    remember(&cluster).await;
    let url = running(&data_dir).unwrap();
    let mut beside = PgConnection::connect(&url).await.unwrap();
    let word: String = sqlx::query_scalar("select word from memory")
        .fetch_one(&mut beside)
        .await
        .unwrap();
    assert_eq!(word, "açaí");
    beside.close().await.unwrap();
    assert_remembered(&cluster).await;
    cluster.stop().await.unwrap();
    assert_eq!(running(&data_dir), None, "it stopped with its server");
}

#[tokio::test]
async fn it_is_utf8_keeps_what_it_promised_to_keep_and_is_no_superusers() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    for (question, answer) in [
        ("show server_encoding", "UTF8"),
        ("show lc_ctype", "C.UTF-8"),
        ("show fsync", "on"),
        ("show synchronous_commit", "on"),
        ("show full_page_writes", "on"),
        ("show data_checksums", "on"),
        ("show timezone", "UTC"),
        ("show listen_addresses", ""),
        ("select current_user::text", "ecotrack"),
        ("select current_database()::text", "ecotrack"),
        ("show is_superuser", "off"),
    ] {
        // SQLx sets the session's zone to UTC, so this shows at least that nothing else does.
        assert_eq!(ask(&cluster, question).await, answer, "{question}");
    }
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn only_its_owner_reaches_it_and_it_runs_apart_from_the_server_and_never_as_root() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    let pid = cluster.pid().unwrap();
    let folder = fs::symlink_metadata(&cluster.socket).unwrap();
    assert_eq!(folder.mode() & 0o7777, 0o700);
    let socket = fs::metadata(cluster.socket.join(".s.PGSQL.5432")).unwrap();
    assert!(socket.file_type().is_socket());
    let process = fs::metadata(format!("/proc/{pid}")).unwrap();
    assert_ne!(process.uid(), 0);
    assert_eq!(process.uid(), folder.uid());
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    if is_root() {
        let groups = status.lines().find(|line| line.starts_with("Groups:"));
        assert_eq!(groups.unwrap().trim_end(), "Groups:");
    }
    let group = rustix::process::getpgid(Pid::from_raw(pid)).unwrap();
    assert_ne!(group, rustix::process::getpgrp());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn dropping_it_stops_it() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    let pid = Pid::from_raw(cluster.pid().unwrap()).unwrap();
    drop(cluster);
    assert!(
        !scratch
            .data_dir()
            .join("postgresql/postmaster.pid")
            .exists()
    );
    // A zombie, where nobody reaps, has no command line left.
    wait_until(|| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .unwrap_or_default()
            .is_empty()
    });
}

#[tokio::test]
async fn a_cancelled_start_leaves_nothing_running() {
    let scratch = Scratch::new();
    let data_dir = scratch.data_dir();
    start(&data_dir).await.stop().await.unwrap();
    let pid_file = data_dir.join("postgresql/postmaster.pid");
    let begun = async {
        while !pid_file.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = begun => {}
        _ = start(&data_dir) => unreachable!("it writes the file long before it is done"),
    }
    let free = move || {
        let lock = fs::File::open(data_dir.join("server.lock")).unwrap();
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok()
    };
    assert!(
        tokio::task::spawn_blocking(move || wait_until(free))
            .await
            .unwrap()
    );
    assert!(
        !scratch
            .data_dir()
            .join("postgresql/postmaster.pid")
            .exists()
    );
}

#[tokio::test]
async fn a_postgres_left_running_is_adopted_and_stopped_with_its_new_server() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    remember(&cluster).await;
    let pid = cluster.pid().unwrap();
    cluster.abandon();
    let cluster = start(&scratch.data_dir()).await;
    assert!(cluster.adopted());
    assert_eq!(cluster.pid(), Some(pid));
    assert_remembered(&cluster).await;
    cluster.stop().await.unwrap();
    assert!(
        !scratch
            .data_dir()
            .join("postgresql/postmaster.pid")
            .exists()
    );
}

#[tokio::test]
async fn a_postgres_left_running_out_of_reach_is_replaced() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    remember(&cluster).await;
    let pid = cluster.pid().unwrap();
    let socket = cluster.socket.clone();
    fs::rename(&socket, scratch.0.join("gone")).unwrap();
    cluster.abandon();
    let cluster = start(&scratch.data_dir()).await;
    assert!(!cluster.adopted());
    assert_ne!(cluster.pid(), Some(pid));
    assert_remembered(&cluster).await;
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_postgres_loses_nothing() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    remember(&cluster).await;
    // Somebody is in the middle of a long query, and would hold the shared memory for long.
    let mut busy = PgConnection::connect(&cluster.url()).await.unwrap();
    let busy = tokio::spawn(async move {
        let long = "select count(*) from generate_series(1, 1000000000000)";
        sqlx::query(long).execute(&mut busy).await
    });
    let mut watch = PgConnection::connect(&cluster.url()).await.unwrap();
    loop {
        let at_work = "select exists (select from pg_stat_activity
                       where state = 'active' and query like '%generate_series%'
                       and pid <> pg_backend_pid())";
        if sqlx::query_scalar(at_work)
            .fetch_one(&mut watch)
            .await
            .unwrap()
        {
            break;
        }
    }
    kill(cluster.pid().unwrap());
    cluster.abandon();
    let cluster = start(&scratch.data_dir()).await;
    assert!(!cluster.adopted());
    assert_remembered(&cluster).await;
    assert!(busy.await.unwrap().is_err());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_stale_pid_file_whose_number_another_program_has_is_recovered_from() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    remember(&cluster).await;
    let pid_file = scratch.data_dir().join("postgresql/postmaster.pid");
    let socket_lock = cluster.socket.join(".s.PGSQL.5432.lock");
    let left = fs::read_to_string(&pid_file).unwrap();
    let owner = fs::metadata(&pid_file).unwrap();
    cluster.stop().await.unwrap();
    let other = sleeper();
    let (_, rest) = left.split_once('\n').unwrap();
    for file in [&pid_file, &socket_lock] {
        fs::write(file, format!("{}\n{rest}", other.0.id())).unwrap();
        std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let cluster = start(&scratch.data_dir()).await;
    assert!(!cluster.adopted());
    assert_remembered(&cluster).await;
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_half_made_cluster_is_made_again() {
    let scratch = Scratch::new();
    let half = scratch.data_dir().join("postgresql.new/base");
    fs::create_dir_all(&half).unwrap();
    fs::set_permissions(scratch.data_dir(), fs::Permissions::from_mode(0o711)).unwrap();
    let cluster = start(&scratch.data_dir()).await;
    assert!(!half.exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_server_is_refused_and_told_of_the_first() {
    let scratch = Scratch::new();
    let cluster = start(&scratch.data_dir()).await;
    let refused = why_not(&scratch.data_dir()).await;
    assert!(
        refused.contains(&format!("process {}", std::process::id())),
        "{refused}"
    );
    // The refusal did the first no harm.
    assert_eq!(ask(&cluster, "select 'here'").await, "here");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn two_data_folders_make_two_clusters_side_by_side() {
    let scratch = Scratch::new();
    let (one, other) = (scratch.0.join("one"), scratch.0.join("other"));
    let (one, other) = tokio::join!(start(&one), start(&other));
    remember(&one).await;
    assert_eq!(
        ask(
            &other,
            "select coalesce(to_regclass('memory')::text, 'none')"
        )
        .await,
        "none"
    );
    one.stop().await.unwrap();
    assert_eq!(ask(&other, "select 'here'").await, "here");
    other.stop().await.unwrap();
}

#[tokio::test]
async fn a_data_folder_with_a_long_and_strange_name_works() {
    let scratch = Scratch::new();
    let long = format!(
        "a 'home' \"with\" $HOME, `and` 100% açaí {}",
        "x".repeat(120)
    );
    let cluster = start(&scratch.0.join(&long).join("data")).await;
    assert!(cluster.socket.as_os_str().len() < 60);
    remember(&cluster).await;
    assert_remembered(&cluster).await;
    let socket = cluster.socket.clone();
    cluster.stop().await.unwrap();
    // The next one puts it in its place again.
    fs::remove_dir_all(&socket).unwrap();
    let cluster = start(&scratch.0.join(&long).join("data")).await;
    assert_remembered(&cluster).await;
    cluster.stop().await.unwrap();
    fs::remove_dir_all(&socket).unwrap();
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_and_untouched() {
    let scratch = Scratch::new();
    start(&scratch.data_dir()).await.stop().await.unwrap();
    let version = scratch.data_dir().join("postgresql/PG_VERSION");
    let ours = fs::read_to_string(&version).unwrap();
    for (theirs, named) in [("9.6\n", "PostgreSQL 9,"), ("99\n", "PostgreSQL 99,")] {
        fs::write(&version, theirs).unwrap();
        let refused = why_not(&scratch.data_dir()).await;
        assert!(refused.contains(named), "{refused}");
        assert!(refused.contains(" install"), "{refused}");
    }
    fs::write(&version, ours).unwrap();
    start(&scratch.data_dir()).await.stop().await.unwrap();
}

#[tokio::test]
async fn without_postgresql_the_command_that_installs_it_is_named() {
    let scratch = Scratch::new();
    let search = Search::only(scratch.0.join("no programs here"));
    let refused = PrivateCluster::start(&scratch.data_dir(), &search).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.starts_with("PostgreSQL is not installed"),
        "{refused}"
    );
    assert!(refused.contains("ECOTRACK_DATABASE_URL"), "{refused}");
}

#[tokio::test]
async fn the_programs_are_found_beside_pg_config() {
    let scratch = Scratch::new();
    let bin = Search::from_environment().newest().unwrap().bin;
    let pg_config = scratch.0.join("pg_config");
    let mut file = fs::File::create(&pg_config).unwrap();
    writeln!(file, "#!/bin/sh\necho {}", bin.display()).unwrap();
    drop(file);
    fs::set_permissions(&pg_config, fs::Permissions::from_mode(0o755)).unwrap();
    let found = Search::only(&scratch.0).newest().unwrap();
    assert_eq!(found.bin, bin);
    // And through a link to one of them, as package managers make.
    let links = scratch.0.join("links");
    fs::create_dir(&links).unwrap();
    std::os::unix::fs::symlink(bin.join("postgres"), links.join("postgres")).unwrap();
    assert_eq!(Search::only(&links).newest().unwrap().bin, bin);
}

#[tokio::test]
async fn a_folder_that_is_no_cluster_is_not_touched() {
    let scratch = Scratch::new();
    let folder = scratch.data_dir().join("postgresql");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(scratch.data_dir(), fs::Permissions::from_mode(0o711)).unwrap();
    fs::write(folder.join("thesis.txt"), "years of work").unwrap();
    if is_root() {
        let refused = why_not(&scratch.data_dir()).await;
        assert!(refused.contains("belongs to user number 0"), "{refused}");
        let account = Account::for_a_new_one().unwrap();
        account.own(&folder).unwrap();
    }
    let refused = why_not(&scratch.data_dir()).await;
    assert!(refused.contains("data/postgresql"), "{refused}");
    assert!(folder.join("thesis.txt").exists());
}

#[tokio::test]
async fn a_socket_folder_of_somebody_elses_is_refused() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.data_dir()).unwrap();
    fs::set_permissions(scratch.data_dir(), fs::Permissions::from_mode(0o711)).unwrap();
    let elsewhere = scratch.0.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, scratch.data_dir().join("socket")).unwrap();
    let refused = why_not(&scratch.data_dir()).await;
    assert!(refused.contains("belongs to somebody else"), "{refused}");
}

#[tokio::test]
async fn as_root_a_folder_that_others_cannot_enter_is_refused_by_name() {
    if !is_root() {
        eprintln!("not root: nothing that an unprivileged user could not enter");
        return;
    }
    let scratch = Scratch::new();
    let closed = scratch.0.join("root");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let refused = why_not(&closed.join("data")).await;
    assert!(refused.contains("who cannot enter"), "{refused}");
    assert!(refused.contains("/var/lib/ecotrack"), "{refused}");
}

/// What is most likely to differ without root's rights.
const AS_A_USER_TOO: [&str; 5] = [
    "a_first_start_makes_the_database_and_a_second_start_finds_it_again",
    "only_its_owner_reaches_it_and_it_runs_apart_from_the_server_and_never_as_root",
    "a_postgres_left_running_is_adopted_and_stopped_with_its_new_server",
    "a_killed_postgres_loses_nothing",
    "a_stale_pid_file_whose_number_another_program_has_is_recovered_from",
];

/// Runs those again as the user who runs PostgreSQL for root.
#[test]
fn the_same_holds_for_an_ordinary_user() {
    if !is_root() {
        eprintln!("not root: only an ordinary user's half was tested");
        return;
    }
    let account = Account::for_a_new_one().unwrap();
    let scratch = Scratch::new();
    // A clone in /root is out of that user's reach.
    let program = scratch.0.join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let (_, module) = module_path!().split_once("::").unwrap();
    let output = Command::new(&program)
        .arg("--exact")
        .args(AS_A_USER_TOO.map(|test| format!("{module}::{test}")))
        .env("HOME", "/nonexistent")
        .current_dir("/")
        .uid(account.uid)
        .gid(account.gid)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let all = format!("{} passed", AS_A_USER_TOO.len());
    assert!(said.contains(&all), "{said}");
}
