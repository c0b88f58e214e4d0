//! The axum binary: configuration, router, middleware in one list, start and graceful stop
