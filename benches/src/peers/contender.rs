//! Starts the gateways of the comparison and tells what they cost.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{GATEWAY_CORE, Group, LOAD_CORE, Problem, Result, Shape};

/// How long a gateway may take until it answers; ModSecurity compiles its rules meanwhile.
const START: Duration = Duration::from_secs(60);

const UPSTREAM: &str = include_str!("../../peers/upstream.conf");
const NGINX: &str = include_str!("../../peers/nginx.conf");
const MODSECURITY: &str = include_str!("../../peers/modsecurity.conf");
const ENVOY: &str = include_str!("../../peers/envoy.yaml");
const PORTCULLIS: &str = include_str!("../../peers/portcullis.yaml");

/// A gateway, or the upstream, while it runs. It is ended with the value.
#[derive(Debug)]
pub struct Contender {
    /// Its name in reports.
    pub name: &'static str,
    /// The comparison it takes part in.
    pub group: Group,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub struct Place {
    /// Root of the repository.
    pub root: PathBuf,
    /// Folder of the built binaries.
    pub binaries: PathBuf,
    /// Folder for configurations and logs of this run.
    pub folder: PathBuf,
}

/// The names of all, in the order in which they are measured.
pub const NAMES: [(&str, Group); 6] = [
    ("portcullis", Group::Plain),
    ("stock-pingora", Group::Plain),
    ("envoy", Group::Plain),
    ("nginx", Group::Plain),
    ("portcullis-waf", Group::Rules),
    ("nginx-modsecurity", Group::Rules),
];

fn said<T, E: std::fmt::Display>(
    what: impl std::fmt::Display,
    r: std::result::Result<T, E>,
) -> Result<T> {
    r.map_err(|error| format!("{what}: {error}"))
}

fn free() -> Result<SocketAddr> {
    let listener = said("no port", TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    said("no port", listener.local_addr())
}

/// Replaces every `{{name}}` and refuses a template with one left.
fn fill(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    match text.find("{{") {
        Some(at) => Err(format!("left in a template: {:.40}", text.get(at..).unwrap_or_default())),
        None => Ok(text),
    }
}

impl Place {
    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        said(path.display(), std::fs::write(&path, text))?;
        Ok(path)
    }

    fn spawn(&self, name: &str, core: u32, program: &Path, arguments: &[&str]) -> Result<Child> {
        let log = said(name, std::fs::File::create(self.folder.join(format!("{name}.out"))))?;
        let errors = said(name, log.try_clone())?;
        let mut command = Command::new("taskset");
        command.arg("-c").arg(core.to_string()).arg(program).args(arguments);
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        said(format!("{name}: {}", program.display()), command.spawn())
    }

    /// Starts the upstream.
    ///
    /// # Errors
    /// When nginx is not there or does not answer.
    pub fn upstream(&self) -> Result<Contender> {
        let address = free()?;
        let (listen, folder) = (address.to_string(), self.folder.display().to_string());
        let conf = fill(UPSTREAM, &[("listen", &listen), ("folder", &folder)])?;
        self.nginx("upstream", Group::Plain, LOAD_CORE, address, &conf)
    }

    fn nginx(
        &self,
        name: &'static str,
        group: Group,
        core: u32,
        address: SocketAddr,
        conf: &str,
    ) -> Result<Contender> {
        let path = self.write(&format!("{name}.conf"), conf)?.display().to_string();
        let log = self.folder.join(format!("{name}.log")).display().to_string();
        let child =
            self.spawn(name, core, Path::new("/usr/sbin/nginx"), &["-e", &log, "-c", &path])?;
        self.wait(Contender { name, group, address, child })
    }

    /// Starts one of [`NAMES`] in front of `upstream`.
    ///
    /// # Errors
    /// When it is not installed or does not answer; the end of its log says why.
    pub fn start(
        &self,
        name: &'static str,
        group: Group,
        upstream: SocketAddr,
    ) -> Result<Contender> {
        let address = free()?;
        let (listen, up) = (address.to_string(), upstream.to_string());
        match name {
            "stock-pingora" => {
                let program = self.binaries.join("stock-pingora");
                let child = self.spawn(name, GATEWAY_CORE, &program, &[&listen, &up])?;
                self.wait(Contender { name, group, address, child })
            }
            "envoy" => self.envoy(name, address, upstream),
            "nginx" => self.nginx(
                name,
                group,
                GATEWAY_CORE,
                address,
                &self.forward(name, &listen, &up, "", "")?,
            ),
            "nginx-modsecurity" => {
                let rules = self.modsecurity()?;
                let module = "load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;";
                let waf = format!("modsecurity on; modsecurity_rules_file {};", rules.display());
                let conf = self.forward(name, &listen, &up, module, &waf)?;
                self.nginx(name, group, GATEWAY_CORE, address, &conf)
            }
            _ => self.portcullis(name, group, address, upstream),
        }
    }

    fn forward(
        &self,
        name: &str,
        listen: &str,
        up: &str,
        modules: &str,
        waf: &str,
    ) -> Result<String> {
        let folder = self.folder.display().to_string();
        fill(
            NGINX,
            &[
                ("modules", modules),
                ("waf", waf),
                ("folder", &folder),
                ("name", name),
                ("listen", listen),
                ("upstream", up),
            ],
        )
    }

    /// Lays the pinned rule set out as ModSecurity includes it: files under plain names, data files
    /// beside the rules, and an empty line before every directive, without which the parser of
    /// libmodsecurity 3.0.9 takes a chained rule without actions and the rule after it for one.
    fn modsecurity(&self) -> Result<PathBuf> {
        let package = self.root.join("waf-rules/rulesets/crs/package/rules");
        let rules = self.folder.join("crs");
        said("crs", std::fs::create_dir_all(rules.join("owasp_crs")))?;
        let setup = package.join("@crs-setup.conf.example");
        said(setup.display(), std::fs::copy(&setup, rules.join("crs-setup.conf")))?;
        let from = package.join("@owasp_crs");
        for entry in said(from.display(), std::fs::read_dir(&from))? {
            let entry = said("crs", entry)?;
            let text = said(entry.path().display(), std::fs::read_to_string(entry.path()))?;
            let to = rules.join("owasp_crs").join(entry.file_name());
            said(to.display(), std::fs::write(&to, text.replace("\nSec", "\n\nSec")))?;
        }
        let folder = self.folder.display().to_string();
        let rules = rules.display().to_string();
        let text = fill(MODSECURITY, &[("folder", &folder), ("rules", &rules)])?;
        self.write("modsecurity.conf", &text)
    }

    fn envoy(&self, name: &'static str, address: SocketAddr, up: SocketAddr) -> Result<Contender> {
        let conf = fill(
            ENVOY,
            &[
                ("listen_host", &address.ip().to_string()),
                ("listen_port", &address.port().to_string()),
                ("upstream_host", &up.ip().to_string()),
                ("upstream_port", &up.port().to_string()),
            ],
        )?;
        let path = self.write("envoy.yaml", &conf)?.display().to_string();
        let program = self.root.join(".tools/envoy");
        let words = ["-c", &path, "--concurrency", "1", "-l", "warning", "--disable-hot-restart"];
        let child = self.spawn(name, GATEWAY_CORE, &program, &words)?;
        self.wait(Contender { name, group: Group::Plain, address, child })
    }

    fn portcullis(
        &self,
        name: &'static str,
        group: Group,
        address: SocketAddr,
        upstream: SocketAddr,
    ) -> Result<Contender> {
        let filters = match group {
            Group::Plain => "",
            Group::Rules => "filters:\n  - waf: { mode: blocking, paranoia: 1 }",
        };
        let text = fill(
            PORTCULLIS,
            &[
                ("filters", filters),
                ("admin", &free()?.to_string()),
                ("listen", &address.to_string()),
                ("upstream", &upstream.to_string()),
            ],
        )?;
        let path = self.write(&format!("{name}.yaml"), &text)?.display().to_string();
        let program = self.binaries.join("portcullis");
        let child = self.spawn(name, GATEWAY_CORE, &program, &["run", "-c", &path])?;
        self.wait(Contender { name, group, address, child })
    }

    fn wait(&self, mut contender: Contender) -> Result<Contender> {
        let end = Instant::now() + START;
        loop {
            if let Ok(200) = contender.ask(Shape::Get, "") {
                return Ok(contender);
            }
            let ended = said(contender.name, contender.child.try_wait())?;
            if ended.is_some() || Instant::now() > end {
                let tail = |suffix: &str| {
                    let file = self.folder.join(format!("{}.{suffix}", contender.name));
                    let text = std::fs::read_to_string(file).unwrap_or_default();
                    text.chars().rev().take(1500).collect::<Vec<_>>().into_iter().rev().collect()
                };
                let (out, log): (String, String) = (tail("out"), tail("log"));
                return Err(format!("{} does not answer ({ended:?}): {out}{log}", contender.name));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Contender {
    /// The status of one request of a shape, with `more` behind the target.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn ask(&self, shape: Shape, more: &str) -> Result<u16> {
        let mut request = shape.requests().into_iter().next().ok_or("a shape without requests")?;
        request.headers.retain(|(name, _)| name != "Connection");
        let head = request.wire(more, "Connection: close\r\n");
        let answer = self.exchange(&head)?;
        let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
        status.ok_or_else(|| format!("{}: no status in {answer:.60}", self.name))
    }

    /// How many requests reached the upstream so far; only of the upstream itself.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn count(&self) -> Result<u64> {
        let answer = self.exchange("GET /count HTTP/1.0\r\n\r\n")?;
        // stub_status: a line "accepts handled requests", then the three numbers.
        let numbers = answer.lines().skip_while(|line| !line.starts_with("server accepts")).nth(1);
        let requests = numbers.and_then(|line| line.split_whitespace().nth(2)?.parse().ok());
        requests.ok_or_else(|| format!("no count of the upstream in {answer}"))
    }

    fn exchange(&self, request: &str) -> Result<String> {
        let mut stream = said(self.name, TcpStream::connect(self.address))?;
        said(self.name, stream.set_read_timeout(Some(Duration::from_secs(5))))?;
        said(self.name, stream.write_all(request.as_bytes()))?;
        let mut answer = Vec::new();
        said(self.name, stream.read_to_end(&mut answer))?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Its processes: the folder in `/proc` and the fields of `stat` behind the name.
    fn processes(&self) -> Vec<(PathBuf, Vec<String>)> {
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let own = self.child.id().to_string();
        let process = |folder: PathBuf| {
            let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
            // The name may hold blanks; the fields after it do not.
            let words: Vec<String> =
                stat.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect();
            (words.get(2) == Some(&own)).then_some((folder, words))
        };
        entries.flatten().filter_map(|entry| process(entry.path())).collect()
    }

    /// CPU time and resident memory of its processes so far.
    pub fn cost(&self) -> Cost {
        let mut cost = Cost::default();
        for (_, words) in self.processes() {
            let number = |at: usize| words.get(at).and_then(|w| w.parse::<u64>().ok()).unwrap_or(0);
            cost.cpu_ticks += number(11) + number(12);
            cost.resident_pages += number(21);
        }
        cost
    }

    /// Refuses a gateway one of whose threads may run elsewhere than on its core.
    ///
    /// # Errors
    /// Names the thread's cores, or says that there is no process.
    pub fn one_core(&self) -> Result<()> {
        let mut threads = 0;
        for (folder, _) in self.processes() {
            for task in said(self.name, std::fs::read_dir(folder.join("task")))?.flatten() {
                let Ok(status) = std::fs::read_to_string(task.path().join("status")) else {
                    continue;
                };
                let allowed =
                    status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
                if allowed.map(str::trim) != Some(GATEWAY_CORE.to_string().as_str()) {
                    return Err(format!("{}: a thread may run on {allowed:?}", self.name));
                }
                threads += 1;
            }
        }
        if threads == 0 { Err(format!("{}: no thread found", self.name)) } else { Ok(()) }
    }
}

/// What a process group has used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// User and system time, hundredths of a second.
    pub cpu_ticks: u64,
    /// Resident memory, pages of 4 KiB.
    pub resident_pages: u64,
}

impl Drop for Contender {
    fn drop(&mut self) {
        // nginx ends its worker itself when it is asked, not when it is killed.
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// The versions of everything that takes part.
pub fn versions(place: &Place) -> Vec<(&'static str, String)> {
    let first = |program: &Path, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        let text = output.map(|o| [o.stdout, o.stderr].concat()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().find(|line| !line.trim().is_empty()).unwrap_or("unknown").trim().to_owned()
    };
    vec![
        ("portcullis", first(&place.binaries.join("portcullis"), "--version")),
        ("envoy", first(&place.root.join(".tools/envoy"), "--version")),
        ("nginx", first(Path::new("/usr/sbin/nginx"), "-v")),
        ("wrk", first(Path::new("wrk"), "-v")),
    ]
}

/// An attack that every gateway with rules must refuse.
pub const ATTACK: &str = "&x=1%27%20UNION%20SELECT%20password%20FROM%20users--";

/// Refuses a gateway that does not do its work before anything is measured.
///
/// # Errors
/// When a plain request is not 200, an attack passes the rules, or a thread is not bound to the gateway's core.
pub fn probe(contender: &Contender) -> Result<()> {
    let expect = |what: &str, got: u16, want: u16| -> std::result::Result<(), Problem> {
        if got == want {
            return Ok(());
        }
        Err(format!("{}: {what} got {got}, not {want}", contender.name))
    };
    contender.one_core()?;
    for shape in contender.group.shapes() {
        expect(shape.name(), contender.ask(*shape, "")?, 200)?;
    }
    match contender.group {
        Group::Plain => Ok(()),
        Group::Rules => expect("an attack", contender.ask(Shape::Get, ATTACK)?, 403),
    }
}
