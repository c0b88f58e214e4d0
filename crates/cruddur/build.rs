//! Migrations are compiled in by a macro, which sees that one has changed but not that one was added.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
