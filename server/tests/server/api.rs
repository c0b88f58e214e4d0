//! `/api`: what the pages' own program, forms without JavaScript and JSON clients send and get.

mod activities;
mod feeds;
mod sessions;
mod traces;
mod users;
