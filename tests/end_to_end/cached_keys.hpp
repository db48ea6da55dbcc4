#pragma once
// Questions about API keys, and helpers that wait for a node's cache and its feed of changes.

#include "../integration/support.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace latchkey::test {

inline std::string question_of(std::string_view key, std::string_view more = {}) {
    return R"({"api_key":")" + std::string(key) + "\"" + std::string(more) + "}";
}

inline std::string code_of(const answer& a) {
    return a.status == 200 ? std::string(a.json().at("code").as_string())
                           : std::to_string(a.status);
}

/// Calls `condition()` until it holds. Returns false if it did not within the time.
template <class Condition>
bool soon(Condition condition, std::chrono::nanoseconds within = patience) {
    const auto end = std::chrono::steady_clock::now() + within;
    while (!condition())
        if (std::chrono::steady_clock::now() >= end) return false;
    return true;
}

/// Returns the sum of the samples whose line in /metrics begins with `name`.
inline double metric(const server_process& server, const std::string& name) {
    const auto text = "\n" + server.ask(get("/metrics")).body;
    double sum = 0;
    for (auto at = text.find("\n" + name); at != std::string::npos;
         at = text.find("\n" + name, at + 1)) {
        const auto line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
        sum += std::stod(line.substr(line.rfind(' ')));
    }
    return sum;
}

/// Asks until the answer comes from the cache. The first look-up may not be cached, because news of
/// the new key may arrive while it is under way.
inline bool gets_cached(const server_process& server, std::string_view key) {
    const auto question = verify(question_of(key));
    return soon([&] { return server.ask(question).field("X-Auth-Cache") == "hit"; });
}

/// Returns the number of changes that the feed has.
template <class Database>
double count_of_changes(Database& database) {
    return std::stod(database.value("select count(*) from latchkey.changes"));
}

/// Waits until the server has applied all changes but the first `before`, which were made before
/// it started.
template <class Database>
bool has_heard_all(const server_process& server, Database& database, double before = 0) {
    const auto made = count_of_changes(database) - before;
    return soon([&] { return metric(server, "auth_feed_changes_total") >= made; });
}

/// Returns the SQL condition for this key.
inline std::string whose_hash_is_of(std::string_view key) {
    return " where key_hash = sha256('" + std::string(key) + "'::bytea)";
}

} // namespace latchkey::test
