//! What administrators ask.

use ecotrack_common::AccountId;
use ecotrack_common::admin::{
    AdminAccountPage, AdminEntryPage, AdminJobPage, AdminRow, AdminRowPage, AdminSet,
    AdminTrainingPage, RecoveryMade, SetSummary,
};
use ecotrack_common::path::{self, fill, segment};
use reqwest::Method;
use uuid::Uuid;

use super::{Client, Result};
use crate::admin::{Ask, Got, Listed, Page, Rows};

impl Client {
    /// The sets of reference data, with how many rows are not as they ship.
    pub async fn admin_sets(&self) -> Result<Vec<SetSummary>> {
        self.json(self.get(path::ADMIN_SETS)).await
    }

    /// A page of a set; `after` is the `next_after` of the page before.
    pub async fn admin_rows(
        &self,
        set: AdminSet,
        search: &str,
        edited: bool,
        after: Option<&str>,
    ) -> Result<AdminRowPage> {
        let request = self.get(&fill(path::ADMIN_ROWS, &[("set", &set)]));
        let edited = if edited { "true" } else { "false" };
        let mut query = vec![("search", search), ("edited", edited)];
        query.extend(after.map(|after| ("after", after)));
        self.json(request.query(&query)).await
    }

    /// A row with its document.
    pub async fn admin_row(&self, set: AdminSet, key: &str) -> Result<AdminRow> {
        let path = fill(path::ADMIN_ROW, &[("set", &set), ("key", &segment(key))]);
        self.json(self.get(&path)).await
    }

    /// A page of accounts; `after` is the `next_after` of the page before.
    pub async fn admin_accounts(
        &self,
        search: &str,
        after: Option<&str>,
    ) -> Result<AdminAccountPage> {
        let mut query = vec![("search", search)];
        query.extend(after.map(|after| ("after", after)));
        self.json(self.get(path::ADMIN_ACCOUNTS).query(&query))
            .await
    }

    /// Makes a recovery code. It takes no key: its code is told once, and kept nowhere.
    pub async fn make_recovery(&self, account: AccountId) -> Result<RecoveryMade> {
        let path = fill(path::ADMIN_RECOVERY, &[("account_id", &account)]);
        self.json(self.request(Method::POST, &path)).await
    }

    /// A page of jobs; `after` is the `next_after` of the page before.
    pub async fn admin_jobs(&self, after: Option<i64>) -> Result<AdminJobPage> {
        let mut request = self.get(path::ADMIN_JOBS);
        if let Some(after) = after {
            request = request.query(&[("after", after)]);
        }
        self.json(request).await
    }

    /// A page of trainings; `before` is the `next_before` of the page before.
    pub async fn admin_trainings(&self, before: Option<Uuid>) -> Result<AdminTrainingPage> {
        let request = self.get(path::ADMIN_TRAININGS);
        self.json(super::behind(request, before)).await
    }

    /// A page of the trail; `before` is the `next_before` of the page before.
    pub async fn admin_entries(&self, before: Option<Uuid>) -> Result<AdminEntryPage> {
        let request = self.get(path::ADMIN_ENTRIES);
        self.json(super::behind(request, before)).await
    }

    /// Answers a question of the screen.
    pub(crate) async fn admin(&self, ask: Ask) -> Result<Got> {
        Ok(match ask {
            Ask::Rows(page, edited, after) => Got::Rows(self.listed(page, edited, after).await?),
            Ask::Row(set, key) => Got::Row(set, Box::new(self.admin_row(set, &key).await?)),
            Ask::Sets => Got::Sets(self.admin_sets().await?),
            Ask::Recovery(account) => Got::Recovery(Box::new(self.make_recovery(account).await?)),
        })
    }

    /// A page of a list; where it begins is text to whoever asks.
    async fn listed(&self, page: Page, edited: bool, after: Option<String>) -> Result<Listed> {
        let key = || {
            after
                .as_deref()
                .and_then(|after| after.parse::<Uuid>().ok())
        };
        Ok(match page {
            Page::Set(set) => {
                let page = self.admin_rows(set, "", edited, after.as_deref()).await?;
                Listed {
                    rows: Rows::Set(page.rows),
                    next: page.next_after,
                    counts: None,
                }
            }
            Page::Accounts => {
                let page = self.admin_accounts("", after.as_deref()).await?;
                Listed {
                    rows: Rows::Accounts(page.accounts),
                    next: page.next_after,
                    counts: None,
                }
            }
            Page::Jobs => {
                let after = after.as_deref().and_then(|after| after.parse().ok());
                let page = self.admin_jobs(after).await?;
                Listed {
                    rows: Rows::Jobs(page.jobs),
                    next: page.next_after.map(|id| id.to_string()),
                    counts: None,
                }
            }
            Page::Trainings => {
                let page = self.admin_trainings(key()).await?;
                Listed {
                    rows: Rows::Trainings(page.trainings),
                    next: page.next_before.map(|id| id.to_string()),
                    counts: page.counts,
                }
            }
            Page::Log => {
                let page = self.admin_entries(key()).await?;
                Listed {
                    rows: Rows::Log(page.entries),
                    next: page.next_before.map(|id| id.to_string()),
                    counts: None,
                }
            }
        })
    }
}
