//! Keeps the cores of the machine from sleeping while something is measured.
//!
//! A gateway that sends to a core that sleeps has to wake it, which in a virtual machine costs the sender ten
//! microseconds and more; one that is quick enough never lets upstream and load fall asleep. Who is slower would pay
//! twice for it, and for something that other machines take over where upstreams are elsewhere.

use std::fs::File;
use std::io::Write;

/// Where Linux takes the longest wake-up that is allowed, in microseconds, for as long as the file is open
/// (Documentation/power/pm_qos_interface.rst).
const LATENCY: &str = "/dev/cpu_dma_latency";

/// Cores stay awake for as long as this lives.
#[derive(Debug)]
pub struct Awake(Option<File>);

impl Awake {
    /// Asks for it. Where that is not allowed, cores sleep as they like, which reports say.
    pub fn keep() -> Self {
        let opened = File::options().write(true).open(LATENCY);
        let asked = opened.and_then(|mut file| file.write_all(&0_i32.to_ne_bytes()).map(|()| file));
        Self(asked.ok())
    }

    /// For reports.
    pub fn describe(&self) -> &'static str {
        match self.0 {
            Some(_) => "kept awake (PM QoS)",
            None => "may sleep: /dev/cpu_dma_latency cannot be written",
        }
    }
}
