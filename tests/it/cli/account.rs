//! Accounts: registering, one's own data, password, sign-ins, recovery; and a server that is away.

use ecotrack_common::account::{Account, Language, Session};
use ecotrack_common::member::InvitationMade;
use ecotrack_server::App;
use ecotrack_server::accounts::administration;
use ecotrack_server::clock::Clock;
use ecotrack_server::config::Settings;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::{Shell, assert_fields};
use crate::world::{PASSWORD, World};

const ANOTHER: &str = "another horse battery";

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_account_is_made_shown_and_changed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::new(&world, Language::BrazilianPortuguese);
    let words = ["register", "--email", "ana@example.org", "--name", "Ana"];
    let told = ana.typing(&format!("{PASSWORD}\n"), &words).await.good();
    assert!(
        told.starts_with("Você entrou em ") && !told.contains(PASSWORD),
        "{told}"
    );
    let account: Account = ana.json(&["account", "show"]).await;
    assert_eq!(account.language, Language::BrazilianPortuguese);
    let told = ana
        .run(&["account", "edit", "--name", "Ana Maria"])
        .await
        .good();
    assert!(
        told.contains("Ana Maria") && told.contains("ana@example.org"),
        "{told}"
    );
    let account: Account = ana.json(&["account", "edit", "--language", "en"]).await;
    assert_eq!(account.display_name, "Ana Maria");
    assert_eq!(account.language, Language::English);
    let told = ana.run(&["account", "edit"]).await.bad(2);
    assert!(told.starts_with("Nada a mudar"), "{told}");
    let told = ana.run(&["account", "edit", "--name", " "]).await.bad(2);
    assert!(told.contains("--name: "), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn who_registers_with_a_code_is_at_home_at_once(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let made: InvitationMade = ana.json(&["members", "invite", "--role", "viewer"]).await;
    let bia = Shell::new(&world, Language::English);
    let words = [
        "register",
        "--email",
        "bia@example.org",
        "--name",
        "Bia",
        "--invitation",
        &made.code,
        "--json",
    ];
    let account: Account = bia.typing(&format!("{PASSWORD}\n"), &words).await.json();
    assert_eq!(account.display_name, "Bia");
    let listed = bia.run(&["members", "list"]).await.good();
    assert!(listed.contains("Bia"), "{listed}");

    let english = Shell::new(&world, Language::English);
    let cases: [(&str, &[&str], u8, &[&str]); 4] = [
        (
            "short\n",
            &["--email", "x@example.org"],
            2,
            &["Password: At least 10 characters."],
        ),
        (
            PASSWORD,
            &["--email", "x"],
            2,
            &["E-mail: Not an e-mail address; it looks like ana@example.org."],
        ),
        (
            PASSWORD,
            &["--email", "x@example.org", "--invitation", "ABCD"],
            2,
            &["--invitation: A code has 16 letters and digits, such as ABCD-EFGH-JKMN-PQRS."],
        ),
        (
            PASSWORD,
            &["--email", "x@example.org", "--invitation", &made.code],
            1,
            &["--invitation: This code was used, has expired, or never was. Ask for a new one."],
        ),
    ];
    for (password, given, status, fields) in cases {
        let words = [&["register", "--name", "X"], given].concat();
        assert_fields(&english.typing(password, &words).await.bad(status), fields);
    }
    let words = ["register", "--name", "X", "--email", "bia@example.org"];
    let told = english.typing(PASSWORD, &words).await.bad(1);
    assert!(
        told.starts_with("This e-mail already has an account."),
        "{told}"
    );
    let told = english.run(&["register", "--name", "X"]).await.bad(2);
    assert!(told.contains("--email"), "{told}");
    english.run(&["whoami"]).await.bad(1);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_password_is_changed_and_other_sign_ins_end(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let mut phone = Shell::new(&world, Language::English);
    let login = ["login", "--email", "ana@example.org"];
    phone.typing(PASSWORD, &login).await.good();
    let sessions: Vec<Session> = ana.json(&["account", "sessions"]).await;
    assert_eq!(sessions.len(), 2);

    let change = ["account", "password"];
    let told = ana
        .typing(&format!("wrong horse battery\n{ANOTHER}\n"), &change)
        .await
        .bad(1);
    assert_fields(&told, &["Current password: This is not your password."]);
    let told = ana
        .typing(&format!("{PASSWORD}\nshort\n"), &change)
        .await
        .bad(2);
    assert_fields(&told, &["Password: At least 10 characters."]);
    let told = ana.typing("", &change).await.bad(2);
    assert_eq!(told.lines().count(), 3, "{told}");
    let told = ana
        .typing(&format!("{PASSWORD}\n{ANOTHER}\n"), &change)
        .await
        .good();
    assert!(told.starts_with("Your password is changed."), "{told}");
    phone.language = Language::BrazilianPortuguese;
    let told = phone.run(&["whoami"]).await.bad(1);
    assert!(told.contains("ecotrack login"), "{told}");
    phone.typing(PASSWORD, &login).await.bad(1);
    phone.typing(ANOTHER, &login).await.good();

    // The phone's sign-in is ended from here; this one ends itself.
    let sessions: Vec<Session> = ana.json(&["account", "sessions"]).await;
    let key = |current: bool| {
        let found = sessions.iter().find(|session| session.current == current);
        found.unwrap().session_id.to_string()[28..].to_owned()
    };
    let listed = ana.run(&["account", "sessions"]).await.good();
    assert!(
        listed.contains(&key(false)) && listed.contains("this one"),
        "{listed}"
    );
    let told = ana
        .run(&["account", "end-session", &key(false)])
        .await
        .good();
    assert_eq!(told, "That sign-in has ended.\n");
    phone.run(&["whoami"]).await.bad(1);
    ana.run(&["account", "end-session", &key(true)])
        .await
        .good();
    let told = ana.run(&["whoami"]).await.bad(1);
    assert!(told.starts_with("You are not signed in"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn an_administrators_code_sets_a_new_password(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_somebody(&world, "Ana", Language::English).await;
    ana.run(&["logout"]).await.good();
    let settings = Settings::with_data_dir(std::env::temp_dir());
    let app = App::new(
        world.db.clone(),
        Clock::System,
        settings,
        CancellationToken::new(),
    );
    let code = administration::reset(&app, "ana@example.org")
        .await
        .unwrap();
    let recover = ["account", "recover", "--email", "ana@example.org", "--code"];
    let with = |code| [&recover[..], &[code]].concat();
    let told = ana
        .typing(ANOTHER, &with("ABCD-EFGH-JKMN-PQRS"))
        .await
        .bad(1);
    assert!(told.contains("CODE: This code was used"), "{told}");
    let told = ana.typing("short", &with(&code)).await.bad(2);
    assert!(told.contains("Password: At least 10"), "{told}");
    let told = ana.typing(ANOTHER, &with(&code)).await.good();
    assert!(told.starts_with("Signed in at "), "{told}");
    ana.run(&["whoami"]).await.good();
    ana.typing(ANOTHER, &with(&code)).await.bad(1);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_server_that_is_away_is_said_to_be(db: PgPool) {
    let mut world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    world.stop().await;
    for (language, word) in [
        (Language::English, "No server answers at"),
        (Language::BrazilianPortuguese, "Nenhum servidor responde em"),
    ] {
        let shell = ana.speaking(language);
        for words in [
            &["bills", "list"][..],
            &["devices", "list"],
            &["goals", "add", "--limit", "1"],
        ] {
            let told = shell.run(words).await.bad(1);
            assert!(told.starts_with(word), "{told}");
        }
    }
    let kept = std::fs::read_dir(ana.folder().join("sessions")).unwrap();
    assert_eq!(kept.count(), 1, "the sign-in is kept");
}
