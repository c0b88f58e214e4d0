//! What is said of an attribute, for those who read traces and not code.

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, such as `http.route`.
    pub name: &'static str,
    /// The constant that stands for it in code.
    pub constant: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Who puts it on spans.
    pub set_by: &'static [SetBy],
    /// What it says, in a sentence or two of Markdown.
    pub meaning: &'static str,
}

/// What an attribute's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    String,
    /// A whole number (OTLP: int).
    Integer,
    /// A number of milliseconds (OTLP: double).
    Milliseconds,
    /// Boolean `true`, or absent.
    Flag,
}

impl Kind {
    /// In words.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Milliseconds => "number, ms",
            Self::Flag => "`true` or absent",
        }
    }
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetBy {
    /// `browser-telemetry`, on the page's spans.
    Page,
    /// `server-telemetry`, on the server's spans and on those that it makes in a page's stead.
    Server,
    /// The relay of `server-telemetry`, on the page's spans as they come in.
    Relay,
    /// Cruddur's domain and its server functions.
    App,
    /// The one executor that every SQL statement goes through.
    Database,
}

impl SetBy {
    /// In a word.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Server => "server",
            Self::Relay => "relay",
            Self::App => "app",
            Self::Database => "database",
        }
    }
}
