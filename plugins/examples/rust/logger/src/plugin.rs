//! The callbacks.

use std::rc::Rc;

use log::{error, info};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

use crate::config::Config;
use crate::line::{keep, Line};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

#[derive(Default)]
struct Root {
    config: Rc<Config>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        match Config::read(&self.get_plugin_configuration().unwrap_or_default()) {
            Ok(config) => self.config = Rc::new(config),
            Err(problem) => {
                error!("configuration: {problem}");
                return false;
            }
        }
        true
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange { config: Rc::clone(&self.config), ..Exchange::default() }))
    }
}

#[derive(Default)]
struct Exchange {
    config: Rc<Config>,
    method: String,
    path: Vec<u8>,
    request_headers: Vec<Option<Vec<u8>>>,
    response_headers: Vec<Option<Vec<u8>>>,
    request_body: Vec<u8>,
    response_body: Vec<u8>,
    status: String,
}

impl Context for Exchange {}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        // What later filters change is not what the client asked for.
        self.method = self.get_http_request_header(":method").unwrap_or_default();
        self.path = self.get_http_request_header_bytes(":path").unwrap_or_default();
        let names = &self.config.request_headers;
        self.request_headers =
            names.iter().map(|name| self.get_http_request_header_bytes(name)).collect();
        Action::Continue
    }

    fn on_http_request_body(&mut self, size: usize, _end: bool) -> Action {
        if self.config.request_body {
            let piece = self.get_http_request_body(0, size).unwrap_or_default();
            keep(&mut self.request_body, &piece, self.config.max_body_bytes);
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.status = self.get_http_response_header(":status").unwrap_or_default();
        let names = &self.config.response_headers;
        self.response_headers =
            names.iter().map(|name| self.get_http_response_header_bytes(name)).collect();
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, _end: bool) -> Action {
        if self.config.response_body {
            let piece = self.get_http_response_body(0, size).unwrap_or_default();
            keep(&mut self.response_body, &piece, self.config.max_body_bytes);
        }
        Action::Continue
    }

    fn on_log(&mut self) {
        let mut line = Line::default();
        line.plain("method", &self.method);
        line.quoted("path", &self.path);
        line.plain("status", if self.status.is_empty() { "0" } else { &self.status });
        let sides = [
            ("request", &self.config.request_headers, &self.request_headers),
            ("response", &self.config.response_headers, &self.response_headers),
        ];
        for (side, names, values) in sides {
            for (name, value) in names.iter().zip(values) {
                if let Some(value) = value {
                    line.quoted(&format!("{side}.{name}"), value);
                }
            }
        }
        if self.config.request_body {
            line.quoted("request_body", &self.request_body);
        }
        if self.config.response_body {
            line.quoted("response_body", &self.response_body);
        }
        info!("{}", line.text());
    }
}
