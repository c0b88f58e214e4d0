//! The addresses that take input, for all three who send it: the page's own program, a form without JavaScript, and
//! JSON clients.
//!
//! There is one way in, the server function: JSON and forms are turned into its input, and its answer into theirs. So
//! all three get the same checks in the same words.

use crate::context::AppState;
use app::{ApiError, FAILED, FormFlash, form};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use cruddur::FieldError;
use leptos::server_fn::error::FromServerFnError;
use std::collections::BTreeMap;

/// An address that takes input, and the form that sends it.
struct Form {
    /// The path of its server function.
    path: &'static str,
    /// The form's name, if it comes back with what was wrong.
    name: &'static str,
    /// The page that shows the form.
    page: &'static str,
}

/// All of them.
const FORMS: [Form; 4] = [
    Form {
        path: "/api/activities",
        name: form::COMPOSE,
        page: "/",
    },
    Form {
        path: "/api/users/signup",
        name: form::SIGN_UP,
        page: "/signup",
    },
    Form {
        path: "/api/users/signin",
        name: form::SIGN_IN,
        page: "/signin",
    },
    Form {
        path: "/api/users/signout",
        name: "",
        page: "/",
    },
];

/// The largest body in bytes: a crud has at most 280 graphemes, and nothing else is longer.
const MAX_BODY: usize = 64 * 1024;

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// Takes a request at the address of a server function that takes input. They are left out of Leptos' own routes, which
/// know only the first of the three senders.
pub(crate) async fn take(State(state): State<AppState>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_json = text(&parts.headers, header::CONTENT_TYPE).starts_with("application/json");
    let is_form = text(&parts.headers, header::ACCEPT).contains("text/html");
    let body = match axum::body::to_bytes(body, MAX_BODY).await {
        Ok(body) => body,
        Err(_) => {
            return refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("Send at most {} KiB.", MAX_BODY / 1024),
            );
        }
    };
    if std::str::from_utf8(&body).is_err() {
        return refused(StatusCode::BAD_REQUEST, "Send text in UTF-8.".into());
    }
    let body = if is_json {
        match url_encoded(&body) {
            Ok(body) => body.into(),
            Err(why) => return refused(StatusCode::BAD_REQUEST, why),
        }
    } else {
        body
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(URL_ENCODED));
    let explorer = state.explorer_is_open(&parts.extensions, &parts.headers);
    let form = FORMS.iter().find(|form| form.path == parts.uri.path());
    let answer = call(&state, Request::from_parts(parts, Body::from(body.clone()))).await;
    match form {
        Some(form) if is_form => go_on(&state, form, &body, answer, explorer).await,
        _ => answer,
    }
}

/// Calls a server function with the app's contexts, for its JSON.
pub(crate) async fn call(state: &AppState, mut request: Request) -> Response {
    // Else Leptos would answer a browser (a form, or somebody who opens the API's address) with a redirect of its own.
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::ACCEPT, json);
    // Leptos looks functions up by their method; the body is taken off again by axum.
    if *request.method() == Method::HEAD {
        *request.method_mut() = Method::GET;
    }
    let state = state.clone();
    let context = move || state.provide();
    leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response()
}

fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// A JSON object of strings as a form.
fn url_encoded(body: &Bytes) -> Result<String, String> {
    let fields: BTreeMap<String, Option<String>> = serde_json::from_slice(body)
        .map_err(|error| format!("Send one JSON object whose values are strings: {error}."))?;
    let pairs: Vec<_> = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    serde_urlencoded::to_string(pairs).map_err(|error| error.to_string())
}

/// The answer to a form without JavaScript: a redirect, back to the form where something was wrong.
async fn go_on(state: &AppState, form: &Form, body: &Bytes, answer: Response, explorer: bool) -> Response {
    let (answered, answer) = answer.into_parts();
    if answered.status.is_success() {
        let mut response = see_other("/");
        for cookie in answered.headers.get_all(header::SET_COOKIE) {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        // The page that follows leads to the trace of what was just posted.
        if explorer && form.name == form::COMPOSE {
            let cookie = state.flashes.keep(FormFlash {
                form: form.name.into(),
                trace_id: app::current_trace_id(),
                ..FormFlash::default()
            });
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        return response;
    }
    let answer = axum::body::to_bytes(answer, MAX_BODY).await.unwrap_or_default();
    let error = ApiError::de(answer);
    if error == ApiError::SignInRequired {
        return see_other("/signin");
    }
    let errors = match &error {
        ApiError::Invalid(errors) => errors.clone(),
        error => vec![FieldError {
            field: String::new(),
            code: FAILED.into(),
            message: error.to_string(),
        }],
    };
    let mut values: BTreeMap<String, String> = serde_urlencoded::from_bytes::<Vec<(String, String)>>(body)
        .unwrap_or_default()
        .into_iter()
        .collect();
    values.remove("password");
    let cookie = state.flashes.keep(FormFlash {
        form: form.name.into(),
        values,
        errors,
        trace_id: app::current_trace_id(),
    });
    let mut response = see_other(form.page);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

fn see_other(location: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn refused(status: StatusCode, message: String) -> Response {
    let error = ApiError::Invalid(vec![FieldError {
        field: String::new(),
        code: "input_unreadable".into(),
        message,
    }]);
    (status, Json(error)).into_response()
}
