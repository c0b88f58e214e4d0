//! Opening the database.

use crate::harness::{House, PASSWORD, new, recorded, sign_up};
use cruddur::activity::{self, Page};
use cruddur::db::{ConnectError, Db, sqlite_url};
use cruddur::session;
use cruddur::user::{self, SignIn};

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    house.db.close().await;

    let url = sqlite_url(&house.folder.path().join("cruddur.db")).unwrap();
    let again = Db::connect(&url).await.unwrap();
    assert_eq!(user::by_handle(&again, "worf").await.unwrap(), worf);
    let input = SignIn {
        email: Some("worf@example.com".to_owned()),
        password: Some(PASSWORD.to_owned()),
    };
    assert_eq!(user::sign_in(&again, input, false).await.unwrap(), worf);
}

#[tokio::test]
async fn opening_makes_no_spans() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("an odd %name?.db")).unwrap();
    let (db, spans) = recorded(Db::connect(&url)).await;
    assert!(spans.is_empty(), "{spans:?}");
    user::sign_up(&db.unwrap(), sign_up("worf")).await.unwrap();
    assert!(folder.path().join("an odd %name?.db").exists());
}

#[tokio::test]
async fn a_database_in_memory_does_too() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    user::sign_up(&db, sign_up("worf")).await.unwrap();
    assert_eq!(user::by_handle(&db, "worf").await.unwrap().handle, "worf");
}

#[tokio::test]
async fn what_cannot_be_opened_is_said_in_one_line_without_secrets() {
    let missing = tempfile::tempdir().unwrap().path().join("gone/cruddur.db");
    for (url, says) in [
        (
            "postgres://londo:shoes@localhost/cruddur".to_owned(),
            "only SQLite is supported so far",
        ),
        (
            "mysql://londo:shoes@localhost/cruddur".to_owned(),
            "starts with `mysql:`",
        ),
        ("cruddur.db".to_owned(), "use `sqlite:path/to/cruddur.db`"),
        ("sqlite:".to_owned(), "use `sqlite:path/to/cruddur.db`"),
        (sqlite_url(&missing).unwrap(), "does its folder exist"),
    ] {
        let error: ConnectError = Db::connect(&url).await.unwrap_err();
        let words = error.to_string();
        assert!(words.contains(says), "{url}: {words}");
        assert!(!words.contains('\n') && !words.contains("shoes"), "{words}");
    }
}

/// A server's tasks move between threads, so what they await has to: this is about compiling.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_run_on_any_thread() {
    let house = House::new().await;
    let (db, worf) = (house.db.clone(), house.person("worf").await);
    let crud = tokio::spawn(async move {
        let token = session::create(&db, &worf).await?;
        let viewer = session::user_of(&db, &token).await?;
        let crud = activity::create(&db, &worf, new("anywhere", None)).await?;
        activity::home(&db, viewer.as_ref(), Page::default()).await?;
        activity::by_user(&db, "worf", Page::default()).await?;
        user::profile(&db, "worf").await?;
        activity::remove_expired(&db).await?;
        session::remove_expired(&db).await?;
        session::end(&db, &token).await?;
        activity::show(&db, "worf", &crud.uuid).await
    });
    assert_eq!(crud.await.unwrap().unwrap().message, "anywhere");
}
