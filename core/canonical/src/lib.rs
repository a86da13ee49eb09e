//! Raw request heads become Host, Path, ClientIp and framing.
