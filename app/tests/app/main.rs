//! The app as the server sees it: its routes, its server functions, and the pages that it renders, on a real database.

mod pages;
mod routes;
mod server_functions;
mod site;
