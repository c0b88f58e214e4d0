//! What a page says of itself, once for all spans of a batch: part of it is for the relay, part is kept, and of the rest
//! it has no say.

use super::attribute::{as_number, as_text, text};
use super::clock::Clock;
use super::limits;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use trace_wire::{attribute, hex};

/// Resource attributes that a page may state, beside those that begin like [`PREFIXES`]: what can be known of the page and
/// its browser only. Nothing about hosts, processes, clouds or other services.
const NAMES: [&str; 4] = [
    "service.version",
    "service.instance.id",
    "deployment.environment.name",
    "network.effectiveType",
];
const PREFIXES: [&str; 10] = [
    "telemetry.sdk.",
    "telemetry.distro.",
    "browser.",
    "user_agent.",
    "device.",
    "os.",
    "screen.",
    "viewport.",
    "entry_page.",
    "network.connection.",
];
/// The most spans that one batch may say were dropped: many times what a page's queue holds.
const MOST_DROPPED: u64 = 100_000;

/// What a page says to the relay.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Statement {
    /// How its clock is off, if it knows.
    pub(super) clock: Option<Clock>,
    /// The sign-in that it was rendered for.
    pub(super) generation: Option<String>,
    /// How many spans it had to drop.
    pub(super) dropped: u64,
}

/// Takes the statement off a resource, removes what a page has no say in, and stamps the service.
pub(super) fn clean(spans: &mut ResourceSpans, service: &str) -> Statement {
    limits::cut(&mut spans.schema_url);
    let resource = spans.resource.get_or_insert_default();
    resource.entity_refs.clear();
    let attributes = &mut resource.attributes;

    let find = |name: &str| attributes.iter().find(|attribute| attribute.key == name);
    let dropped = find(attribute::SPAN_DROPPED).and_then(as_number).unwrap_or_default();
    let statement = Statement {
        clock: Clock::new(
            find(attribute::CLOCK_OFFSET_MS).and_then(as_number),
            find(attribute::CLOCK_ERROR_MS).and_then(as_number),
        ),
        generation: find(attribute::SPAN_GENERATION).and_then(as_text).map(str::to_owned),
        // As `as` does: a negative number, or none, is 0.
        dropped: (dropped as u64).min(MOST_DROPPED),
    };
    let session = find(attribute::SESSION_ID)
        .and_then(as_text)
        .filter(|id| is_session(id));
    let session = session.map(|id| text(attribute::SESSION_ID, id));

    let mut unknown = 0_u32;
    attributes.retain(|attribute| {
        let is_known = is_allowed(attribute) || limits::is_ours(&attribute.key);
        unknown += u32::from(!is_known);
        is_known
    });
    let dropped = unknown.saturating_add(limits::clean(attributes));
    resource.dropped_attributes_count = resource.dropped_attributes_count.saturating_add(dropped);
    attributes.push(text(attribute::SERVICE_NAME, service));
    attributes.extend(session);
    statement
}

fn is_allowed(attribute: &KeyValue) -> bool {
    let key = attribute.key.as_str();
    NAMES.contains(&key) || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// 16 bytes in lower-case hexadecimal digits, not all zero.
fn is_session(id: &str) -> bool {
    hex::read::<16>(id).is_some_and(|id| id != [0; 16])
}
