//! People: signing up, in and out, and who is signed in.

use crate::ApiError;
use browser_telemetry::TracedClient;
use cruddur::user::User;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use crate::{
    api::answer::{add_header, request_headers, traced},
    server_context::{services, viewer},
    session_cookie,
};

/// Makes an account and signs its person in.
///
/// # Errors
///
/// [`ApiError::Invalid`] with every problem at its field.
#[server(prefix = "/api", endpoint = "users/signup", client = TracedClient)]
pub async fn sign_up(
    /// The name to show, 1 to 50 characters.
    name: Option<String>,
    /// The e-mail address to sign in with.
    email: Option<String>,
    /// The handle: 2 to 30 letters, digits or underscores.
    username: Option<String>,
    /// The password, at least 10 characters.
    password: Option<String>,
) -> Result<User, ApiError> {
    traced("users::sign_up", async {
        let services = services()?;
        let input = cruddur::user::SignUp {
            name,
            email,
            username,
            password,
        };
        let user = cruddur::user::sign_up(&services.db, input).await?;
        let cookie = session_cookie::renew(&services, &request_headers(), &user).await?;
        add_header(http::header::SET_COOKIE, cookie);
        Ok(user)
    })
    .await
}

/// Signs a person in.
///
/// # Errors
///
/// [`ApiError::Invalid`] when e-mail address and password do not belong together, or a demo person may not sign in from here.
#[server(prefix = "/api", endpoint = "users/signin", client = TracedClient)]
pub async fn sign_in(
    /// The e-mail address of the account.
    email: Option<String>,
    /// Its password.
    password: Option<String>,
) -> Result<User, ApiError> {
    traced("users::sign_in", async {
        let services = services()?;
        let input = cruddur::user::SignIn { email, password };
        let user = cruddur::user::sign_in(&services.db, input, services.allow_demo).await?;
        let cookie = session_cookie::renew(&services, &request_headers(), &user).await?;
        add_header(http::header::SET_COOKIE, cookie);
        Ok(user)
    })
    .await
}

/// Ends the session, if there is one.
///
/// # Errors
///
/// [`ApiError::Internal`] when the database fails; the session then holds.
#[server(prefix = "/api", endpoint = "users/signout", client = TracedClient)]
pub async fn sign_out() -> Result<(), ApiError> {
    traced("users::sign_out", async {
        let services = services()?;
        let cookie = session_cookie::end(&services, &request_headers()).await?;
        add_header(http::header::SET_COOKIE, cookie);
        Ok(())
    })
    .await
}

/// Who is signed in: `null` when nobody is.
///
/// # Errors
///
/// None of its own; those of the way there.
#[server(prefix = "/api", endpoint = "users/current", input = GetUrl, client = TracedClient)]
pub async fn current() -> Result<Option<User>, ApiError> {
    traced("users::current", async { Ok(viewer()) }).await
}
