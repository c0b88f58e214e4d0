//! What a feed has loaded: pages of cruds that are put together into one list.
//!
//! A page asks for one crud more than it shows, so that it knows whether there are more without a count.

use crate::moment::Moment;
use cruddur::activity::Activity;

/// How many cruds a page shows.
pub(crate) const PAGE_LENGTH: usize = 20;

/// What to ask the server for: one more than a page shows.
pub(crate) fn limit() -> Option<String> {
    Some((PAGE_LENGTH + 1).to_string())
}

/// The part of an answer that is shown, and whether more follows.
pub(crate) fn page(mut answer: Vec<Activity>) -> (Vec<Activity>, bool) {
    let more = answer.len() > PAGE_LENGTH;
    answer.truncate(PAGE_LENGTH);
    (answer, more)
}

/// Puts two lists together, newest first, each crud once.
///
/// Their ids are UUIDs of version 7, whose order is that of their making. So a page that is asked for again after posting puts
/// the new crud on top, and those that it pushed out of the page stay.
pub(crate) fn merged(known: &[Activity], loaded: &[Activity]) -> Vec<Activity> {
    let mut all: Vec<Activity> = loaded.iter().chain(known).cloned().collect();
    // A stable sort: of two with one id the loaded one is first, and is kept.
    all.sort_by(|one, other| other.uuid.cmp(&one.uuid));
    all.dedup_by(|later, earlier| later.uuid == earlier.uuid);
    all
}

/// Whether a crud still has time at `now`; one whose time cannot be read is shown.
pub(crate) fn is_alive(activity: &Activity, now: Moment) -> bool {
    Moment::parse(&activity.expires_at).is_none_or(|expires| !expires.left(now).over)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crud(uuid: &str, likes_count: i64) -> Activity {
        Activity {
            uuid: uuid.to_owned(),
            display_name: "Worf".to_owned(),
            handle: "worf".to_owned(),
            message: "I am out of prune juice".to_owned(),
            replies_count: 0,
            reposts_count: 0,
            likes_count,
            created_at: "2026-11-24T02:00:00Z".to_owned(),
            expires_at: "2026-11-24T03:00:00Z".to_owned(),
        }
    }

    fn ids(activities: &[Activity]) -> Vec<&str> {
        activities.iter().map(|activity| activity.uuid.as_str()).collect()
    }

    #[test]
    fn a_page_shows_one_less_than_it_asked_for() {
        let answer: Vec<_> = (0..=PAGE_LENGTH).map(|number| crud(&number.to_string(), 0)).collect();
        let (shown, more) = page(answer.clone());
        assert_eq!((shown.len(), more), (PAGE_LENGTH, true));
        let (shown, more) = page(answer[..PAGE_LENGTH].to_vec());
        assert_eq!((shown.len(), more), (PAGE_LENGTH, false));
        assert_eq!(page(Vec::new()), (Vec::new(), false));
        assert_eq!(limit().as_deref(), Some("21"));
    }

    #[test]
    fn lists_are_put_together_newest_first_each_crud_once() {
        let known = [crud("3", 0), crud("2", 0), crud("1", 0)];
        assert_eq!(
            ids(&merged(&known, &[crud("4", 0), crud("3", 0)])),
            ["4", "3", "2", "1"]
        );
        assert_eq!(ids(&merged(&known, &[crud("0", 0)])), ["3", "2", "1", "0"]);
        assert_eq!(ids(&merged(&[], &known)), ["3", "2", "1"]);
        assert_eq!(ids(&merged(&known, &[])), ["3", "2", "1"]);
    }

    #[test]
    fn of_two_the_newly_loaded_one_is_kept() {
        let all = merged(&[crud("1", 5)], &[crud("1", 6)]);
        assert_eq!(all, [crud("1", 6)]);
    }

    #[test]
    fn a_crud_is_gone_when_its_time_is_over() {
        let expires = Moment::parse("2026-11-24T03:00:00Z").expect("a time");
        assert!(is_alive(&crud("1", 0), Moment(expires.0 - 1)));
        assert!(!is_alive(&crud("1", 0), expires));
        let unreadable = Activity {
            expires_at: String::new(),
            ..crud("1", 0)
        };
        assert!(is_alive(&unreadable, expires));
    }
}
