//! Cruds: what one is, what a new one has to be, and (with `sql`) making, reading and forgetting them.

mod new;
mod time_to_live;

#[cfg(feature = "sql")]
pub(crate) mod create;
#[cfg(feature = "sql")]
mod expire;
#[cfg(feature = "sql")]
mod feed;
#[cfg(feature = "sql")]
mod page;
#[cfg(feature = "sql")]
mod show;

pub use new::{MAX_MESSAGE_GRAPHEMES, NewActivity, ValidActivity, message_length};
pub use time_to_live::TimeToLive;

#[cfg(feature = "sql")]
pub use {
    create::create,
    expire::remove_expired,
    feed::{Feed, by_user, home},
    page::Page,
    show::show,
};

use serde::{Deserialize, Serialize};

/// A crud, with its author's names. Times are RFC 3339 in UTC with microseconds: `2026-11-24T02:20:00.000000Z`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// A UUID of version 7: the order of uuids is that of creation.
    pub uuid: String,
    /// The author's name.
    pub display_name: String,
    /// The author's handle, without `@`.
    pub handle: String,
    /// What was said; lines end with `\n`.
    pub message: String,
    /// How many replies there are.
    pub replies_count: i64,
    /// How often it was reposted.
    pub reposts_count: i64,
    /// How many people like it.
    pub likes_count: i64,
    /// When it was posted.
    pub created_at: String,
    /// From when on nobody sees it any more.
    pub expires_at: String,
}
