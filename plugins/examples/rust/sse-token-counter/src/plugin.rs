//! The callbacks.

use std::rc::Rc;

use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MetricType};

use crate::config::Config;
use crate::counter::Counter;
use crate::events::Events;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

/// What all exchanges share: the property's name and the ids of the metrics.
#[derive(Default)]
struct Shared {
    property: String,
    events: u32,
    input: u32,
    output: u32,
}

#[derive(Default)]
struct Root {
    shared: Rc<Shared>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let config = match Config::read(&self.get_plugin_configuration().unwrap_or_default()) {
            Ok(config) => config,
            Err(problem) => {
                error!("configuration: {problem}");
                return false;
            }
        };
        let counter = |name: &str| {
            hostcalls::define_metric(
                MetricType::Counter,
                &format!("{}_{name}_total", config.metric_prefix),
            )
        };
        match (counter("events"), counter("input_tokens"), counter("output_tokens")) {
            (Ok(events), Ok(input), Ok(output)) => {
                self.shared =
                    Rc::new(Shared { property: config.property.clone(), events, input, output });
                true
            }
            _ => {
                error!("the host defines no metrics");
                false
            }
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange { shared: Rc::clone(&self.shared), ..Exchange::default() }))
    }
}

#[derive(Default)]
struct Exchange {
    shared: Rc<Shared>,
    /// Whether the response is a stream of events, and not reported yet.
    counting: bool,
    events: Events,
    counter: Counter,
}

impl Exchange {
    /// Tells the result, once: at the end of the stream, or when the exchange was cut.
    fn report(&mut self) {
        if !std::mem::take(&mut self.counting) {
            return;
        }
        let (input, output) = self.counter.tokens();
        let counts = [
            (self.shared.events, self.counter.events),
            (self.shared.input, input),
            (self.shared.output, output),
        ];
        for (metric, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let _ = hostcalls::increment_metric(metric, i64::try_from(count).unwrap_or(i64::MAX));
        }
        let report = self.counter.report();
        self.set_property(vec![&self.shared.property], Some(report.as_bytes()));
        info!("sse {report}");
    }
}

impl Context for Exchange {
    fn on_done(&mut self) -> bool {
        self.report();
        true
    }
}

impl HttpContext for Exchange {
    fn on_http_response_headers(&mut self, _count: usize, end: bool) -> Action {
        let kind = self.get_http_response_header("content-type").unwrap_or_default();
        self.counting = !end && kind.to_ascii_lowercase().starts_with("text/event-stream");
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, end: bool) -> Action {
        if self.counting {
            if let Some(piece) = self.get_http_response_body(0, size) {
                self.events.push(&piece, |event| self.counter.event(event));
            }
            if end {
                self.report();
            }
        }
        Action::Continue
    }
}
