//! Members: inviting, joining, roles, leaving, handing over, and every way to get it wrong.

use ecotrack_common::account::Language;
use ecotrack_common::member::{Invitation, InvitationMade, Member};
use ecotrack_common::profile::{EnergyProfile, Role};
use serde_json::Value;
use sqlx::PgPool;

use super::Shell;
use crate::world::World;

const GOOD_LOOKING: &str = "ABCD-EFGH-JKMN-PQRS";

/// Somebody who joined Ana's home with a code of hers.
async fn joined(world: &World, ana: &Shell, name: &str, role: &str, language: Language) -> Shell {
    let shell = Shell::of_somebody(world, name, language).await;
    let ran = ana.run(&["members", "invite", "--role", role]).await;
    assert_eq!(ran.status, 0, "{}", ran.err);
    let code = ran.out.trim();
    let told = shell.run(&["members", "join", code]).await.good();
    assert!(told.contains("Casa Aurora"), "{told}");
    shell
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn somebody_is_invited_joins_rises_and_leaves(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let bia = Shell::of_somebody(&world, "Bia", Language::BrazilianPortuguese).await;

    // The code alone is on standard output, what it is for beside it.
    let ran = ana.run(&["members", "invite", "--role", "viewer"]).await;
    assert_eq!((ran.status, ran.out.trim().len()), (0, 19), "{}", ran.out);
    assert!(ran.err.starts_with("Pass this code on."), "{}", ran.err);
    let open: Vec<Invitation> = ana.json(&["members", "invitations"]).await;
    assert_eq!(open[0].role, Role::Viewer);

    let told = bia.run(&["members", "join", ran.out.trim()]).await.good();
    assert_eq!(told, "Agora você pertence a Casa Aurora: leitura.\n");
    let told = bia
        .run(&[
            "devices", "add", "--name", "X", "--power", "1", "--hours", "1",
        ])
        .await;
    let told = told.bad(1);
    assert!(
        told.starts_with("Seu papel nesta casa não permite"),
        "{told}"
    );

    let told = ana
        .run(&["members", "role", "bia@example.org", "editor"])
        .await
        .good();
    assert_eq!(told, "Changed: Bia (editor).\n");
    let told = ana.run(&["members", "role", "Bia", "editor"]).await.bad(2);
    assert!(told.starts_with("Nothing to change"), "{told}");
    bia.run(&[
        "devices", "add", "--name", "X", "--power", "1", "--hours", "1",
    ])
    .await
    .good();

    let members: Vec<Member> = ana.json(&["members", "list"]).await;
    let names: Vec<&str> = members.iter().map(|it| it.display_name.as_str()).collect();
    assert_eq!(names, ["Ana", "Bia"]);
    let csv = ana.run(&["members", "list", "--csv"]).await.good();
    assert!(csv.contains("\nBia,editor,bia@example.org,"), "{csv}");
    let listed = bia.run(&["members", "list"]).await.good();
    assert!(
        listed.contains("Ana   dono") && !listed.contains("ana@"),
        "{listed}"
    );

    let told = bia.run(&["members", "leave"]).await.good();
    assert_eq!(told, "Você não pertence mais a Casa Aurora.\n");
    let told = bia.run(&["members", "list"]).await.bad(1);
    assert!(told.contains("ecotrack profiles create"), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_home_is_handed_over_and_a_member_removed(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let bia = joined(&world, &ana, "Bia", "editor", Language::English).await;
    let _caio = joined(&world, &ana, "Caio", "viewer", Language::English).await;

    let told = ana.run(&["members", "leave"]).await.bad(1);
    assert!(told.starts_with("A home needs an owner."), "{told}");
    let told = ana.run(&["members", "role", "Ana", "viewer"]).await.bad(1);
    assert!(told.starts_with("A home needs an owner."), "{told}");
    let told = ana.run(&["members", "transfer", "Bia"]).await.good();
    assert!(told.starts_with("The home is Bia’s now"), "{told}");

    // An editor now, she may no longer do what only owners do.
    for words in [
        &["members", "remove", "Caio"][..],
        &["members", "role", "Caio", "editor"],
        &["members", "transfer", "Caio"],
        &["members", "invite"],
        &["members", "invitations"],
        &["profiles", "edit", "--city", "Betim"],
        &["profiles", "remove", "Casa Aurora"],
    ] {
        let told = ana.run(words).await.bad(1);
        assert!(
            told.starts_with("Your role in this home"),
            "{words:?}: {told}"
        );
    }
    let told = bia.run(&["members", "remove", "caio"]).await.good();
    assert_eq!(told, "Caio no longer belongs to the home.\n");
    let members: Vec<Member> = bia.json(&["members", "transfer", "Ana"]).await;
    let of_ana = members.iter().find(|it| it.display_name == "Ana").unwrap();
    assert_eq!((members.len(), of_ana.role), (2, Role::Owner));
    let answer: Value = ana.json(&["members", "remove", "Bia"]).await;
    assert_eq!(answer, Value::Null);
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_code_works_once_and_not_after_it_was_taken_back(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let bia = Shell::of_somebody(&world, "Bia", Language::English).await;
    let made: InvitationMade = ana.json(&["members", "invite"]).await;
    assert_eq!(made.invitation.role, Role::Editor);
    let home: EnergyProfile = bia.json(&["members", "join", &made.code]).await;
    assert_eq!(home.role, Role::Editor);

    let caio = Shell::of_somebody(&world, "Caio", Language::BrazilianPortuguese).await;
    for code in [made.code.as_str(), GOOD_LOOKING] {
        let told = caio.run(&["members", "join", code]).await.bad(1);
        assert!(told.contains("CODIGO: "), "{told}");
    }
    for (code, word) in [("", "CODIGO: "), ("ABCD", "ABCD-EFGH-JKMN-PQRS")] {
        let told = caio.run(&["members", "join", code]).await.bad(2);
        assert!(told.contains(word), "{told}");
    }

    let made: InvitationMade = ana.json(&["members", "invite", "--role", "owner"]).await;
    let key = made.invitation.invitation_id.to_string();
    let listed = ana.run(&["members", "invitations"]).await.good();
    assert!(
        listed.contains(&key[28..]) && listed.contains("owner"),
        "{listed}"
    );
    assert!(!listed.contains(&made.code), "{listed}");
    let told = ana.run(&["members", "revoke", "nothing"]).await.bad(1);
    assert!(told.starts_with("Nothing here goes by"), "{told}");
    let told = ana.run(&["members", "revoke", &key[28..]]).await.good();
    assert!(told.starts_with("Taken back: owner, until "), "{told}");
    caio.run(&["members", "join", &made.code]).await.bad(1);
    let told = ana.run(&["members", "invitations"]).await.good();
    assert!(told.starts_with("No code is open."), "{told}");
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn wrong_names_and_roles_of_members_are_refused(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    joined(&world, &ana, "Bia", "editor", Language::English).await;
    for words in [
        &["members", "role", "Dora", "viewer"][..],
        &["members", "remove", "Dora"],
        &["members", "transfer", "Dora"],
    ] {
        let told = ana.run(words).await.bad(1);
        assert!(
            told.ends_with("There is: Ana (owner); Bia (editor)\n"),
            "{words:?}: {told}"
        );
    }
    let told = ana.run(&["members", "transfer", "Ana"]).await.bad(1);
    assert!(told.contains("MEMBER: That is you"), "{told}");
    let told = ana.run(&["members", "role", "Bia", "king"]).await.bad(2);
    assert!(told.contains("viewer, editor, owner"), "{told}");
    let told = ana
        .run(&["members", "invite", "--role", "king"])
        .await
        .bad(2);
    assert!(told.contains("--role"), "{told}");
    let members: Vec<Member> = ana.json(&["members", "list"]).await;
    assert_eq!(
        members[1].role,
        Role::Editor,
        "nothing of all that was done"
    );
}

#[sqlx::test(migrator = "ecotrack_server::MIGRATOR")]
async fn a_stranger_sees_nothing_of_a_home(db: PgPool) {
    let world = World::new(db).await;
    let ana = Shell::of_ana(&world, Language::English).await;
    let home: EnergyProfile = ana.json(&["profiles", "show"]).await;
    let dora = Shell::of_somebody(&world, "Dora", Language::English).await;
    for name in ["Casa Aurora", &home.energy_profile_id.to_string()] {
        let told = dora.run(&["--profile", name, "bills", "list"]).await.bad(1);
        assert!(told.starts_with("No home is called"), "{told}");
    }
    let nobody = Shell::new(&world, Language::English);
    for words in [
        &["bills", "list"][..],
        &["members", "list"],
        &["account", "show"],
        &["profiles", "list"],
        &["tariffs", "list"],
        &["undo"],
    ] {
        let told = nobody.run(words).await.bad(1);
        assert!(told.contains("ecotrack login"), "{words:?}: {told}");
    }
}
