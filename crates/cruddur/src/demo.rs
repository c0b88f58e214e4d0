//! The demo people and what they say: from the original's seeds and mock-ups, so that an empty Cruddur looks lived in.

use crate::Error;
use crate::activity::create::INSERT as INSERT_ACTIVITY;
use crate::clock::SECOND;
use crate::db::{Db, Statement};
use crate::span::quiet;
use crate::user::password;
use crate::user::register::INSERT as INSERT_USER;
use uuid::{NoContext, Timestamp, Uuid};

/// The password that all demo people share, and that the sign-in page shows to whoever sits at the machine.
pub const PASSWORD: &str = "just crud it!";

const HOUR: i64 = 60 * 60 * SECOND;
const DAY: i64 = 24 * HOUR;

const SELECT_ANYBODY: Statement = Statement::new("SELECT", "users", "SELECT uuid FROM users LIMIT 1");
const SELECT_PEOPLE: Statement = Statement::new(
    "SELECT",
    "users",
    "SELECT display_name, email FROM users WHERE is_demo = 1 ORDER BY created_at, uuid",
);

/// Handle and name; the e-mail address is the handle's, at a domain that cannot exist.
const PEOPLE: [(&str, &str); 8] = [
    ("andrewbrown", "Andrew Brown"),
    ("altbrown", "Alt Brown"),
    ("bayko", "Andrew Bayko"),
    ("londo", "Londo Mollari"),
    ("worf", "Worf"),
    ("garek", "Garek"),
    ("lore", "Lore"),
    ("coco", "Coco"),
];

/// Handle, message, how long ago it was posted, and how long it has left.
const CRUDS: [(&str, &str, i64, i64); 12] = [
    ("worf", "I am out of prune juice", 7 * DAY, 9 * DAY),
    (
        "londo",
        "My shoes are too tight. But it does not matter, because I have forgotten how to dance.",
        5 * DAY,
        25 * DAY,
    ),
    ("andrewbrown", "This was imported as seed data!", 4 * DAY, 10 * DAY),
    ("altbrown", "I am the other!", 4 * DAY - HOUR, 10 * DAY),
    ("coco", "I am white unicorn", 3 * DAY, 4 * DAY),
    ("andrewbrown", "Cloud is fun!", 2 * DAY, 5 * DAY),
    ("worf", "This post has no honor!", 2 * DAY - HOUR, 5 * DAY),
    ("bayko", "This platform is great!", DAY, 6 * DAY),
    (
        "londo",
        "Only an idiot would post a crud that lives for thirty days. This one has one.",
        14 * HOUR,
        10 * HOUR,
    ),
    (
        "altbrown",
        "Followed my last click from the browser down to the row. It spent most of its life waiting for Wi-Fi.",
        5 * HOUR,
        7 * HOUR,
    ),
    (
        "lore",
        "My dear brother, it the humans that are the problem",
        3 * HOUR,
        9 * HOUR,
    ),
    ("garek", "My dear doctor, I am just simple tailor", HOUR, 12 * HOUR),
];

/// Fills an empty database with the demo people and their cruds, and says whether it was empty. Makes no spans.
///
/// # Errors
///
/// The failures of [`Error`]; the database is then as it was.
pub async fn fill(db: &Db) -> Result<bool, Error> {
    quiet(async {
        if db.row(&SELECT_ANYBODY, Vec::new(), |_| Ok(())).await?.is_some() {
            return Ok(false);
        }
        // One hash for all: they share the password anyway.
        let hash = password::hash(PASSWORD.to_owned()).await?;
        let now = db.now();
        let mut transaction = db.begin().await?;
        if !transaction
            .rows(&SELECT_ANYBODY, Vec::new(), |_| Ok(()))
            .await?
            .is_empty()
        {
            return Ok(false);
        }
        let mut uuids = Vec::new();
        // One more millisecond for each keeps them in order.
        for ((handle, name), joined) in PEOPLE.into_iter().zip((now - 30 * DAY..).step_by(1_000)) {
            let uuid = uuid_at(joined);
            let values = vec![
                uuid.as_str().into(),
                handle.into(),
                email(handle).into(),
                name.into(),
                hash.as_str().into(),
                1.into(),
                joined.into(),
            ];
            transaction.execute(&INSERT_USER, values).await?;
            uuids.push((handle, uuid));
        }
        for (handle, message, age, left) in CRUDS {
            let Some((_, author)) = uuids.iter().find(|(known, _)| *known == handle) else {
                continue;
            };
            let created_at = now - age;
            let values = vec![
                uuid_at(created_at).into(),
                author.as_str().into(),
                message.into(),
                created_at.into(),
                (now + left).into(),
            ];
            transaction.execute(&INSERT_ACTIVITY, values).await?;
        }
        transaction.commit().await?;
        Ok(true)
    })
    .await
}

/// The name and e-mail address of each demo person who is in this database; none where it was never filled. Makes no spans.
///
/// # Errors
///
/// [`Error::Database`].
pub async fn people(db: &Db) -> Result<Vec<(String, String)>, Error> {
    let people = db.rows(&SELECT_PEOPLE, Vec::new(), |row| {
        Ok((row.text("display_name")?, row.text("email")?))
    });
    Ok(quiet(people).await?)
}

fn email(handle: &str) -> String {
    format!("{handle}@cruddur.example")
}

/// An id at its place in the feed. Not the database's own sequence, which only goes forward.
fn uuid_at(micros: i64) -> String {
    let seconds = u64::try_from(micros / SECOND).unwrap_or_default();
    let nanos = u32::try_from(micros % SECOND * 1_000).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos)).to_string()
}
