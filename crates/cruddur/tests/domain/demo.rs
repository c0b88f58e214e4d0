//! The demo people.

use crate::harness::{House, NOW, recorded};
use cruddur::activity::{Page, home};
use cruddur::demo;

fn everything() -> Page {
    Page {
        before: None,
        limit: Some("100".to_owned()),
    }
}

#[tokio::test]
async fn an_empty_database_is_filled_once_and_quietly() {
    let house = House::new().await;
    let (filled, spans) = recorded(demo::fill(&house.db)).await;
    assert!(filled.unwrap());
    assert!(spans.is_empty(), "{spans:?}");
    let first = home(&house.db, None, everything()).await.unwrap();
    let people = demo::people(&house.db).await.unwrap();
    assert_eq!(
        people[0],
        ("Andrew Brown".to_owned(), "andrewbrown@cruddur.example".to_owned())
    );
    assert_eq!(people.len(), 8);

    assert!(!demo::fill(&house.db).await.unwrap());
    assert_eq!(home(&house.db, None, everything()).await.unwrap(), first);
    assert_eq!(demo::people(&house.db).await.unwrap(), people);
}

#[tokio::test]
async fn its_cruds_are_of_the_last_days_in_order_and_alive() {
    let house = House::new().await;
    demo::fill(&house.db).await.unwrap();
    let feed = home(&house.db, None, everything()).await.unwrap();
    assert_eq!(feed.activities.len(), 12);
    assert!(
        feed.activities
            .is_sorted_by(|one, next| one.created_at > next.created_at)
    );
    let crud = &feed.activities[0];
    assert_eq!(
        (crud.handle.as_str(), crud.message.as_str()),
        ("garek", "My dear doctor, I am just simple tailor")
    );
    assert_eq!(crud.created_at, "2026-11-24T01:20:00.000000Z");
    assert_eq!(crud.expires_at, "2026-11-24T14:20:00.000000Z");
    assert_eq!(house.db.now(), NOW);
}

#[tokio::test]
async fn where_somebody_is_nobody_is_added() {
    let house = House::new().await;
    house.person("worf").await;
    assert!(!demo::fill(&house.db).await.unwrap());
    assert!(demo::people(&house.db).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_start_at_once_fill_once() {
    let house = House::new().await;
    let (one, other) = (house.db.clone(), house.db.clone());
    let one = tokio::spawn(async move { demo::fill(&one).await });
    let other = tokio::spawn(async move { demo::fill(&other).await });
    let (one, other) = (one.await.unwrap().unwrap(), other.await.unwrap().unwrap());
    assert!(one != other, "{one} {other}");
    assert_eq!(demo::people(&house.db).await.unwrap().len(), 8);
}
