#include "support_load.hpp"

#include <utility>

namespace latchkey::test {

namespace {

constexpr auto at_once = std::chrono::milliseconds(50);
constexpr auto pause = std::chrono::milliseconds(3); // keeps the load steady and below the maximum
constexpr std::size_t cold_callers = 6;              // of each kind

std::string right_code(const std::string& kind) {
    if (kind == "unknown") return "NOT_FOUND";
    return kind == "revoked" ? "REVOKED" : "VALID";
}

} // namespace

steady_load::steady_load(const server_process& server, known_credentials known)
    : server_(server), known_(std::move(known)) {
    for (const auto* kind : {"cached key", "token"})
        threads_.emplace_back([this, kind] { ask_on(kind, 0); });
    for (const auto* kind : {"good", "unknown", "revoked"})
        for (std::size_t i = 0; i < cold_callers; ++i)
            threads_.emplace_back([this, kind, i] { ask_on(kind, i); });
}

std::string steady_load::question(const std::string& kind, std::size_t number,
                                  std::size_t n) const {
    const auto cold = [](std::string_view key) {
        return post("/api/v1/auth/verify-api-key", question_of(key), "Cache-Control: no-store\r\n");
    };
    if (kind == "cached key") return verify(question_of(known_.cached_key));
    if (kind == "token") return ask_about(known_.token);
    if (kind == "revoked") return cold(known_.revoked_key);
    if (kind == "good") return cold(known_.cold_keys[number % known_.cold_keys.size()]);
    return cold("nobody-" + std::to_string(number) + "-" + std::to_string(n));
}

void steady_load::ask_on(std::string kind, std::size_t number) {
    auto client = server_.connect();
    for (std::size_t n = 0; !stopping_; ++n) {
        const auto begun = std::chrono::steady_clock::now();
        const auto got = client.ask(question(kind, number, n));
        judge(kind, got, begun);
        if (got.status == 0) client = server_.connect();
        std::this_thread::sleep_for(pause);
    }
}

void steady_load::judge(const std::string& kind, const answer& got,
                        std::chrono::steady_clock::time_point begun) {
    const auto took = std::chrono::steady_clock::now() - begun;
    const std::lock_guard lock(mutex_);
    const bool counts = begun >= anew_;
    auto& t = tallies_[kind];
    if (code_of(got) == right_code(kind)) {
        if (counts) ++t.right;
    } else if (got.status == 503 && got.has("Retry-After: ") &&
               got.body.find("\"UNAVAILABLE\"") != std::string::npos) {
        if (counts) ++t.refused;
        if (counts && took > at_once) ++t.slow;
    } else if (t.wrong.size() < 10) {
        t.wrong.push_back(kind + ": " + got.head + got.body);
    }
}

tally steady_load::of(const std::string& kind) const {
    const std::lock_guard lock(mutex_);
    const auto found = tallies_.find(kind);
    return found == tallies_.end() ? tally() : found->second;
}

tally steady_load::cold() const {
    tally all;
    for (const auto* kind : {"good", "unknown", "revoked"}) {
        const auto one = of(kind);
        all.right += one.right;
        all.refused += one.refused;
        all.slow += one.slow;
    }
    return all;
}

void steady_load::begin_anew() {
    const std::lock_guard lock(mutex_);
    anew_ = std::chrono::steady_clock::now();
    for (auto& [kind, t] : tallies_)
        t.right = t.refused = t.slow = 0;
}

std::string steady_load::wrong() const {
    const std::lock_guard lock(mutex_);
    std::string all;
    for (const auto& [kind, t] : tallies_)
        for (const auto& one : t.wrong)
            all += one + '\n';
    return all;
}

void steady_load::stop() {
    stopping_ = true;
    for (auto& t : threads_)
        if (t.joinable()) t.join();
}

} // namespace latchkey::test
