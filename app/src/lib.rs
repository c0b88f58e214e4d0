//! What people see: pages, components and the server functions that they call
