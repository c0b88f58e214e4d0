//! `OTEL_TRACES_SAMPLER` and its argument.

use super::reader::Reader;
use opentelemetry_sdk::trace::{Sampler, ShouldSample};

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";

/// The sampler where none is named: see [`super::Environment::sampler`].
pub(super) fn every_trace() -> Box<dyn ShouldSample> {
    Sampler::parent_based(Sampler::AlwaysOn)
        .with_remote_parent_not_sampled(Sampler::AlwaysOn)
        .into()
}

/// The specification's sampler of that name, exactly: also the SDK's `ParentBasedSampler`, as `Sampler::ParentBased`
/// takes an invalid parent for one that is not sampled.
pub(super) fn read(reader: &mut Reader<'_>) -> Box<dyn ShouldSample> {
    let Some(name) = reader.get(SAMPLER) else {
        return every_trace();
    };
    match name.as_str() {
        "always_on" => Sampler::AlwaysOn.into(),
        "always_off" => Sampler::AlwaysOff.into(),
        "traceidratio" => ratio(reader).into(),
        "parentbased_always_on" => Sampler::parent_based(Sampler::AlwaysOn).into(),
        "parentbased_always_off" => Sampler::parent_based(Sampler::AlwaysOff).into(),
        "parentbased_traceidratio" => Sampler::parent_based(ratio(reader)).into(),
        _ => {
            reader.refuse(SAMPLER, &name, "that sampler is not supported");
            every_trace()
        }
    }
}

fn ratio(reader: &mut Reader<'_>) -> Sampler {
    let share = reader.parsed("OTEL_TRACES_SAMPLER_ARG", |value| match value.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(String::new()),
    });
    Sampler::TraceIdRatioBased(share.unwrap_or(1.0))
}
