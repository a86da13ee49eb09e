//! Recording upstream, raw downstream, gateways under test.
