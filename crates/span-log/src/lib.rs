//! The durable path of every span: append OTLP bodies, fsync, read from a cursor, bounded
