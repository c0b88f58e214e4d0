//! Sessions hold until they are ended or 30 days old.

use crate::harness::{HOUR, House, attribute, names, recorded};
use cruddur::session;
use opentelemetry::Value;

#[tokio::test]
async fn a_token_is_its_persons() {
    let house = House::new().await;
    let (worf, garek) = (house.person("worf").await, house.person("garek").await);
    let worfs = session::create(&house.db, &worf).await.unwrap();
    let gareks = session::create(&house.db, &garek).await.unwrap();
    assert_eq!(session::user_of(&house.db, &worfs).await.unwrap(), Some(worf));
    assert_eq!(session::user_of(&house.db, &gareks).await.unwrap(), Some(garek));
    assert_eq!(worfs.len(), 64);
    assert_ne!(worfs, gareks);
}

#[tokio::test]
async fn only_a_hash_of_it_is_kept() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let token = session::create(&house.db, &worf).await.unwrap();
    house.db.close().await;
    let file = std::fs::read(house.folder.path().join("cruddur.db")).unwrap();
    let holds = |wanted: &str| file.windows(wanted.len()).any(|window| window == wanted.as_bytes());
    assert!(holds("worf@example.com"), "the file is the database");
    assert!(!holds(&token));
    assert!(!holds(crate::harness::PASSWORD));
}

#[tokio::test]
async fn what_is_no_token_is_nobodys() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let token = session::create(&house.db, &worf).await.unwrap();
    for other in ["", "x", &token[1..], &token.to_uppercase(), &"0".repeat(64)] {
        // A token without letters is its own upper case.
        if other != token {
            assert_eq!(session::user_of(&house.db, other).await.unwrap(), None, "{other}");
        }
    }
}

#[tokio::test]
async fn an_ended_session_is_over_and_others_are_not() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let (one, other) = (
        session::create(&house.db, &worf).await.unwrap(),
        session::create(&house.db, &worf).await.unwrap(),
    );
    session::end(&house.db, &one).await.unwrap();
    session::end(&house.db, &one).await.unwrap();
    assert_eq!(session::user_of(&house.db, &one).await.unwrap(), None);
    assert_eq!(session::user_of(&house.db, &other).await.unwrap(), Some(worf));
}

#[tokio::test]
async fn after_thirty_days_it_is_over_and_then_removed() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let token = session::create(&house.db, &worf).await.unwrap();
    house.clock.advance(30 * 24 * HOUR - 1);
    assert_eq!(session::user_of(&house.db, &token).await.unwrap(), Some(worf));
    let (removed, spans) = recorded(session::remove_expired(&house.db)).await;
    assert_eq!((removed.unwrap(), names(&spans)), (0, vec![]));

    house.clock.advance(1);
    assert_eq!(session::user_of(&house.db, &token).await.unwrap(), None);
    let (removed, spans) = recorded(session::remove_expired(&house.db)).await;
    assert_eq!(
        (removed.unwrap(), names(&spans)),
        (1, vec!["session.expire", "DELETE sessions"])
    );
    assert_eq!(attribute(&spans[0], "app.removed"), Some(Value::I64(1)));
    house.clock.advance(-1);
    assert_eq!(
        session::user_of(&house.db, &token).await.unwrap(),
        None,
        "removed, not only over"
    );
}
