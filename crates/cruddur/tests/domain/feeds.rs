//! Feeds: order, pages, and what is not in them.

use crate::harness::{HOUR, House, codes};
use cruddur::Error;
use cruddur::activity::{Feed, Page, by_user, home};
use cruddur::user;

fn page(before: Option<&str>, limit: Option<&str>) -> Page {
    Page {
        before: before.map(str::to_owned),
        limit: limit.map(str::to_owned),
    }
}

fn messages(feed: &Feed) -> Vec<&str> {
    feed.activities
        .iter()
        .map(|activity| activity.message.as_str())
        .collect()
}

#[tokio::test]
async fn the_newest_is_first_also_within_a_millisecond() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let mut posted = Vec::new();
    for number in 0..10 {
        let new = crate::harness::new(&number.to_string(), None);
        posted.push(cruddur::activity::create(&house.db, &worf, new).await.unwrap());
    }
    posted.reverse();
    let feed = home(&house.db, Some(&worf), Page::default()).await.unwrap();
    assert_eq!(feed.activities, posted);
    assert_eq!(feed.next, None);
}

#[tokio::test]
async fn pages_follow_each_other_whatever_is_posted_meanwhile() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    for number in 1..=5 {
        house.crud(&worf, &number.to_string(), "7-days").await;
    }
    let first = home(&house.db, None, page(None, Some("2"))).await.unwrap();
    assert_eq!(messages(&first), ["5", "4"]);
    house.crud(&worf, "6", "7-days").await;
    let second = home(&house.db, None, page(first.next.as_deref(), Some("2")))
        .await
        .unwrap();
    assert_eq!(messages(&second), ["3", "2"]);
    let third = home(&house.db, None, page(second.next.as_deref(), Some("2")))
        .await
        .unwrap();
    assert_eq!(messages(&third), ["1"]);
    assert_eq!(third.next, None);
    let exactly = home(&house.db, None, page(None, Some("6"))).await.unwrap();
    assert_eq!((exactly.activities.len(), exactly.next), (6, None));
}

#[tokio::test]
async fn twenty_unless_said_otherwise() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    for number in 0..21 {
        house.crud(&worf, &number.to_string(), "7-days").await;
    }
    for absent in [page(None, None), page(Some(""), Some(" "))] {
        let feed = home(&house.db, None, absent).await.unwrap();
        assert_eq!(feed.activities.len(), 20);
        assert_eq!(feed.next.as_ref(), feed.activities.last().map(|last| &last.uuid));
    }
    assert_eq!(
        home(&house.db, None, page(None, Some("100")))
            .await
            .unwrap()
            .activities
            .len(),
        21
    );
}

#[tokio::test]
async fn a_page_that_is_none_is_refused_in_words() {
    let house = House::new().await;
    house.person("worf").await;
    for (before, limit, expected) in [
        (Some("yesterday"), None, vec!["before_invalid"]),
        (None, Some("0"), vec!["limit_invalid"]),
        (None, Some("101"), vec!["limit_invalid"]),
        (None, Some("-1"), vec!["limit_invalid"]),
        (None, Some("many"), vec!["limit_invalid"]),
        (None, Some("99999999999999999999"), vec!["limit_invalid"]),
        (
            Some("'; DROP TABLE users; --"),
            Some("1.5"),
            vec!["before_invalid", "limit_invalid"],
        ),
    ] {
        assert_eq!(codes(home(&house.db, None, page(before, limit)).await), expected);
        assert_eq!(codes(by_user(&house.db, "worf", page(before, limit)).await), expected);
    }
}

#[tokio::test]
async fn a_person_has_a_feed_and_a_count_of_their_own() {
    let house = House::new().await;
    let (worf, garek) = (house.person("worf").await, house.person("garek").await);
    house.crud(&worf, "honor", "1-hour").await;
    house.crud(&garek, "cloth", "7-days").await;
    house.crud(&worf, "juice", "7-days").await;

    assert_eq!(
        messages(&by_user(&house.db, "Worf", Page::default()).await.unwrap()),
        ["juice", "honor"]
    );
    let first = by_user(&house.db, "worf", page(None, Some("1"))).await.unwrap();
    let second = by_user(&house.db, "worf", page(first.next.as_deref(), Some("1")))
        .await
        .unwrap();
    assert_eq!((messages(&second), &second.next), (vec!["honor"], &None));
    let profile = user::profile(&house.db, "WORF").await.unwrap();
    assert_eq!((&profile.user, profile.cruds_count), (&worf, 2));

    house.clock.advance(HOUR);
    assert_eq!(
        messages(&by_user(&house.db, "worf", Page::default()).await.unwrap()),
        ["juice"]
    );
    assert_eq!(
        messages(&home(&house.db, None, Page::default()).await.unwrap()),
        ["juice", "cloth"]
    );
    assert_eq!(user::profile(&house.db, "worf").await.unwrap().cruds_count, 1);

    for nobody in ["nobody", "", "@worf"] {
        assert!(matches!(
            by_user(&house.db, nobody, Page::default()).await,
            Err(Error::NotFound)
        ));
        assert!(matches!(user::profile(&house.db, nobody).await, Err(Error::NotFound)));
        assert!(matches!(user::by_handle(&house.db, nobody).await, Err(Error::NotFound)));
    }
}

#[test]
fn a_profile_is_one_flat_object() {
    let json = r#"{"uuid":"1","handle":"worf","display_name":"Worf","cruds_count":3}"#;
    let profile: user::Profile = serde_json::from_str(json).unwrap();
    assert_eq!((profile.user.handle.as_str(), profile.cruds_count), ("worf", 3));
    assert_eq!(serde_json::to_string(&profile).unwrap(), json);
}
