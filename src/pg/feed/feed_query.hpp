#pragma once
// One statement of the feed, which is sent repeatedly.

#include "pg/connection/connection.hpp"
#include "pg/connection/query.hpp"
#include "pg/writes/write_refusal.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::pg {

class feed_query final : public query {
  public:
    using answer = std::function<void(const pg_result&)>;
    using refusal = std::function<void(const query_failure&)>;

    feed_query(const statement& s, answer answered, refusal refused)
        : answered_(std::move(answered)), refused_(std::move(refused)) {
        what = &s;
    }
    std::vector<std::optional<std::string>> values; ///< of its parameters; nullopt: NULL

    /// Sends the query, or keeps it until there is room.
    void send(connection* c, core::steady_time now) {
        if (under_way_) return;
        waits_ = !c || !c->may_send();
        if (waits_) return;
        parameters.clear();
        for (const auto& v : values)
            parameters.push_back({v ? v->c_str() : nullptr, 0, false});
        under_way_ = true;
        c->send(*this, now);
    }
    void send_if_waiting(connection& c, core::steady_time now) {
        if (waits_) send(&c, now);
    }
    /// The connection was replaced.
    void reset() noexcept { under_way_ = waits_ = was_broken_off_ = false; }
    /// The query is not needed any more, so its complaint does not count any more.
    void settle() noexcept {
        found_read_only_ = false;
        complaint_.clear();
    }

    bool under_way() const noexcept { return under_way_; }
    /// The connection ended before the answer came.
    bool was_broken_off() const noexcept { return was_broken_off_; }
    /// The server's error message for the last attempt; empty if there was none.
    const std::string& complaint() const noexcept { return complaint_; }
    /// That error was that nobody can write to the server.
    bool found_read_only() const noexcept { return found_read_only_; }

    void succeeded(const pg_result& rows) override {
        under_way_ = false;
        settle();
        if (answered_) answered_(rows);
    }
    void failed(const query_failure& why) override {
        under_way_ = false;
        was_broken_off_ = why.sqlstate.empty();
        if (was_broken_off_) return; // the connection reports that
        found_read_only_ = nobody_can_write(why.sqlstate);
        complaint_ = std::string(why.message) + " (SQLSTATE " + std::string(why.sqlstate) + ")" +
                     std::string(why.hint);
        refused_(why);
    }

  private:
    answer answered_;
    refusal refused_;
    bool under_way_ = false;
    bool waits_ = false;
    bool was_broken_off_ = false;
    bool found_read_only_ = false;
    std::string complaint_;
};

} // namespace latchkey::pg
