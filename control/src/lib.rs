//! Configuration sources and the admin API.
