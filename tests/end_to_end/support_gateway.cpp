#include "support_gateway.hpp"

#include "issuing_nodes.hpp"

#include <boost/beast/core/detail/base64.hpp>
#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace latchkey::test {

namespace {

pid_t start(const std::vector<std::string>& command, const std::string& log_file) {
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

std::string base64(const std::string& text) {
    namespace base64 = boost::beast::detail::base64;
    std::string out(base64::encoded_size(text.size()), '\0');
    out.resize(base64::encode(out.data(), text.data(), text.size()));
    return out;
}

void write(const std::string& path, const std::string& content) {
    std::ofstream(path) << content;
}

// The command's answer; the test ends if it fails.
boost::json::object of_command(const server_process& server, std::vector<std::string> words) {
    words.push_back("--json");
    const auto done = server.command(words);
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    return boost::json::parse(done.out).as_object();
}

} // namespace

child_process::child_process(const std::vector<std::string>& command, std::string log_file)
    : log_file_(std::move(log_file)), pid_(start(command, log_file_)) {}

child_process::~child_process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    wait_for_exit_of(pid_, std::chrono::seconds(5));
    kill();
}

void child_process::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

std::string child_process::log() const {
    std::ostringstream text;
    text << std::ifstream(log_file_).rdbuf();
    return text.str();
}

gateway_site::gateway_site(gateway_kind of, site_options options) : kind(std::move(of)) {
    start_latchkey(options);
    make_credentials();
    if (options.callers_required) caller_key_ = gateways_key;
    start_gateway();
}

void gateway_site::start_latchkey(const site_options& options) {
    write(folder.file("kek"), std::string(64, 'a') + "\n");
    std::string toml = "[tokens]\nkey_encryption_key_file = \"" + folder.file("kek") +
                       "\"\n[auth]\ncallers = \"" +
                       (options.callers_required ? "required" : "open") + "\"\n";
    if (options.secured) {
        authority.emplace();
        authority->write(folder.file("authority.pem"));
        const auto shown = authority->issue("DNS:localhost,IP:127.0.0.1", "latchkey");
        write(folder.file("certificate.pem"), shown.certificate_pem());
        write(folder.file("key.pem"), shown.key_pem());
        std::filesystem::permissions(folder.file("key.pem"), std::filesystem::perms(0600));
        toml += "[tls]\ncertificate_file = \"" + folder.file("certificate.pem") +
                "\"\nkey_file = \"" + folder.file("key.pem") + "\"\n";
    }
    toml += options.toml;
    // The gateway is a proxy whose word about its client's address counts.
    latchkey = std::make_unique<server_process>(
        database.uri(), "workers = 1\ntrusted_proxies = \"127.0.0.1\"\n", toml);
    BOOST_REQUIRE(
        soon([&] { return client(latchkey->api_socket()).ask(get("/readyz")).status == 200; }));
}

void gateway_site::make_credentials() {
    for (const auto* id : {"ours", "theirs"})
        latchkey->create_organization(id);
    const auto make = [&](const std::string& organization, std::vector<std::string> options) {
        return latchkey->create_key(organization, options);
    };
    const auto made = of_command(*latchkey, {"key", "create", "--organization", "ours", "--name",
                                             "test", "--scopes", "devices:read,devices:write"});
    our_key = made.at("api_key").as_string();
    our_key_id = made.at("key_id").as_string();
    weak_key = make("ours", {});
    limited_key = make("ours", {"--scopes", "devices:read", "--rate-limit", "2/1h"});
    bound_key = make("ours", {"--scopes", "devices:read", "--allowed-ips", "127.0.0.7"});
    their_key = make("theirs", {"--scopes", "devices:read"});
    gateways_key = make("ours", {"--scopes", "latchkey:verify"});
    unknown_key = make("ours", {});
    database.exec("delete from latchkey.api_keys" + whose_hash_is_of(unknown_key));
    device_secret = of_command(*latchkey, {"device", "register", "--organization", "ours", "--name",
                                           "Door", "--id", "door", "--scopes", "devices:read"})
                        .at("device_secret")
                        .as_string();
    BOOST_REQUIRE(soon([&] {
        our_token = token_of(client(latchkey->api_socket()).ask(ask_for_token(our_key)));
        return !our_token.empty();
    }));
}

void gateway_site::start_gateway(const std::function<void(gateway_order&)>& change) {
    gateway.reset();
    gateway_order order;
    order.folder = folder.file("gateway" + std::to_string(++started_));
    order.port = port_.number();
    order.latchkey_port = latchkey->port();
    order.upstream_port = upstream.port();
    if (authority) order.authority_file = folder.file("authority.pem");
    order.caller_key = caller_key_;
    if (change) change(order);
    std::filesystem::create_directory(order.folder);
    gateway = std::make_unique<child_process>(kind.configure(order), order.file("output"));
    const bool answers = soon([&] {
        try {
            // Caddy's inner site may be slower than the outer one.
            return ask_for("/open/started").status == 200 && ask_for("/any/started").status != 502;
        } catch (const std::runtime_error&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            return false;
        }
    });
    BOOST_REQUIRE_MESSAGE(answers, "the gateway does not answer: " + gateway->log());
}

void gateway_site::start_gateway(gateway_kind other) {
    kind = std::move(other);
    start_gateway();
}

answer gateway_site::ask(const std::string& bytes, int host) const {
    auto connection = connect(host);
    connection.send(bytes);
    return connection.receive(bytes.starts_with("HEAD "));
}

answer gateway_site::decided(const std::string& bytes, int host) const {
    answer a;
    soon([&] {
        a = ask(bytes, host);
        return a.status != 503 || a.field("Retry-After") == upstream_server::retry_after;
    });
    return a;
}

void restarted_latchkey::kill(server_process& first) {
    if (again_) again_->kill();
    if (first.pid() <= 0) return;
    first.signal(SIGKILL);
    first.wait_for_exit();
}

void restarted_latchkey::restart(server_process& first, const std::string& log) {
    kill(first);
    again_ = std::make_unique<child_process>(
        std::vector<std::string>{latchkey_binary(), "serve", "--config", first.config()}, log);
}

std::string gateway_site::basic(const std::string& id, const std::string& secret) {
    return "Authorization: Basic " + base64(id + ":" + secret) + "\r\n";
}

client gateway_site::unwatched(int port, int host) {
    struct nobody {
        watch_maker before = std::exchange(connection_watches(), nullptr);
        ~nobody() { connection_watches() = before; }
    } const watches;
    return client(port, host);
}

void run_all(std::span<const gateway_scenario> all, gateway_site& site) {
    for (const auto& one : all)
        BOOST_TEST_CONTEXT(one.name) {
            one.run(site);
        }
}

} // namespace latchkey::test
