//! Clusters, endpoints, balancing, health.
