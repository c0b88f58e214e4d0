//! The one server inside this process.

use super::message::{Answer, Ask};
use super::site::{Person, Site};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, Request};
use cruddur::activity::NewActivity;
use cruddur::db::{Db, sqlite_url};
use cruddur::{Clock, activity, user};
use http_body_util::BodyExt;
use leptos::config::LeptosOptions;
use server::config::Config;
use server::start::start;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// What other services send.
pub(crate) const INGEST_KEY: &str = "the tests' own ingest key";
/// Who may open the explorer from elsewhere.
pub(crate) const OPERATOR: &str = "odo";
/// The hash in the names of the built files.
pub(crate) const HASH: &str = "1a2b3c4d5e6f7a8b";

const HOUR: i64 = 60 * 60 * 1_000_000;

static APP: LazyLock<App> = LazyLock::new(App::start);

/// The server that the tests share: with demo people, a key, an operator, and a built page.
pub(crate) fn app() -> &'static App {
    &APP
}

/// A server in this process.
pub(crate) struct App {
    runtime: Runtime,
    router: Router,
    data_dir: PathBuf,
    /// Held for as long as the process lives.
    _claim: File,
}

impl App {
    fn start() -> Self {
        let (folder, claim) = claim_folder();
        let data_dir = folder.join("data");
        let site = folder.join("site");
        build_page(&site);
        let variables = [
            ("CRUDDUR_DATA_DIR", data_dir.to_str().unwrap()),
            ("CRUDDUR_DEMO", "1"),
            ("CRUDDUR_INGEST_KEY", INGEST_KEY),
            ("CRUDDUR_OPERATORS", OPERATOR),
        ];
        let get = |name: &str| {
            let variable = variables.iter().find(|(known, _)| *known == name);
            variable.map(|(_, value)| (*value).to_owned())
        };
        let config = Config::read(get).expect("a configuration");
        let hashes = folder.join("hash.txt");
        fs::write(&hashes, format!("js: {HASH}\nwasm: {HASH}\ncss: {HASH}\n")).unwrap();
        let leptos = LeptosOptions::builder()
            .output_name("cruddur")
            .site_root(site.to_str().unwrap())
            .hash_file(hashes.to_str().unwrap().into())
            .hash_files(true)
            .build();
        let runtime = Runtime::new().expect("a runtime");
        let running = runtime.block_on(start(&config, leptos)).expect("a server");
        Self {
            runtime,
            router: running.router,
            data_dir,
            _claim: claim,
        }
    }

    /// A handle on the server's database that lives so many hours ago.
    fn database(&self, hours_ago: i64) -> Db {
        let url = sqlite_url(&self.data_dir.join("cruddur.sqlite")).unwrap();
        let db = self.runtime.block_on(Db::connect(&url)).unwrap();
        let now = db.now();
        match hours_ago {
            0 => db,
            hours => db.with_clock(Clock::standing(now - hours * HOUR)),
        }
    }

    /// The cookie of a session that began so many days ago.
    pub(crate) fn session_since(&self, days_ago: i64, person: &Person) -> String {
        let db = self.database(days_ago * 24);
        let token = self.runtime.block_on(async {
            let user = user::by_handle(&db, &person.handle).await.unwrap();
            let token = cruddur::session::create(&db, &user).await.unwrap();
            db.close().await;
            token
        });
        let key = cookie::Key::from(&fs::read(self.data_dir.join("cookie.key")).unwrap());
        let set = app::session_cookie::set(token, &key, false);
        set.to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// What the pages that are rendered for this person state as their sign-in.
    pub(crate) fn generation(&self, person: &Person) -> String {
        let key = cookie::Key::from(&fs::read(self.data_dir.join("cookie.key")).unwrap());
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, person.cookie.parse().unwrap());
        cruddur::session::public_name(&app::session_cookie::token(&headers, &key).expect("a session"))
    }

    /// Cruds that were posted two hours ago for one hour, or just now for seven days; quicker than over HTTP.
    pub(crate) fn cruds(&self, author: &Person, messages: &[&str], expired: bool) -> Vec<String> {
        let db = self.database(if expired { 2 } else { 0 });
        self.runtime.block_on(async {
            let author = user::by_handle(&db, &author.handle).await.unwrap();
            let mut uuids = Vec::new();
            for message in messages {
                let new = NewActivity {
                    message: Some((*message).to_owned()),
                    ttl: expired.then(|| "1-hour".to_owned()),
                };
                uuids.push(activity::create(&db, &author, new).await.unwrap().uuid);
            }
            db.close().await;
            uuids
        })
    }
}

impl Site for App {
    fn send(&self, ask: Ask) -> Answer {
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        *request.headers_mut().unwrap() = ask.headers;
        let request = request.extension(ConnectInfo(ask.peer)).body(Body::from(ask.body));
        let request = request.expect("a request");
        self.runtime.block_on(async {
            let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.collect().await.expect("a whole body").to_bytes().into(),
            }
        })
    }
}

/// The page's files as a build leaves them, but for what is in them.
fn build_page(site: &Path) {
    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg).unwrap();
    for name in ["js", "wasm", "css"] {
        fs::write(pkg.join(format!("cruddur.{HASH}.{name}")), format!("plain {name}")).unwrap();
    }
    fs::write(pkg.join(format!("cruddur.{HASH}.wasm.br")), "brotli wasm").unwrap();
    fs::write(site.join("favicon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
}

/// An empty folder below the target folder that no other run of the tests is using. Statics are never dropped, so it stays
/// behind, for the next run to empty.
fn claim_folder() -> (PathBuf, File) {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for number in 0.. {
        let folder = parent.join(format!("server-{number}"));
        let claim = File::create(folder.with_extension("lock")).unwrap();
        if claim.try_lock().is_ok() {
            if folder.exists() {
                fs::remove_dir_all(&folder).unwrap();
            }
            fs::create_dir_all(&folder).unwrap();
            return (folder, claim);
        }
    }
    unreachable!("there are more numbers than runs")
}
