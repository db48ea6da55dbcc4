#include "engine.hpp"

#include "fault.hpp"
#include "worker.hpp"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

namespace load {
namespace {

constexpr instant drain = 3 * second; // how long the last answers are waited for
constexpr rlim_t other_files = 64;

// The share of one of several parts.
std::size_t share(std::size_t whole, std::size_t part, std::size_t parts) {
    return whole * (part + 1) / parts - whole * part / parts;
}

void allow_files(std::size_t connections) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < connections + other_files)
        throw fault("--connections " + std::to_string(connections) +
                    " needs more open files than this process may have (" +
                    std::to_string(limit.rlim_max) + "); raise the limit (ulimit -Hn)");
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

// By the scheduler's account, of each of their threads. What has ended took nothing.
double cpu_seconds_of(const std::vector<int>& processes) {
    double ns = 0;
    for (const int pid : processes) {
        std::error_code ended;
        const auto tasks = "/proc/" + std::to_string(pid) + "/task";
        for (const auto& task : std::filesystem::directory_iterator(tasks, ended)) {
            double took = 0;
            if (std::ifstream(task.path() / "schedstat") >> took) ns += took;
        }
    }
    return ns / 1e9;
}

struct used_cpu {
    double own;
    double watched;
};

used_cpu cpu_at(instant when, const std::vector<int>& watched) {
    std::this_thread::sleep_until(as_time_point(when));
    return {cpu_seconds(), cpu_seconds_of(watched)};
}

std::vector<std::unique_ptr<worker>> make_workers(const options& how, const mix& what,
                                                  const target& to, const tls_client* tls) {
    std::vector<std::unique_ptr<worker>> out;
    for (std::size_t i = 0; i < how.threads; ++i) {
        std::optional<double> rate;
        if (how.rate) rate = *how.rate / static_cast<double>(how.threads);
        out.push_back(
            std::make_unique<worker>(work{.what = what,
                                          .to = to,
                                          .tls = tls,
                                          .connections = share(how.connections, i, how.threads),
                                          .rate = rate,
                                          .random_arrivals = how.random_arrivals,
                                          .timeout = as_instant(how.timeout),
                                          .seed = how.seed + i * 0x9e3779b97f4a7c15,
                                          .thread = i,
                                          .threads = how.threads}));
        out.back()->connect();
    }
    return out;
}

} // namespace

result run(const options& how, const mix& what) {
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes to connections that the server has closed
    allow_files(how.connections);
    const target to = find_target(how.to);
    std::optional<tls_client> tls;
    if (!how.tls.empty()) tls.emplace(how.tls, to.name);
    const auto workers = make_workers(how, what, to, tls ? &*tls : nullptr);

    period when{};
    when.begin = read_clock() + second / 100; // the threads need a moment
    when.measured = when.begin + as_instant(how.warm_up);
    when.end = when.measured + as_instant(how.seconds);
    when.drained = when.end + drain;
    std::vector<std::jthread> threads;
    for (const auto& each : workers)
        threads.emplace_back([&each, when] { each->run(when); });
    const auto before = cpu_at(when.measured, how.watched);
    const auto after = cpu_at(when.end, how.watched);
    threads.clear();

    result out{tally(what.size()), how.seconds, after.own - before.own};
    if (!how.watched.empty()) out.watched_cpu_seconds = after.watched - before.watched;
    for (const auto& each : workers)
        out.seen.add(each->seen());
    return out;
}

} // namespace load
