//! What was typed and not sent: kept with every key, offered at the next start.

use super::{Subject, open};
use crate::app::{App, Context, Notice};
use crate::kept::{Done, Draft, Kept};
use crate::message::Effect;
use crate::readings::entry;
use crate::tariff;

impl App {
    /// The draft of a form about this, in this home.
    pub(crate) fn draft_of(&self, subject: Subject) -> Option<&Draft> {
        self.my_drafts()
            .filter(|draft| draft.subject == subject)
            .max_by_key(|draft| draft.at)
    }

    /// The newest draft of this home, to go on with.
    pub fn open_draft(&self) -> Option<&Draft> {
        self.my_drafts().max_by_key(|draft| draft.at)
    }

    fn my_drafts(&self) -> impl Iterator<Item = &Draft> {
        let account = self.account.as_ref().map(|account| account.account_id);
        self.drafts.iter().filter(move |draft| {
            Some(draft.account_id) == account
                && (draft.energy_profile_id.is_none() || draft.energy_profile_id == self.home)
        })
    }
}

/// Forgets the draft of the form that is open.
pub(crate) fn drop_draft(app: &mut App) -> Vec<Effect> {
    match app.draft.take() {
        Some(id) => {
            app.drafts.retain(|draft| draft.draft_id != id);
            vec![Effect::Drop(Done::Draft(id))]
        }
        None => Vec::new(),
    }
}

/// Keeps what stands in the form or on the reading line, if it changed since it was last kept.
pub(crate) fn keep_draft(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(account_id) = app.account.as_ref().map(|account| account.account_id) else {
        return Vec::new();
    };
    let mut id = app.draft;
    let (subject, row, values) = if let Some(entry) = &app.entry {
        match entry.draft() {
            Some((subject, row, values)) if entry.sending.is_none() => (subject, row, values),
            _ => return Vec::new(),
        }
    } else if let Some(unsaved) = tariff::draft(app) {
        id = unsaved.draft;
        (unsaved.subject, unsaved.row, unsaved.values)
    } else {
        match &app.form {
            Some(form)
                if form.subject.is_kept()
                    && form.key.is_none()
                    && (form.is_changed() || app.draft.is_some()) =>
            {
                (form.subject, form.base.clone(), form.values())
            }
            _ => return Vec::new(),
        }
    };
    let energy_profile_id = super::home_of_subject(app, subject);
    let id = id.unwrap_or(cx.fresh_key);
    let known = app.drafts.iter_mut().find(|draft| draft.draft_id == id);
    let same = |draft: &&mut Draft| {
        draft.values == values && draft.subject == subject && draft.base == row
    };
    if known.as_ref().is_some_and(same) {
        return Vec::new();
    }
    let draft = Draft {
        draft_id: id,
        account_id,
        energy_profile_id,
        subject,
        base: row,
        values,
        at: cx.now,
        process: std::process::id(),
    };
    match known {
        Some(known) => *known = draft.clone(),
        None => app.drafts.push(draft.clone()),
    }
    match (&mut app.tariff.open, subject) {
        (Some(open), Subject::OwnTariff(_)) => open.draft = Some(id),
        _ => app.draft = Some(id),
    }
    vec![Effect::Keep(Kept::Draft(Box::new(draft)))]
}

/// Goes on with the newest draft of this home.
pub fn resume(app: &mut App, cx: &Context) -> Vec<Effect> {
    let Some(draft) = app.open_draft().cloned() else {
        app.notice = Some(Notice::Text("drafts-none"));
        return Vec::new();
    };
    match draft.subject {
        Subject::Reading(_) | Subject::Correction(..) => {
            app.draft = Some(draft.draft_id);
            entry::resume(app, &draft, cx);
            Vec::new()
        }
        Subject::OwnTariff(_) => tariff::resume(app, &draft, cx),
        subject => open(app, subject, draft.base, cx),
    }
}
