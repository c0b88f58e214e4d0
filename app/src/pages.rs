//! The pages, one file each. All are rendered on the server in one piece (`SsrMode::Async`): with parts that arrive later and are
//! moved into place by a script, nothing would be there without JavaScript, and the status would be sent before it is known.

#![expect(
    unreachable_pub,
    reason = "the component macro makes items that are `pub` whatever the function is"
)]

pub(crate) mod home;
pub(crate) mod not_found;
pub(crate) mod profile;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
pub(crate) mod status;
