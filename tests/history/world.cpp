#include "world.hpp"
#include "subjects.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace latchkey::history {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// They give up and try again quickly: the whole run takes seconds.
constexpr auto quick = "feed_timeout = \"1s\"\nbackoff_min = \"10ms\"\nbackoff_max = \"500ms\"\n"
                       "connect_timeout = \"1s\"\n";

std::string milliseconds(std::chrono::milliseconds t) {
    return "\"" + std::to_string(t.count()) + "ms\"";
}

bool shifts_clock(const schedule& s, int node) {
    return std::ranges::any_of(s.steps, [&](const step& one) {
        return one.what == action::shift_clock && one.node == node;
    });
}

std::string made(const std::string& folder) {
    run_here({"/usr/bin/install", "-d", "-m", "755", folder, folder + "/address"});
    for (const auto* name : {"/a", "/b", "/c"})
        make_cluster_folder(folder + name);
    return folder;
}

} // namespace

// --- a node -------------------------------------------------------------------------------------

node::node(std::string uri, std::string database, std::string toml, std::string clock)
    : uri_(std::move(uri)), database_(std::move(database)), toml_(std::move(toml)) {
    if (!clock.empty()) clock_.emplace(std::move(clock));
}

std::shared_ptr<test::server_process> node::process() const {
    const std::lock_guard lock(mutex_);
    return process_;
}

void node::start() {
    std::vector<std::string> environment;
    // Only the real clock is shifted: no setting shifts the other clocks.
    if (clock_) environment = clock_->environment();
    auto begun = std::make_shared<test::server_process>(uri_, "workers = 1\n", toml_, environment,
                                                        database_);
    const std::lock_guard lock(mutex_);
    process_ = std::move(begun);
}

void node::restart(int signal) {
    const auto old = process();
    {
        const std::lock_guard lock(mutex_);
        process_.reset();
    }
    old->signal(signal);
    old->wait_for_exit();
    start();
}

void node::shift_clock(int seconds) const {
    clock_.value().shift(seconds);
}

// --- the world ----------------------------------------------------------------------------------

world::world(const schedule& s, const base& from, const std::string& in)
    : all(from),
      folder(made(in)),
      a(in + "/a"),
      b(in + "/b"),
      c(in + "/c"),
      from_a_(a.socket()),
      from_b_(b.socket()) {
    for (auto* one : {&a, &b})
        one->become_copy_of(all.primary());
    b.follow(from_a_.port());
    a.start();
    b.start();
    move_address(a);
    const auto cache = "[cache]\nmax_staleness = " + milliseconds(s.max_staleness) + "\n";
    const auto database = quick + ("feed_interval = " + milliseconds(s.feed_interval)) + "\n";
    for (int i = 0; i < nodes; ++i)
        node_of.push_back(std::make_unique<node>(
            uri_of(s, i), database, tokens_of(all) + cache,
            shifts_clock(s, i) ? folder + "/clock-" + std::to_string(i) : ""));
    for (const auto& one : node_of)
        one->start();
    for (const auto& one : node_of)
        if (!one->process()->wait_for("/readyz", 200))
            throw std::runtime_error("a node does not get ready: " + one->process()->log());
}

std::string world::uri_of(const schedule& s, int node) {
    auto& links = links_[node];
    if (s.reach == way::address) {
        links.push_back(std::make_unique<test::faulty_proxy>(folder + "/address/.s.PGSQL.5432"));
        return "postgresql://latchkey@/latchkey?host=" + links[0]->folder();
    }
    for (const auto* one : {&a, &b})
        links.push_back(std::make_unique<test::faulty_proxy>(one->socket()));
    return "postgresql://latchkey@/latchkey?host=" + links[0]->folder() + "," + links[1]->folder();
}

std::string world::conninfo() const {
    return "host=" + folder + "/address user=latchkey dbname=latchkey";
}

void world::move_address(const cluster& to) {
    const auto link = folder + "/address/.s.PGSQL.5432";
    std::error_code none;
    fs::remove(link + ".new", none);
    fs::create_symlink(to.socket(), link + ".new");
    fs::rename(link + ".new", link);
    ++moves_;
}

void world::rebuild_standby() {
    c.become_standby_of(b, from_b_.port());
    c.start();
    is_rebuilt_ = true;
}

void world::sever_replica() {
    (is_rebuilt_ ? from_b_ : from_a_).stall();
}

void world::stall(int node, bool stalled) {
    for (const auto& link : links_.at(node))
        stalled ? link->stall() : link->pass();
}

void world::break_links() {
    for (const auto& [node, links] : links_)
        for (const auto& link : links)
            link->reset();
}

std::map<std::string, std::string> world::issue_tokens() const {
    std::map<std::string, std::string> out;
    for (const auto& s : subjects()) {
        if (s.what != kind::token) continue;
        const auto end = std::chrono::steady_clock::now() + test::patience;
        while (!out.contains(s.name)) {
            const auto got = node_of[0]->process()->ask(
                test::post("/api/v1/auth/generate-token", R"({"api_key":")" + s.name + "\"}"));
            if (got.status == 200 && got.json().contains("access_token"))
                out[s.name] = got.json().at("access_token").as_string().c_str();
            else if (std::chrono::steady_clock::now() > end)
                throw std::runtime_error("no token for " + s.name + ": " + got.body);
        }
    }
    return out;
}

} // namespace latchkey::history
