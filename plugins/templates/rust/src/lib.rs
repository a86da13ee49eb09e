//! Adds a header to every response: its value is the plugin's configuration.

use std::rc::Rc;

use log::info;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

/// One for each configuration.
#[derive(Default)]
struct Root {
    greeting: Rc<str>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
        // false refuses the configuration: what ran before goes on.
        let Ok(text) = String::from_utf8(bytes) else { return false };
        let text = text.trim();
        self.greeting = Rc::from(if text.is_empty() { "hello" } else { text });
        info!("greets with {}", self.greeting);
        true
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange { greeting: Rc::clone(&self.greeting) }))
    }
}

/// One for each request with its response.
struct Exchange {
    greeting: Rc<str>,
}

impl Context for Exchange {}

impl HttpContext for Exchange {
    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.add_http_response_header("x-greeting", &self.greeting);
        Action::Continue
    }
}
