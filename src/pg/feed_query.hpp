#pragma once
// One statement of the feed, sent again and again.

#include <latchkey/pg/connection.hpp>
#include <latchkey/pg/query.hpp>

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
    std::vector<std::optional<std::string>> values; ///< of its parameters; none: NULL

    /// Sends it, or keeps it until there is room.
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
    /// Its connection is a new one.
    void reset() noexcept { under_way_ = waits_ = false; }

    bool under_way() const noexcept { return under_way_; }
    /// By the server, the last time.
    bool was_refused() const noexcept { return was_refused_; }

    void succeeded(const pg_result& rows) override {
        under_way_ = was_refused_ = false;
        if (answered_) answered_(rows);
    }
    void failed(const query_failure& why) override {
        under_way_ = false;
        was_refused_ = !why.sqlstate.empty(); // otherwise the connection tells
        if (was_refused_) refused_(why);
    }

  private:
    answer answered_;
    refusal refused_;
    bool under_way_ = false;
    bool waits_ = false;
    bool was_refused_ = false;
};

} // namespace latchkey::pg
