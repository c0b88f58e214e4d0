//! A whole site in a test: the app's routes and server functions over a database of its own.

use app::server_context::{ExplorerOpen, Flash, HandOver, Services, Viewer};
use app::{App, DemoHint, FormFlash, session_cookie, shell};
use axum::Router;
use axum::body::Body;
use axum::routing::any;
use cruddur::user::{SignUp, User};
use cruddur::{activity, db::Db, user};
use http::{HeaderMap, Request, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use leptos::config::LeptosOptions;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use tempfile::TempDir;
use tower::ServiceExt;

/// One site at a time: each test has a runtime of its own, and what Leptos shares between them waits for ever, one time in
/// ten, when the runtime that it was waiting in has gone. A server has one runtime.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A site; its database goes with it.
pub(crate) struct Site {
    pub(crate) db: Db,
    key: cookie::Key,
    router: Router,
    _directory: TempDir,
    _alone: tokio::sync::MutexGuard<'static, ()>,
}

/// What a request is given besides its services.
#[derive(Clone, Default)]
pub(crate) struct Given {
    pub(crate) viewer: Option<User>,
    pub(crate) flash: Option<FormFlash>,
    pub(crate) demo: bool,
    pub(crate) hand_over: HandOver,
    pub(crate) explorer: bool,
}

/// A response, read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The session token that it sets.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.headers.get(header::SET_COOKIE)?.to_str().ok()?.split(';').next()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        let alone = ALONE.lock().await;
        let directory = tempfile::tempdir().expect("a directory");
        let url = cruddur::db::sqlite_url(&directory.path().join("cruddur.db")).expect("a path in UTF-8");
        let db = Db::connect(&url).await.expect("a database");
        let key = cookie::Key::from(&[7; 64]);

        let services = Services {
            db: db.clone(),
            cookie_key: key.clone(),
            secure_cookies: false,
            allow_demo: false,
            demo: Some(DemoHint {
                password: "just crud it!".to_owned(),
                people: vec![("Worf".to_owned(), "worf@demo.invalid".to_owned())],
            }),
        };
        let context = move || {
            let given = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Given>().cloned());
            let given = given.unwrap_or_default();
            provide_context(Services {
                allow_demo: given.demo,
                ..services.clone()
            });
            provide_context(Viewer(given.viewer));
            provide_context(Flash(given.flash));
            provide_context(given.hand_over);
            provide_context(ExplorerOpen(given.explorer));
        };
        let options = LeptosOptions::builder().output_name("cruddur").build();
        let (for_functions, for_shell) = (context.clone(), options.clone());
        let router = Router::new()
            .route(
                "/api/{*function}",
                any(move |request| handle_server_fns_with_context(for_functions.clone(), request)),
            )
            .leptos_routes_with_context(&options, generate_route_list(App), context, move || {
                shell(for_shell.clone())
            })
            .with_state(options);
        Self {
            db,
            key,
            router,
            _directory: directory,
            _alone: alone,
        }
    }

    /// Makes an account.
    pub(crate) async fn person(&self, handle: &str) -> User {
        let input = SignUp {
            name: Some(format!("The {handle}")),
            email: Some(format!("{handle}@example.org")),
            username: Some(handle.to_owned()),
            password: Some("a long enough password".to_owned()),
        };
        user::sign_up(&self.db, input).await.expect("an account")
    }

    /// Posts a crud and gives its uuid.
    pub(crate) async fn crud(&self, author: &User, message: &str) -> String {
        let new = activity::NewActivity {
            message: Some(message.to_owned()),
            ttl: None,
        };
        activity::create(&self.db, author, new).await.expect("a crud").uuid
    }

    /// Whose session a cookie of this site is.
    pub(crate) async fn session_of(&self, cookie: &str) -> Option<User> {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().expect("a header"));
        let token = session_cookie::token(&headers, &self.key)?;
        cruddur::session::user_of(&self.db, &token)
            .await
            .expect("a working database")
    }

    /// A page for somebody who is signed out.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_as(path, Given::default()).await
    }

    /// A page for whom is `given`.
    pub(crate) async fn get_as(&self, path: &str, given: Given) -> Answer {
        self.send(Request::get(path), given, String::new()).await
    }

    /// A call of a server function, as the browser's program makes it.
    pub(crate) async fn post(&self, path: &str, cookie: Option<&str>, given: Given, form: &str) -> Answer {
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.send(request, given, form.to_owned()).await
    }

    async fn send(&self, request: http::request::Builder, given: Given, body: String) -> Answer {
        let request = request.extension(given).body(Body::from(body)).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }
}
