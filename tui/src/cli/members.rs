//! `members`: who belongs to the home, and how one joins it.

use clap::Subcommand;
use ecotrack_common::locale::fl;
use ecotrack_common::member::{
    ChangedMember, Invitation, InvitationAcceptance, Member, NewInvitation, OwnershipTransfer,
};
use ecotrack_common::path;
use ecotrack_common::profile::Role;
use serde_json::Value;

use super::context::{AtHome, Context};
use super::lists::{Form, List, title};
use super::rows::{Name, ending, pick};
use super::shown::Shown;
use super::table::{Side, Table};
use super::words::words;
use super::writes::send;
use super::{Failure, Result};
use crate::client::new_key;
use crate::kept::Method;

#[derive(Debug, Subcommand)]
pub(super) enum Members {
    /// List who belongs to the home
    List(Form),
    /// Give a member another role
    Role {
        /// Member, by name, e-mail or key
        member: String,
        /// What they shall be able to do
        #[arg(value_parser = words(Role::ALL, Role::as_str))]
        role: Role,
    },
    /// Take a member out of the home
    Remove {
        /// Member, by name, e-mail or key
        member: String,
    },
    /// Leave the home
    Leave,
    /// Hand the home over: that member becomes its owner, you an editor
    Transfer {
        /// Member, by name, e-mail or key
        member: String,
    },
    /// Make a code that lets one person join, once, and print it
    Invite {
        /// What they shall be able to do
        #[arg(long, default_value_t = Role::Editor, value_parser = words(Role::ALL, Role::as_str))]
        role: Role,
    },
    /// List the codes that are still good; what they say is not kept
    Invitations(Form),
    /// Take a code back
    Revoke {
        /// Invitation, by the end of its key, as the list shows it
        invitation: String,
    },
    /// Join a home with a code
    Join {
        /// The code, as it was passed on
        code: String,
    },
}

const COLUMNS: &[&str] = &[
    "display_name",
    "role",
    "email",
    "joined_at",
    "account_id",
    "version",
];

const INVITATION_COLUMNS: &[&str] = &["role", "expires_at", "created_by", "invitation_id"];

pub(super) async fn run(context: &Context, command: Members) -> Result<()> {
    if let Members::Join { code } = command {
        return join(context, code).await;
    }
    let home = context.at_home().await?;
    match command {
        Members::Join { .. } => Ok(()),
        Members::List(form) => {
            let members = home.list(path::MEMBERS).await?;
            let list = List {
                rows: &members,
                columns: COLUMNS,
                empty: "empty-members",
            };
            let shown = context.shown();
            list.print(context, &form, |members| table(members, shown))
        }
        Members::Role { member, role } => change_role(context, &home, &member, role).await,
        Members::Remove { member } => {
            let member = find(context, &home, &member).await?;
            let path = path_of(&home, &member);
            let answer: Value = send(&home.client, Method::Delete, path, None::<&Value>).await?;
            let who = member.display_name.as_str();
            let words = context.locale.loader();
            tell(context, &answer, || {
                fl!(words, "cli-member-removed", who = who)
            })
        }
        Members::Leave => leave(context, &home).await,
        Members::Transfer { member } => {
            let member = find(context, &home, &member).await?;
            let body = OwnershipTransfer {
                account_id: member.account_id,
            };
            let path = home.path(path::OWNERSHIP);
            let members: Vec<Member> = send(&home.client, Method::Post, path, Some(&body)).await?;
            let who = member.display_name.as_str();
            let words = context.locale.loader();
            tell(context, &members, || {
                fl!(words, "cli-home-transferred", who = who)
            })
        }
        Members::Invite { role } => invite(context, &home, role).await,
        Members::Invitations(form) => {
            let invitations = home.list(path::INVITATIONS).await?;
            let list = List {
                rows: &invitations,
                columns: INVITATION_COLUMNS,
                empty: "cli-no-invitations",
            };
            let shown = context.shown();
            list.print(context, &form, |rows| invitation_table(rows, shown))
        }
        Members::Revoke { invitation } => revoke(context, &home, &invitation).await,
    }
}

async fn change_role(context: &Context, home: &AtHome, member: &str, role: Role) -> Result<()> {
    let member = find(context, home, member).await?;
    if member.role == role {
        let sentence = context.locale.text("cli-nothing-to-change");
        return Err(Failure::Usage(sentence));
    }
    let change = ChangedMember {
        version: member.version,
        role,
    };
    let path = path_of(home, &member);
    let after: Member = send(&home.client, Method::Put, path, Some(&change)).await?;
    let what = context.shown().member(&after);
    let words = context.locale.loader();
    tell(context, &after, || {
        fl!(words, "cli-member-role", what = what)
    })
}

async fn leave(context: &Context, home: &AtHome) -> Result<()> {
    let account = home.client.account().await?;
    let path = home.path_of(path::MEMBER, "account_id", &account.account_id);
    let answer: Value = send(&home.client, Method::Delete, path, None::<&Value>).await?;
    let name = home.profile.name.as_str();
    let words = context.locale.loader();
    tell(context, &answer, || fl!(words, "cli-left", home = name))
}

/// The code alone goes to standard output, for whoever passes it on with another program.
async fn invite(context: &Context, home: &AtHome, role: Role) -> Result<()> {
    let made = home
        .client
        .invite(home.id(), NewInvitation { role })
        .await?;
    if context.json {
        return context.streams.print_json(&made);
    }
    let shown = context.shown();
    let (role, until) = (
        shown.role(made.invitation.role),
        shown.instant(made.invitation.expires_at),
    );
    let words = context.locale.loader();
    let told = fl!(words, "told-invitation", role = role, until = until);
    context.streams.tell_line(&told);
    context.streams.print_line(&made.code)
}

async fn revoke(context: &Context, home: &AtHome, typed: &str) -> Result<()> {
    let invitations = home.list(path::INVITATIONS).await?;
    let shown = context.shown();
    let locale = &context.locale;
    let name = |row: &Invitation| Name::of_key(row.invitation_id.0, shown.invitation(row));
    let found = pick(invitations, typed, home.today(), locale, name)?;
    let path = home.path_of(path::INVITATION, "invitation_id", &found.invitation_id);
    let answer: Value = send(&home.client, Method::Delete, path, None::<&Value>).await?;
    let what = shown.invitation(&found);
    tell(context, &answer, || {
        fl!(locale.loader(), "cli-revoked", what = what)
    })
}

async fn join(context: &Context, code: String) -> Result<()> {
    let acceptance = InvitationAcceptance { code };
    acceptance.check()?;
    let (client, _) = context.signed_in()?;
    let home = client.accept_invitation(&acceptance, new_key()).await?;
    context
        .session_file()
        .remember_profile(home.energy_profile_id)?;
    let role = context.shown().role(home.role);
    let words = context.locale.loader();
    let name = home.name.as_str();
    tell(context, &home, || {
        fl!(words, "cli-joined", home = name, role = role)
    })
}

/// Says it, or prints the answer; `null` where the server had none.
fn tell(
    context: &Context,
    answer: &impl serde::Serialize,
    sentence: impl FnOnce() -> String,
) -> Result<()> {
    if context.json {
        context.streams.print_json(answer)
    } else {
        context.streams.print_line(&sentence())
    }
}

async fn find(context: &Context, home: &AtHome, typed: &str) -> Result<Member> {
    let members = home.list(path::MEMBERS).await?;
    let shown = context.shown();
    pick(
        members,
        typed,
        home.today(),
        &context.locale,
        |row: &Member| {
            let mut name = Name::called(row.account_id.0, &row.display_name, shown.member(row));
            name.called.extend(row.email.clone());
            name
        },
    )
}

fn path_of(home: &AtHome, member: &Member) -> String {
    home.path_of(path::MEMBER, "account_id", &member.account_id)
}

fn table(members: &[Member], shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left]);
    let titles = ["column-name", "column-role", "column-since", "column-email"];
    table.row(titles.map(|id| title(locale, id)));
    for row in members {
        table.row([
            row.display_name.clone(),
            shown.role(row.role),
            shown.instant(row.joined_at),
            row.email.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn invitation_table(invitations: &[Invitation], shown: Shown) -> Table {
    let locale = shown.locale();
    let mut table = Table::new(&[Side::Left, Side::Left, Side::Left, Side::Left]);
    let titles = [
        "cli-column-key",
        "column-role",
        "column-until",
        "column-who",
    ];
    table.row(titles.map(|id| title(locale, id)));
    for row in invitations {
        table.row([
            ending(row.invitation_id.0),
            shown.role(row.role),
            shown.instant(row.expires_at),
            row.created_by.clone().unwrap_or_default(),
        ]);
    }
    table
}
