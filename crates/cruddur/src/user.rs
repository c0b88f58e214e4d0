//! People: who they are to others, what signing up and in takes, and (with `sql`) doing so.

mod sign_in;
mod sign_up;

#[cfg(feature = "sql")]
mod authenticate;
#[cfg(feature = "sql")]
pub(crate) mod password;
#[cfg(feature = "sql")]
pub(crate) mod register;
#[cfg(feature = "sql")]
mod show;

pub use sign_in::{SignIn, ValidSignIn};
pub use sign_up::{MAX_NAME_GRAPHEMES, MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, SignUp, ValidSignUp};

#[cfg(feature = "sql")]
pub(crate) use show::{find, user as read};
#[cfg(feature = "sql")]
pub use {
    authenticate::sign_in,
    register::sign_up,
    show::{by_handle, profile},
};

use serde::{Deserialize, Serialize};

/// A person as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Who it is; never changes.
    pub uuid: String,
    /// Their handle, without `@`, in lower case.
    pub handle: String,
    /// Their name.
    pub display_name: String,
}

/// A person, and how much they have to say. In JSON one flat object, as in the original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatProfile", into = "FlatProfile")]
pub struct Profile {
    /// The person.
    pub user: User,
    /// How many of their cruds have not expired.
    pub cruds_count: i64,
}

/// `serde(flatten)` does the same through a buffer of any value, whose code every visitor would download.
#[derive(Serialize, Deserialize)]
struct FlatProfile {
    uuid: String,
    handle: String,
    display_name: String,
    cruds_count: i64,
}

impl From<FlatProfile> for Profile {
    fn from(flat: FlatProfile) -> Self {
        Self {
            user: User {
                uuid: flat.uuid,
                handle: flat.handle,
                display_name: flat.display_name,
            },
            cruds_count: flat.cruds_count,
        }
    }
}

impl From<Profile> for FlatProfile {
    fn from(profile: Profile) -> Self {
        let Profile { user, cruds_count } = profile;
        Self {
            uuid: user.uuid,
            handle: user.handle,
            display_name: user.display_name,
            cruds_count,
        }
    }
}
