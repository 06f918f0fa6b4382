use ecotrack_common::path;
use sqlx::PgPool;

use super::{cut, patterns};
use crate::testing::TestApp;

#[test]
fn a_row_beyond_the_page_says_that_there_is_a_next() {
    let mut rows = vec![1, 2, 3];
    assert!(cut(&mut rows, 2));
    assert_eq!(rows, [1, 2]);
    assert!(!cut(&mut rows, 2));
}

#[test]
fn what_is_searched_is_text_and_no_pattern() {
    assert_eq!(patterns(Some(" 50% a_b\\ ")), ["%50\\%%", "%a\\_b\\\\%"]);
    assert!(patterns(None).is_empty());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_is_no_administrator_any_more_is_none_at_once(db: PgPool) {
    let test = TestApp::new(db).await;
    let ana = test.administrator("Ana").await;
    assert_eq!(ana.get(path::ADMIN_SETS).await.status, 200);
    crate::accounts::administration::set_admin(&test.app, "ana@example.org", false)
        .await
        .unwrap();
    let refused = ana.get(path::ADMIN_SETS).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (403, "administrators_only")
    );
    assert_eq!(test.anonymous().get(path::ADMIN_SETS).await.status, 401);
}
