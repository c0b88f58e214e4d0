//! Cruds: the feeds, one crud, and posting one.
//!
//! Answers are the original's bare JSON. Feeds are newest first and take `before` (the uuid of the last crud that the caller
//! has) and `limit` (1 to 100, 20 when absent); `Link: rel="next"` names the page that follows.

use crate::ApiError;
use browser_telemetry::TracedClient;
use cruddur::{activity::Activity, user::Profile};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::answer::{link_next, traced},
    server_context::{services, signed_in, viewer},
};

/// A person and their cruds, as `GET /api/activities/user` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserFeed {
    /// Who it is.
    pub profile: Profile,
    /// Their cruds that have not expired, newest first.
    pub activities: Vec<Activity>,
}

/// Everybody's cruds that have not expired, newest first.
///
/// # Errors
///
/// [`ApiError::Invalid`] for a `before` or `limit` that is none, [`ApiError::Internal`] when the database fails.
#[server(prefix = "/api", endpoint = "activities/home", input = GetUrl, client = TracedClient)]
pub async fn home(
    /// The uuid of the last crud that the caller has; the newest page when absent.
    before: Option<String>,
    /// How many, 1 to 100; 20 when absent.
    limit: Option<String>,
) -> Result<Vec<Activity>, ApiError> {
    traced("activities::home", async {
        let services = services()?;
        let page = cruddur::activity::Page {
            before,
            limit: limit.clone(),
        };
        let feed = cruddur::activity::home(&services.db, viewer().as_ref(), page).await?;
        link_next("/api/activities/home", feed.next.as_deref(), limit.as_deref());
        Ok(feed.activities)
    })
    .await
}

/// A person and their cruds that have not expired, newest first.
///
/// # Errors
///
/// [`ApiError::NotFound`] for a handle that nobody has, and those of [`home`].
#[server(prefix = "/api", endpoint = "activities/user", input = GetUrl, client = TracedClient)]
pub async fn user(
    /// The person's handle, without the at sign.
    handle: Option<String>,
    /// The uuid of the last crud that the caller has; the newest page when absent.
    before: Option<String>,
    /// How many, 1 to 100; 20 when absent.
    limit: Option<String>,
) -> Result<UserFeed, ApiError> {
    traced("activities::user", async {
        let services = services()?;
        let handle = handle.unwrap_or_default();
        let profile = cruddur::user::profile(&services.db, &handle).await?;
        let page = cruddur::activity::Page {
            before,
            limit: limit.clone(),
        };
        let feed = cruddur::activity::by_user(&services.db, &handle, page).await?;
        link_next(
            &format!("/api/activities/@{}", profile.user.handle),
            feed.next.as_deref(),
            limit.as_deref(),
        );
        Ok(UserFeed {
            profile,
            activities: feed.activities,
        })
    })
    .await
}

/// One crud of a person.
///
/// # Errors
///
/// [`ApiError::NotFound`] when there is none, when it is somebody else's, and when it has expired.
#[server(prefix = "/api", endpoint = "activities/show", input = GetUrl, client = TracedClient)]
pub async fn show(
    /// The person's handle, without the at sign.
    handle: Option<String>,
    /// The crud's uuid.
    id: Option<String>,
) -> Result<Activity, ApiError> {
    traced("activities::show", async {
        let services = services()?;
        let activity =
            cruddur::activity::show(&services.db, &handle.unwrap_or_default(), &id.unwrap_or_default()).await?;
        Ok(activity)
    })
    .await
}

/// Posts a crud as the signed-in person.
///
/// # Errors
///
/// [`ApiError::SignInRequired`] without a session, [`ApiError::Invalid`] for a message or time to live that does not hold.
#[server(prefix = "/api", endpoint = "activities", client = TracedClient)]
pub async fn create(
    /// What to say: 1 to 280 characters.
    message: Option<String>,
    /// For how long: one of the values of [`TimeToLive`](cruddur::activity::TimeToLive); 7 days when absent.
    ttl: Option<String>,
) -> Result<Activity, ApiError> {
    traced("activities::create", async {
        let author = signed_in()?;
        let services = services()?;
        let new = cruddur::activity::NewActivity { message, ttl };
        Ok(cruddur::activity::create(&services.db, &author, new).await?)
    })
    .await
}
