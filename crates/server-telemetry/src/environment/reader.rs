//! Reading one variable after the other, and collecting what is wrong with them.

use super::variables::VARIABLES;
use http::Uri;
use std::fmt;
use std::time::Duration;

/// The largest number that the specification asks for, 2³¹ − 1. As milliseconds it is 24 days, which is as good as
/// without end, and can be added to any point in time.
const MOST: u64 = i32::MAX as u64;
/// So much of a wrong value is shown.
const SHOWN: usize = 200;

/// A variable that cannot be used. In words: its name, its value (unless that may be a secret) and what it takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub struct EnvError {
    /// The variable's name.
    pub name: &'static str,
    problem: String,
}

/// Everything that is wrong with the environment, a line for each variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvErrors(pub Vec<EnvError>);

impl fmt::Display for EnvErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let end_of_line = if index == 0 { "" } else { "\n" };
            write!(f, "{end_of_line}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for EnvErrors {}

/// Reads variables, and keeps what is wrong.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    errors: Vec<EnvError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            errors: Vec::new(),
        }
    }

    /// The end: what was wrong.
    pub(super) fn finish(self) -> Result<(), EnvErrors> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(EnvErrors(self.errors))
        }
    }

    /// The value, without the space around it. An empty one is none.
    pub(super) fn get(&self, name: &'static str) -> Option<String> {
        let value = (self.lookup)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// What the first of these variables that has a value says: the one for traces beats the general one, which is then
    /// not looked at.
    pub(super) fn first<T>(
        &mut self,
        names: [&'static str; 2],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (name, value) = self.first_set(names)?;
        self.checked(name, &value, parse)
    }

    /// The first of these variables that has a value.
    pub(super) fn first_set(&self, names: [&'static str; 2]) -> Option<(&'static str, String)> {
        let values = names.map(|name| self.get(name).map(|value| (name, value)));
        values.into_iter().flatten().next()
    }

    /// Keeps an error that shows the value. `problem` may be empty, where what the variable takes says it all.
    pub(super) fn refuse(&mut self, name: &'static str, value: &str, problem: &str) {
        let shown: String = value.chars().take(SHOWN).collect();
        let more = if shown.len() < value.len() { "…" } else { "" };
        let problem = if problem.is_empty() {
            format!("is {shown:?}{more}")
        } else {
            format!("is {shown:?}{more}: {problem}")
        };
        self.keep(name, &problem);
    }

    /// Keeps an error that does not show the value.
    pub(super) fn refuse_secret(&mut self, name: &'static str, problem: &str) {
        self.keep(name, &format!("cannot be used: {problem}"));
    }

    fn keep(&mut self, name: &'static str, problem: &str) {
        let known = VARIABLES.iter().find(|variable| variable.name == name);
        let problem = match known.map(|variable| variable.takes) {
            Some(takes) if !takes.is_empty() => format!("{problem}; it takes {takes}"),
            _ => problem.to_owned(),
        };
        self.errors.push(EnvError { name, problem });
    }

    /// A variable for something that is not there.
    pub(super) fn unsupported(&mut self, name: &'static str, problem: &str) {
        if let Some(value) = self.get(name) {
            self.refuse(name, &value, problem);
        }
    }

    /// A value that `parse` understands, or gives a problem for.
    pub(super) fn parsed<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let value = self.get(name)?;
        self.checked(name, &value, parse)
    }

    fn checked<T>(&mut self, name: &'static str, value: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(problem) => {
                self.refuse(name, value, &problem);
                None
            }
        }
    }

    /// A whole number from `least` to 2³¹ − 1.
    pub(super) fn number(&mut self, name: &'static str, least: u64) -> Option<u32> {
        self.parsed(name, |value| number(value, least))
    }

    /// A number of milliseconds.
    pub(super) fn duration(&mut self, name: &'static str) -> Option<Duration> {
        self.number(name, 0).map(|millis| Duration::from_millis(millis.into()))
    }

    /// A number of milliseconds, of which 0 means without end.
    pub(super) fn timeout(&mut self, name: &'static str) -> Option<Duration> {
        self.parsed(name, timeout)
    }

    /// An address that spans, or questions, can be sent to. An address with something in it that may be a secret is not
    /// shown.
    pub(super) fn address(&mut self, name: &'static str, value: &str) -> Option<Uri> {
        let problem = match parse_address(value) {
            Ok(uri) => return Some(uri),
            Err(problem) => problem,
        };
        if value.contains(['@', '?']) {
            self.refuse_secret(name, problem);
        } else {
            self.refuse(name, value, problem);
        }
        None
    }
}

/// `true` or `false`, in any case.
pub(super) fn boolean(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(String::new()),
    }
}

/// Milliseconds, of which 0 means without end.
pub(super) fn timeout(value: &str) -> Result<Duration, String> {
    let millis = match number(value, 0)? {
        0 => MOST,
        millis => millis.into(),
    };
    Ok(Duration::from_millis(millis))
}

fn number(value: &str, least: u64) -> Result<u32, String> {
    let number = value
        .parse::<u64>()
        .ok()
        .filter(|number| (least..=MOST).contains(number));
    number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(String::new)
}

fn parse_address(value: &str) -> Result<Uri, &'static str> {
    let uri: Uri = value.parse().map_err(|_| "it is no address")?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err("it does not begin with http:// or https://");
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err("it does not begin with http:// or https://");
    }
    if authority.as_str().contains('@') {
        return Err("credentials do not belong into an address but into headers");
    }
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if authority.host().is_empty() || (!port.is_empty() && authority.port_u16().is_none()) {
        return Err("its host or port is missing or wrong");
    }
    Ok(uri)
}

/// The items of a list with commas; empty ones do not count.
pub(super) fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}
