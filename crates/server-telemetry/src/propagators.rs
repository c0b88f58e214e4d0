//! `OTEL_PROPAGATORS`: how a trace goes on from one process to the next.

mod b3;

pub(crate) use b3::{B3, DebugFlag};

use b3::B3Propagator;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

/// One way to write a trace, or what travels with it, into headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagator {
    /// `tracecontext`: W3C `traceparent` and `tracestate`.
    TraceContext,
    /// `baggage`: W3C `baggage`.
    Baggage,
    /// `b3`: reads both forms of B3, writes the single header.
    B3,
    /// `b3multi`: reads both forms of B3, writes the many headers.
    B3Multi,
}

/// Propagators in their order, each once. Where two find a parent, the later one wins, as in the specification's
/// composite propagator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propagators(Vec<Propagator>);

impl Default for Propagators {
    /// `tracecontext,baggage`.
    fn default() -> Self {
        Self(vec![Propagator::TraceContext, Propagator::Baggage])
    }
}

impl FromIterator<Propagator> for Propagators {
    fn from_iter<T: IntoIterator<Item = Propagator>>(propagators: T) -> Self {
        let mut each_once = Vec::new();
        for propagator in propagators {
            if !each_once.contains(&propagator) {
                each_once.push(propagator);
            }
        }
        Self(each_once)
    }
}

impl Propagators {
    /// None: no trace is joined, and none is passed on.
    pub const NONE: Self = Self(Vec::new());

    /// Reads the value of `OTEL_PROPAGATORS`.
    pub(crate) fn from_list(list: &str) -> Result<Self, String> {
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<&str> = names.collect();
        if names.contains(&"none") {
            let alone = names.iter().all(|name| *name == "none");
            return if alone {
                Ok(Self::NONE)
            } else {
                Err("\"none\" stands alone".to_owned())
            };
        }
        let propagators = names.into_iter().map(|name| match name {
            "tracecontext" => Ok(Propagator::TraceContext),
            "baggage" => Ok(Propagator::Baggage),
            "b3" => Ok(Propagator::B3),
            "b3multi" => Ok(Propagator::B3Multi),
            "xray" => Err("\"xray\" is not supported yet".to_owned()),
            other => Err(format!("{other:?} is not supported")),
        });
        propagators.collect()
    }

    /// Them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Propagator> {
        self.0.iter().copied()
    }

    /// Them as one, for [`opentelemetry::global::set_text_map_propagator`].
    pub fn text_map(&self) -> TextMapCompositePropagator {
        let each = self
            .iter()
            .map(|propagator| -> Box<dyn TextMapPropagator + Send + Sync> {
                match propagator {
                    Propagator::TraceContext => Box::new(TraceContextPropagator::new()),
                    Propagator::Baggage => Box::new(BaggagePropagator::new()),
                    Propagator::B3 => Box::new(B3Propagator::Single),
                    Propagator::B3Multi => Box::new(B3Propagator::Multi),
                }
            });
        TextMapCompositePropagator::new(each.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_its_order_and_each_name_once() {
        let list = Propagators::from_list(" b3, tracecontext,b3,,b3multi,baggage,tracecontext ").unwrap();
        let expected = [
            Propagator::B3,
            Propagator::TraceContext,
            Propagator::B3Multi,
            Propagator::Baggage,
        ];
        assert_eq!(list.iter().collect::<Vec<_>>(), expected);
        assert_eq!(Propagators::from_list("none"), Ok(Propagators::NONE));
        assert_eq!(
            Propagators::from_list("tracecontext,baggage"),
            Ok(Propagators::default())
        );
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for bad in ["xray", "jaeger", "ottrace", "B3", "w3c"] {
            let problem = Propagators::from_list(&format!("tracecontext,{bad}")).unwrap_err();
            assert!(problem.contains(bad) && problem.contains("not supported"), "{problem}");
        }
        assert!(Propagators::from_list("none,b3").is_err());
    }

    #[test]
    fn the_composite_writes_the_headers_of_all() {
        let fields = |list: &str| {
            let composite = Propagators::from_list(list).unwrap().text_map();
            let mut fields: Vec<_> = composite.fields().map(ToOwned::to_owned).collect();
            fields.sort();
            fields
        };
        assert_eq!(fields("tracecontext,baggage"), ["baggage", "traceparent", "tracestate"]);
        assert_eq!(fields("b3"), ["b3"]);
        assert_eq!(
            fields("b3multi"),
            ["x-b3-flags", "x-b3-sampled", "x-b3-spanid", "x-b3-traceid"]
        );
        assert!(fields("none").is_empty());
    }
}
