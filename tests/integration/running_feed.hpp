#pragma once
// Runs pg::change_feed on an event loop of its own, and records what it tells.

#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/pg/feed/change_feed.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

// Records each change set, and confirms it in a later turn of the loop, unless `holds_back`.
class recording_sink final : public auth::change_sink {
  public:
    struct told {
        auth::change_set changes;
        bool was_fresh; ///< when the change set came
        core::moment freshness;
    };
    std::vector<told> all;
    std::function<bool(const auth::change_set&)> holds_back = [](const auto&) { return false; };
    std::deque<std::function<void()>> held;

    recording_sink(boost::asio::io_context& loop, const auth::consistency& known)
        : loop_(loop), known_(known) {}
    void apply(const auth::change_set& changes, std::function<void()> applied) override {
        all.push_back({changes, known_.freshness().boot != core::boot_time{}, known_.freshness()});
        if (holds_back(changes)) return held.push_back(std::move(applied));
        boost::asio::post(loop_, std::move(applied));
    }
    void let_go() {
        for (auto& applied : std::exchange(held, {}))
            boost::asio::post(loop_, std::move(applied));
    }

    /// Returns how often everything was read anew.
    std::size_t beginnings() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(all, [](const told& t) { return t.changes.forget_revocations; }));
    }
    /// Returns the ids that are revoked after all recorded changes.
    std::set<std::string> revoked() const {
        std::set<std::string> out;
        for (const auto& t : all) {
            if (t.changes.forget_revocations) out.clear();
            for (const auto& r : t.changes.revocations) {
                if (r.withdrawn)
                    out.erase(r.what.value);
                else
                    out.insert(r.what.value);
            }
        }
        return out;
    }
    /// Returns the last signing keys that were told; nullopt if none were.
    std::optional<std::vector<auth::signing_key>> signing_keys() const {
        std::optional<std::vector<auth::signing_key>> out;
        for (const auto& t : all)
            if (t.changes.signing_keys) out = t.changes.signing_keys;
        return out;
    }

  private:
    boost::asio::io_context& loop_;
    const auth::consistency& known_;
};

class running_feed {
  public:
    explicit running_feed(pg::configuration c, core::seconds token_life = core::seconds(0))
        : running_feed(std::move(c), auth::token_lives::of_all(token_life)) {}
    /// `remembers`: what is revoked, for a database that loses it.
    running_feed(pg::configuration c, auth::token_lives lives, bool remembers = false)
        : settings(quick(std::move(c))),
          sink(loop, known),
          feed(std::make_unique<pg::change_feed>(
              loop, settings, pg::node_identity{"node", "1", core::real_time{}}, known, sink, log,
              [lives] { return lives; }, &fence, &applied, remembers ? &remembered : nullptr)) {
        feed->start();
    }
    ~running_feed() {
        feed.reset();
        sink.let_go();
        loop.run_for(core::milliseconds(10));
    }
    template <class Condition>
    void run_until(Condition condition) {
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(30);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > give_up)
                throw std::runtime_error("waited in vain; the log: " + log.text);
            loop.restart();
            // Some conditions take longer than the events they wait for.
            loop.run_one_for(core::milliseconds(50));
            for (int i = 0; i < 32; ++i)
                loop.poll_one();
        }
    }
    void run_for(core::milliseconds time) {
        const auto end = std::chrono::steady_clock::now() + time;
        run_until([&] { return std::chrono::steady_clock::now() >= end; });
    }
    bool fresh() const { return known.freshness().boot != core::boot_time{}; }
    void run_until_fresh() {
        run_until([&] { return fresh(); });
    }
    /// Returns whether the process has applied the change, as a question with its receipt sees it.
    bool has_applied(const auth::change_position& change) const {
        return applied.latest()->has_applied(auth::receipt_of(change));
    }
    bool complains_of(std::string_view what) const {
        return feed->problem().find(what) != std::string::npos;
    }

    pg::configuration settings;
    recording_logger log;
    boost::asio::io_context loop{1};
    auth::consistency known{core::seconds(60)};
    pg::identity_fence fence;
    auth::applied_changes applied;
    recording_sink sink;
    core::epochs readers{1};
    auth::revocation_set withheld{readers, 1, 1'000'000, core::seconds(0)};
    auth::remembered_revocations remembered{
        withheld, {std::chrono::hours(1), 1 << 20, core::milliseconds(100)}};
    std::unique_ptr<pg::change_feed> feed;

  private:
    static pg::configuration quick(pg::configuration c) {
        if (c.feed_interval == pg::configuration{}.feed_interval)
            c.feed_interval = core::milliseconds(100);
        c.backoff_min = core::milliseconds(1);
        c.backoff_max = core::milliseconds(20);
        return c;
    }
};

} // namespace latchkey::test
