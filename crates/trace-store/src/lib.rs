//! The embedded trace store: takes events in, answers questions
