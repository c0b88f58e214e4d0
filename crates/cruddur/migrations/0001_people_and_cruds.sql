-- One text for SQLite and PostgreSQL: BIGINT, TEXT, DOUBLE PRECISION and BLOB only. Times are microseconds since 1970, ids are text,
-- truth is 0 or 1.

CREATE TABLE users (
    uuid TEXT NOT NULL PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    is_demo BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

-- uuid is of version 7, so that its index is the order of the feed.
CREATE TABLE activities (
    uuid TEXT NOT NULL PRIMARY KEY,
    user_uuid TEXT NOT NULL REFERENCES users (uuid),
    message TEXT NOT NULL,
    replies_count BIGINT NOT NULL DEFAULT 0,
    reposts_count BIGINT NOT NULL DEFAULT 0,
    likes_count BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX activities_of_user ON activities (user_uuid, uuid);
CREATE INDEX activities_by_expiry ON activities (expires_at);

-- Only the SHA-256 of a session's token is kept: who reads the table cannot act as anybody.
CREATE TABLE sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_uuid TEXT NOT NULL REFERENCES users (uuid),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
