// libmodsecurity 3 as a driver of `make bench-waf`, over its C API: the loop that benches/src/waf/serve.rs describes, the
// request file that benches/src/waf/request.rs describes. Built by benches/waf/run.sh.

#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using modsecurity::ModSecurity;
using modsecurity::ModSecurityIntervention;
using modsecurity::RulesSet;
using modsecurity::Transaction;

namespace {

[[noreturn]] void fail(const std::string &problem) {
    std::cerr << "waf-modsecurity: " << problem << std::endl;
    std::exit(1);
}

struct Request {
    std::string method, target, body;
    std::vector<std::pair<std::string, std::string>> headers;
};

std::vector<Request> read_requests(const std::string &file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) fail(file + ": cannot be read");
    std::vector<Request> requests;
    std::string line;
    while (std::getline(in, line)) {
        Request request;
        std::size_t headers = 0, body = 0;
        std::istringstream head(line);
        if (!(head >> request.method >> request.target >> headers >> body)) fail(file + ": not in the format");
        for (std::size_t i = 0; i < headers; i++) {
            std::getline(in, line);
            const std::size_t colon = line.find(": ");
            if (colon == std::string::npos) fail(file + ": not in the format");
            request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        }
        request.body.resize(body);
        in.read(request.body.data(), static_cast<std::streamsize>(body));
        if (!in || in.get() != '\n') fail(file + ": not in the format");
        requests.push_back(std::move(request));
    }
    return requests;
}

long long cpu_nanos() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

long long resident_kib() {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.rfind("VmRSS:", 0) == 0) return std::atoll(line.c_str() + 6);
    }
    return 0;
}

RulesSet *compile(const std::string &entry) {
    RulesSet *rules = modsecurity::msc_create_rules_set();
    const char *error = nullptr;
    if (modsecurity::msc_rules_add_file(rules, entry.c_str(), &error) < 0) fail(error ? error : entry);
    return rules;
}

// The status when a rule ended the exchange so far, 0 otherwise.
int stopped(Transaction *tx) {
    ModSecurityIntervention found{};
    found.status = 200;
    const int disruptive = modsecurity::msc_intervention(tx, &found);
    std::free(found.url);
    std::free(found.log);
    return disruptive ? found.status : 0;
}

const unsigned char *bytes(const std::string &text) {
    return reinterpret_cast<const unsigned char *>(text.data());
}

// Asked after every step, as the nginx connector does.
int phases(Transaction *tx, const Request &request) {
    modsecurity::msc_process_connection(tx, "192.0.2.7", 50000, "127.0.0.1", 80);
    if (int status = stopped(tx)) return status;
    modsecurity::msc_process_uri(tx, request.target.c_str(), request.method.c_str(), "1.1");
    if (int status = stopped(tx)) return status;
    for (const auto &[name, value] : request.headers) {
        modsecurity::msc_add_n_request_header(tx, bytes(name), name.size(), bytes(value), value.size());
    }
    modsecurity::msc_process_request_headers(tx);
    if (int status = stopped(tx)) return status;
    if (!request.body.empty()) modsecurity::msc_append_request_body(tx, bytes(request.body), request.body.size());
    modsecurity::msc_process_request_body(tx);
    return stopped(tx);
}

int run(ModSecurity *engine, RulesSet *rules, const Request &request) {
    Transaction *tx = modsecurity::msc_new_transaction(engine, rules, nullptr);
    const int status = phases(tx, request);
    modsecurity::msc_transaction_cleanup(tx);
    return status;
}

// The requests of a file, and how many of them ran.
struct File {
    std::vector<Request> requests;
    std::size_t ran = 0;
};

void run_all(ModSecurity *engine, RulesSet *rules, File &file, std::size_t count) {
    std::vector<long long> ends(1000);
    const long long before = cpu_nanos();
    for (std::size_t i = 0; i < count; i++) {
        const int status = run(engine, rules, file.requests[file.ran++ % file.requests.size()]);
        if (status >= 0 && status < 1000) ends[static_cast<std::size_t>(status)]++;
    }
    const long long nanos = cpu_nanos() - before;
    std::cout << "{\"nanos\":" << nanos << ",\"requests\":" << count << ",\"ends\":{";
    const char *comma = "";
    for (std::size_t status = 0; status < ends.size(); status++) {
        if (ends[status] == 0) continue;
        std::cout << comma << '"' << status << "\":" << ends[status];
        comma = ",";
    }
    std::cout << "}}" << std::endl;
}

template <class Numbers>
std::string list(const Numbers &numbers) {
    std::string text = "[";
    for (auto number : numbers) text += (text.size() > 1 ? "," : "") + std::to_string(number);
    return text + "]";
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2) fail("usage: DRIVER ENTRY, in the folder of the rules");
    ModSecurity *engine = modsecurity::msc_init();
    modsecurity::msc_set_log_cb(engine, [](void *, const void *) {});
    const long long before = cpu_nanos();
    RulesSet *rules = compile(argv[1]);
    std::cout << "{\"engine\":\"" << modsecurity::msc_who_am_i(engine) << "\",\"compile_nanos\":" << cpu_nanos() - before
              << ",\"resident_kib\":" << resident_kib() << "}" << std::endl;

    std::map<std::string, File> files;
    std::vector<RulesSet *> kept;
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string command, name;
        words >> command;
        if (command == "run") {
            std::size_t count = 0;
            if (!(words >> name >> count)) fail("no count");
            if (!files.count(name)) files[name].requests = read_requests(name);
            if (files[name].requests.empty()) fail(name + ": empty");
            run_all(engine, rules, files[name], count);
        } else if (command == "more") {
            std::vector<long long> nanos, resident{resident_kib()};
            while (words >> name) {
                const long long start = cpu_nanos();
                kept.push_back(compile(name));
                nanos.push_back(cpu_nanos() - start);
                resident.push_back(resident_kib());
            }
            std::cout << "{\"compile_nanos\":" << list(nanos) << ",\"resident_kib\":" << list(resident) << "}" << std::endl;
        } else {
            fail("no such command: " + line);
        }
    }
}
