//! The pages, as they come from the server: whole, and usable without WASM.

use crate::support::app::app;
use crate::support::message::{Answer, Ask, between};
use crate::support::site::Site;
use axum::http::Method;

fn page(path: &str) -> Answer {
    app().send(Ask::page(path))
}

#[test]
fn every_page_is_html_of_our_origin_alone() {
    for path in ["/", "/signup", "/signin", "/@worf", "/nowhere"] {
        let page = page(path);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(page.header("cache-control"), "private, no-cache", "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(page.header("cross-origin-embedder-policy"), "require-corp", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        assert!(page.text().starts_with("<!DOCTYPE html><html lang=\"en\">"), "{path}");
        assert!(page.text().contains("</html>"), "{path}");

        let mut head = Ask::page(path);
        head.method = Method::HEAD;
        let answer = app().send(head);
        assert_eq!((answer.status, answer.body.len()), (page.status, 0), "{path}");
    }
}

#[test]
fn every_document_is_cross_origin_isolated_and_asks_for_nothing_elsewhere() {
    // What another origin serves without saying so would not be shown under `require-corp`.
    for path in ["/", "/signup", "/signin", "/@worf", "/nowhere", "/traces"] {
        let page = page(path);
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(page.header("cross-origin-embedder-policy"), "require-corp", "{path}");
        assert_eq!(page.header("cache-control"), "private, no-cache", "{path}");
        let text = page.text();
        let names = ["src=\"", "<link rel=\"stylesheet\" href=\"", "url("];
        for elsewhere in ["http:", "https:", "//"] {
            for name in names {
                assert!(
                    !text.contains(&format!("{name}{elsewhere}")),
                    "{path}: {name}{elsewhere}"
                );
            }
        }
    }
}

#[test]
fn no_page_of_many_at_once_is_sent_without_its_feed() {
    // One in 700 was, on two cores: a memo that was being computed while the database answered on another thread.
    let empty = || (0..500).filter(|_| !page("/").text().contains("<article")).count();
    let empty: usize = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4).map(|_| scope.spawn(empty)).collect();
        readers.into_iter().map(|reader| reader.join().expect("a reader")).sum()
    });
    assert_eq!(empty, 0, "of 2,000 pages");
}

#[test]
fn the_home_page_shows_the_feed_and_only_to_members_the_form() {
    let answer = page("/");
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert!(text.contains("<title>Home · Cruddur</title>"), "{text}");
    assert!(text.contains("role=\"feed\"") && text.contains("<article"));
    assert!(!text.contains("name=\"message\""), "nobody is signed in");

    let kira = app().sign_up("kira_pages");
    let text = app().send(Ask::page("/").cookie(&kira.cookie)).text();
    let form = between(&text, "<form action=\"/api/activities\"", "</form>");
    for part in [
        "method=\"post\"",
        "What would you like to say?",
        "name=\"message\"",
        "Expires in",
        "name=\"ttl\"",
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
    let choices: Vec<_> = form.split("<option value=\"").skip(1).collect();
    let values: Vec<_> = choices.iter().map(|choice| choice.split('"').next().unwrap()).collect();
    assert_eq!(
        values,
        ["30-days", "7-days", "3-days", "1-day", "12-hours", "3-hours", "1-hour"]
    );
    let chosen: Vec<_> = choices.iter().filter(|choice| choice.contains("selected")).collect();
    assert!(
        matches!(chosen[..], [choice] if choice.starts_with("7-days")),
        "{chosen:?}"
    );
}

#[test]
fn what_people_say_is_text_and_never_html() {
    let hostile = "</script></p><script>alert('Bajor')</script>\"'&amp;<!--";
    let kira = app().sign_up("hostile_pages");
    let id = app().crud(&kira, hostile);
    for path in ["/@hostile_pages".to_owned(), format!("/@hostile_pages/status/{id}")] {
        let text = page(&path).text();
        let crud = between(&text, "class=\"crud-text\">", "</p>");
        assert!(
            crud.starts_with("&lt;/script&gt;&lt;/p&gt;&lt;script&gt;alert("),
            "{crud}"
        );
        // The same text is in the hand-over to the browser, which is a script.
        assert_eq!(
            text.matches("<script").count(),
            text.matches("</script>").count(),
            "{text}"
        );
        assert!(
            !text.contains("<script>alert(") && !text.contains("&amp;<!--"),
            "{text}"
        );
    }
}

#[test]
fn signing_up_and_in_are_forms() {
    for (path, action, fields) in [
        (
            "/signup",
            "/api/users/signup",
            &["name", "email", "username", "password"][..],
        ),
        ("/signin", "/api/users/signin", &["email", "password"]),
    ] {
        let answer = page(path);
        assert_eq!(answer.status, 200);
        let text = answer.text();
        let form = between(&text, &format!("<form action=\"{action}\""), "</form>");
        assert!(form.contains("method=\"post\""));
        let inputs: Vec<_> = form.split("<input").skip(1).collect();
        assert_eq!(inputs.len(), fields.len());
        for (input, field) in inputs.iter().zip(fields) {
            assert_eq!(between(input, "name=\"", "\""), *field);
            assert!(!input.split('>').next().unwrap().contains("aria-invalid"), "{input}");
        }
        assert!(!form.contains("type=\"text\" name=\"password\""));
    }
}

#[test]
fn a_person_has_a_page_whatever_the_case() {
    let quark = app().sign_up("quark_pages");
    app().crud(&quark, "Rule 1: once you have their money, never give it back.");
    for path in ["/@quark_pages", "/@QUARK_pages"] {
        let page = page(path);
        assert_eq!(page.status, 200, "{path}");
        let text = page.text();
        assert!(text.contains("The quark_pages") && text.contains("1 Crud"), "{text}");
        assert!(text.contains("Rule 1: once you have their money"));
    }
}

#[test]
fn one_crud_has_a_page_under_its_author_only() {
    let odo = app().sign_up("rom_pages");
    let id = app().crud(&odo, "Brother, I have an idea");
    let page_of = |handle: &str, id: &str| page(&format!("/@{handle}/status/{id}"));
    let answer = page_of("rom_pages", &id);
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("Brother, I have an idea"));
    for (handle, id) in [
        ("worf", id.as_str()),
        ("rom_pages", "0198a1b2-0000-7000-8000-000000000000"),
        ("rom_pages", "none"),
    ] {
        let answer = page_of(handle, id);
        assert_eq!(answer.status, 404, "{handle} {id}");
        assert!(answer.text().contains("This crud is gone"));
        assert!(!answer.text().contains("Brother"));
    }
}

#[test]
fn what_is_not_there_is_said_in_words_and_with_404() {
    for (path, words) in [
        ("/nowhere", "There is no such page"),
        ("/@", "There is no such page"),
        ("/api/nothing", "There is no such page"),
        ("/@nobody_has_this", "Nobody here"),
        ("///", "There is no such page"),
        ("//evil.example/", "There is no such page"),
        ("/nowhere/", "There is no such page"),
    ] {
        let answer = page(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
    }
}

#[test]
fn a_place_in_the_feed_that_is_none_is_said_in_words() {
    for path in ["/?before=yesterday", "/@worf?before=yesterday"] {
        let answer = page(path);
        assert_eq!(answer.status, 422, "{path}");
        let words = between(&answer.text(), "role=\"alert\"", "</div>").to_owned();
        assert!(words.contains("has to be the uuid of a crud"), "{path}: {words}");
    }
}

#[test]
fn a_page_has_one_address() {
    for (path, location) in [
        ("//", "/"),
        ("/signin/", "/signin"),
        ("/@worf/", "/@worf"),
        ("/@worf/?before=x&y", "/@worf?before=x&y"),
        ("/@worf/status/1/", "/@worf/status/1"),
    ] {
        let answer = page(path);
        assert_eq!((answer.status, answer.header("location")), (308, location), "{path}");
    }
    assert_eq!(page("/").status, 200);
}

#[test]
fn a_page_takes_no_posts() {
    for path in ["/", "/signup", "/@worf"] {
        assert_eq!(app().send(Ask::form(path, &[("message", "x")])).status, 405, "{path}");
    }
}

#[test]
fn links_lead_through_the_whole_feed_with_no_crud_twice() {
    let dax = app().sign_up("dax_pages");
    let messages: Vec<_> = (1..=45).map(|number| format!("Host number {number}.")).collect();
    let messages: Vec<_> = messages.iter().map(String::as_str).collect();
    app().cruds(&dax, &messages, false);

    let mut seen = Vec::new();
    let mut next = Some("/@dax_pages".to_owned());
    let mut lengths = Vec::new();
    while let Some(path) = next {
        let text = page(&path).text();
        let cruds: Vec<_> = text.split("<article").skip(1).collect();
        lengths.push(cruds.len());
        for crud in cruds {
            seen.push(between(crud, "class=\"crud-text\">", "</p>").to_owned());
        }
        next = text.contains("Load more").then(|| {
            between(
                between(&text, "<div class=\"feed-more\">", "Load more"),
                "href=\"",
                "\"",
            )
            .to_owned()
        });
    }
    assert_eq!(lengths, [20, 20, 5]);
    let newest_first: Vec<_> = messages.iter().rev().map(|message| (*message).to_owned()).collect();
    assert_eq!(seen, newest_first);
}
