//! Cruds past their time are shown by nothing, and then removed.

use crate::harness::{HOUR, House, attribute, names, recorded};
use cruddur::activity::{Page, by_user, home, remove_expired};
use opentelemetry::Value;

#[tokio::test]
async fn the_last_microsecond_is_the_last() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    house.crud(&worf, "soon gone", "1-hour").await;
    house.clock.advance(HOUR - 1);
    assert_eq!(
        home(&house.db, None, Page::default()).await.unwrap().activities.len(),
        1
    );
    assert_eq!(remove_expired(&house.db).await.unwrap(), 0);
    house.clock.advance(1);
    assert!(
        home(&house.db, None, Page::default())
            .await
            .unwrap()
            .activities
            .is_empty()
    );
    assert!(
        by_user(&house.db, "worf", Page::default())
            .await
            .unwrap()
            .activities
            .is_empty()
    );
}

#[tokio::test]
async fn what_is_removed_is_gone_and_the_rest_stays() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    for _ in 0..3 {
        house.crud(&worf, "soon gone", "1-hour").await;
    }
    let kept = house.crud(&worf, "stays", "1-day").await;
    house.clock.advance(2 * HOUR);

    let (removed, spans) = recorded(remove_expired(&house.db)).await;
    assert_eq!(removed.unwrap(), 3);
    assert_eq!(names(&spans), ["activity.expire", "DELETE activities"]);
    assert_eq!(attribute(&spans[0], "app.removed"), Some(Value::I64(3)));

    // The row is gone, and not only hidden: back in its time it does not come back.
    house.clock.advance(-2 * HOUR);
    let feed = home(&house.db, None, Page::default()).await.unwrap();
    assert_eq!(feed.activities, [kept]);
}

#[tokio::test]
async fn more_than_a_batch_goes_at_once() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    for _ in 0..501 {
        house.crud(&worf, "soon gone", "1-hour").await;
    }
    house.clock.advance(2 * HOUR);
    let (removed, spans) = recorded(remove_expired(&house.db)).await;
    assert_eq!(removed.unwrap(), 501);
    assert_eq!(
        names(&spans),
        ["activity.expire", "DELETE activities", "DELETE activities"]
    );
}

#[tokio::test]
async fn an_idle_server_makes_no_noise() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    house.crud(&worf, "stays", "1-day").await;
    let (removed, spans) = recorded(remove_expired(&house.db)).await;
    assert_eq!(removed.unwrap(), 0);
    assert!(spans.is_empty(), "{spans:?}");
}
