#include "options.hpp"

#include "fault.hpp"

#include <algorithm>
#include <charconv>
#include <climits>
#include <cmath>
#include <functional>
#include <map>
#include <string_view>

namespace load {
namespace {

double number(std::string_view name, const std::string& word, double least, double most) {
    double out = 0;
    const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (wrong != std::errc() || end != word.data() + word.size() || !(out >= least && out <= most))
        throw fault(std::string(name) + " " + word + ": it must be a number from " +
                    std::to_string(least) + " to " + std::to_string(most));
    return out;
}

std::uint64_t whole(std::string_view name, const std::string& word, std::uint64_t least,
                    std::uint64_t most) {
    std::uint64_t out = 0;
    const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (wrong != std::errc() || end != word.data() + word.size() || out < least || out > most)
        throw fault(std::string(name) + " " + word + ": it must be a whole number from " +
                    std::to_string(least) + " to " + std::to_string(most));
    return out;
}

std::vector<int> pids(const std::string& words) {
    std::vector<int> out;
    for (std::size_t begin = 0, end = 0; end < words.size(); begin = end + 1) {
        end = std::min(words.find(',', begin), words.size());
        const auto word = words.substr(begin, end - begin);
        out.push_back(static_cast<int>(whole("--watch", word, 1, INT_MAX)));
    }
    return out;
}

bool is_random(const std::string& word) {
    if (word != "steady" && word != "random")
        throw fault("--arrivals " + word + ": it must be steady or random");
    return word == "random";
}

using setter = std::function<void(options&, const std::string& word)>;

const std::map<std::string_view, setter>& setters() {
    static const std::map<std::string_view, setter> table{
        {"--to", [](options& o, const std::string& word) { o.to = word; }},
        {"--tls", [](options& o, const std::string& word) { o.tls = word; }},
        {"--mix", [](options& o, const std::string& word) { o.mix = word; }},
        {"--connections",
         [](options& o, auto& word) {
             o.connections = whole("--connections", word, 1, 1'000'000);
         }},
        {"--seconds",
         [](options& o, auto& word) { o.seconds = number("--seconds", word, 0.01, 86400); }},
        {"--warm-up",
         [](options& o, auto& word) { o.warm_up = number("--warm-up", word, 0, 3600); }},
        {"--rate", [](options& o, auto& word) { o.rate = number("--rate", word, 0.1, 1e7); }},
        {"--arrivals", [](options& o, auto& word) { o.random_arrivals = is_random(word); }},
        {"--timeout",
         [](options& o, auto& word) { o.timeout = number("--timeout", word, 0.01, 3600); }},
        {"--threads", [](options& o, auto& word) { o.threads = whole("--threads", word, 1, 256); }},
        {"--watch", [](options& o, const std::string& word) { o.watched = pids(word); }},
        {"--seed", [](options& o, auto& word) { o.seed = whole("--seed", word, 0, UINT64_MAX); }},
    };
    return table;
}

void check(const options& read) {
    if (read.to.empty())
        throw fault("--to is missing: the place of the server, HOST:PORT or unix:/path");
    if (read.mix.empty()) throw fault("--mix is missing: a file that says what to ask");
    if (read.threads > read.connections)
        throw fault("--threads " + std::to_string(read.threads) +
                    ": each thread needs a connection, and there are " +
                    std::to_string(read.connections) + "; raise --connections");
    if (read.random_arrivals && !read.rate)
        throw fault("--arrivals random needs --rate: how many come a second");
}

} // namespace

std::string usage() {
    return R"(load --to HOST:PORT | --to unix:/path  --mix FILE  [OPTION...]
load slow PORT COUNT header|body|read

Asks a server over HTTP/1.1, checks each answer, and says how long the answers took. FILE says what to ask;
perf/README.md describes it.

  --tls FILE         ask by TLS; FILE holds the certificates to trust
  --connections N    kept connections, each with one request at a time (64)
  --seconds S        how long to measure (5)
  --warm-up S        how long to ask before that (0)
  --rate R           requests a second: each has a time at which it is due, whatever the server does, and its latency
                     counts from there. Without it, a connection asks again as soon as it has its answer
  --arrivals WHICH   steady: at equal gaps; random: as independent callers ask (steady)
  --timeout S        how long a request may take; then it counts as an error (10)
  --threads N        threads that share the connections and the rate (1)
  --seed N           what random numbers begin with (1)
  --watch PID,...    tell the CPU that these processes took while it measured: without the opening and the closing of
                     connections, and without the warm-up
  --json             one JSON object instead of a text

"slow" holds COUNT connections that send a header or a body, or read answers, at one byte a second, until SIGTERM.
Exit code: 0; 1 if an answer was wrong; 2 if it could not ask; 3 if all was refused; 64 if the words are wrong.
)";
}

options read_options(std::span<const char* const> words) {
    options out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view name = words[i];
        if (name == "--json") {
            out.json = true;
            continue;
        }
        const auto found = setters().find(name);
        if (found == setters().end())
            throw fault(std::string(name) + " is no option; --help lists them");
        if (i + 1 == words.size())
            throw fault(std::string(name) + " lacks its value; --help describes it");
        found->second(out, words[++i]);
    }
    check(out);
    return out;
}

} // namespace load
