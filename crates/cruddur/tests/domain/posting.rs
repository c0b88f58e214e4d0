//! What may be posted, and what becomes of it.

use crate::harness::{HOUR, House, NOW, codes, new};
use cruddur::activity::{self, MAX_MESSAGE_GRAPHEMES, NewActivity, TimeToLive, message_length};
use cruddur::{Error, Invalid};

const FAMILY: &str = "👨‍👩‍👧‍👦";

#[test]
fn messages_that_hold() {
    for (typed, kept) in [
        ("Cloud is fun!", "Cloud is fun!"),
        ("  \n trimmed \t\n", "trimmed"),
        ("two\r\nlines\rand three", "two\nlines\nand three"),
        ("a\n\n b\tc", "a\n\n b\tc"),
        (FAMILY, FAMILY),
        (".", "."),
    ] {
        let valid = new(typed, None).check().unwrap();
        assert_eq!(valid.message, kept, "{typed:?}");
        assert_eq!(valid.ttl, TimeToLive::SevenDays);
    }
    for full in [
        "é".repeat(280),
        FAMILY.repeat(280),
        "e\u{301}".repeat(280),
        "ab\r\n".repeat(93) + "c",
    ] {
        assert_eq!(message_length(&full), MAX_MESSAGE_GRAPHEMES);
        new(&full, None).check().unwrap();
    }
}

#[test]
fn messages_that_do_not() {
    for (typed, code) in [
        (String::new(), "message_blank"),
        (" \r\n\t".to_owned(), "message_blank"),
        ("\u{200b}\u{a0}".to_owned(), "message_blank"),
        ("x".repeat(281), "message_exceed_max_chars"),
        (FAMILY.repeat(281), "message_exceed_max_chars"),
        ("nul\0".to_owned(), "message_control_characters"),
        ("bell\u{7}".to_owned(), "message_control_characters"),
    ] {
        let Invalid(errors) = new(&typed, None).check().unwrap_err();
        assert_eq!(errors.len(), 1, "{typed:?}: {errors:?}");
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code.as_str()),
            ("message", code),
            "{typed:?}"
        );
    }
    assert_eq!(
        NewActivity::default().check().unwrap_err().codes().next(),
        Some("message_blank")
    );
}

#[test]
fn a_message_too_long_says_by_how_much() {
    let Invalid(errors) = new(&"x".repeat(300), None).check().unwrap_err();
    assert!(
        errors[0].message.contains("has 300. Take 20 away"),
        "{}",
        errors[0].message
    );
}

#[test]
fn a_time_to_live_is_one_of_seven() {
    for choice in TimeToLive::ALL {
        assert_eq!(new("hi", Some(choice.value())).check().unwrap().ttl, choice);
    }
    for other in ["", "8-days", "forever", "7 days", "-1"] {
        let Invalid(errors) = new("hi", Some(other)).check().unwrap_err();
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code.as_str()),
            ("ttl", "ttl_blank"),
            "{other:?}"
        );
        let words = "30-days, 7-days, 3-days, 1-day, 12-hours, 3-hours or 1-hour";
        assert!(errors[0].message.contains(words), "{}", errors[0].message);
    }
}

#[test]
fn all_that_is_wrong_comes_at_once() {
    let invalid = new(" ", Some("never")).check().unwrap_err();
    assert_eq!(invalid.codes().collect::<Vec<_>>(), ["message_blank", "ttl_blank"]);
    assert_eq!(
        invalid.to_string(),
        format!("{} {}", invalid.0[0].message, invalid.0[1].message)
    );
}

#[tokio::test]
async fn a_crud_is_posted_with_its_times() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let crud = activity::create(&house.db, &worf, new(" Qapla'! ", Some("3-hours")))
        .await
        .unwrap();
    assert_eq!(crud.message, "Qapla'!");
    assert_eq!(
        (crud.handle.as_str(), crud.display_name.as_str()),
        ("worf", "worf of Cruddur")
    );
    assert_eq!(crud.created_at, "2026-11-24T02:20:00.000000Z");
    assert_eq!(crud.expires_at, "2026-11-24T05:20:00.000000Z");
    assert_eq!((crud.replies_count, crud.reposts_count, crud.likes_count), (0, 0, 0));
    // A UUID of version 7 begins with its milliseconds.
    let millis = i64::from_str_radix(&crud.uuid.replace('-', "")[..12], 16).unwrap();
    assert_eq!(millis, NOW / 1_000);
    assert_eq!(crud.uuid.as_bytes()[14], b'7');
    assert_eq!(activity::show(&house.db, "worf", &crud.uuid).await.unwrap(), crud);
}

#[tokio::test]
async fn a_crud_that_does_not_hold_is_not_there() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let result = activity::create(&house.db, &worf, new("", Some("1-year"))).await;
    assert_eq!(codes(result), ["message_blank", "ttl_blank"]);
    let feed = activity::home(&house.db, None, activity::Page::default())
        .await
        .unwrap();
    assert!(feed.activities.is_empty());
}

#[tokio::test]
async fn one_crud_is_shown_where_it_is_and_while_it_lives() {
    let house = House::new().await;
    let (worf, garek) = (house.person("worf").await, house.person("garek").await);
    let crud = house.crud(&worf, "Prune juice", "1-hour").await;
    house.crud(&garek, "Just a tailor", "1-hour").await;

    let shown = activity::show(&house.db, "WORF", &crud.uuid.to_uppercase())
        .await
        .unwrap();
    assert_eq!(shown, crud);
    for (handle, uuid) in [
        ("garek", crud.uuid.as_str()),
        ("nobody", crud.uuid.as_str()),
        ("worf", "0193a000-0000-7000-8000-000000000000"),
        ("worf", "not a uuid"),
        ("worf", ""),
    ] {
        let missing = activity::show(&house.db, handle, uuid).await;
        assert!(matches!(missing, Err(Error::NotFound)), "{handle} {uuid}: {missing:?}");
    }
    house.clock.advance(HOUR);
    let expired = activity::show(&house.db, "worf", &crud.uuid).await;
    assert!(matches!(expired, Err(Error::NotFound)), "{expired:?}");
}
