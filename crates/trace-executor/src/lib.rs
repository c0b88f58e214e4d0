//! An executor for any_spawner whose tasks carry the OpenTelemetry context
