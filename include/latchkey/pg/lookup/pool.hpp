#pragma once
// One worker's connections and the look-ups that wait for them. Look-ups of one turn of the event
// loop go out in one query for each kind; while it is under way, further ones of that kind gather
// for the next. The kinds share the connections, and alternate when there are few.

#include <latchkey/auth/store.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/database_problem.hpp>
#include <latchkey/pg/lookup/pool_plan.hpp>
#include <latchkey/pg/metrics.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

class identity_fence;
class lookup_gate;
class lookup_queue;
class pool_connections;
class pool_status;

/// The state of the database as other threads may see it. A copy.
struct database_status {
    bool contacted = false; ///< a connection with a fitting schema has been up once
    bool reachable = false; ///< a connection is up now
    /// Why none is up, or what is wrong although one is: a sentence that says what to do.
    std::string problem;
    database_problem what = database_problem::none;
};

/// A worker's share of the pool's bounds.
struct pool_share {
    std::size_t connections = 1;
    std::size_t overflow = 0;
};

/// Lives on its worker's thread; functions that any thread may call say so.
class pool {
  public:
    /// A batch this old no longer makes others wait for it.
    static constexpr core::milliseconds stall{20};

    /// `legacy` says how to read a device's bare secret. The breaker and the fence are the
    /// process's.
    pool(boost::asio::io_context&, const configuration&, pool_share, core::circuit_breaker&,
         core::logger&, metrics&, std::uint64_t random_seed, auth::legacy_device_secret legacy,
         identity_fence* fence = nullptr);
    ~pool();

    /// Opens the first connection.
    void start(core::steady_time now);
    void find(auth::api_key_lookup&, core::steady_time now);
    void find(auth::device_lookup&, core::steady_time now);
    /// See auth::store.
    std::size_t bulk_max() const noexcept;
    /// Sends the look-ups that gathered in this turn of the loop.
    void flush(core::steady_time now);
    /// Whether a query can be sent now that has room for more look-ups, while another is under way
    /// or was `answered` just now: what arrives soon may go with it. False for the breaker's probe.
    bool may_gather(bool answered, core::steady_time now) const;
    /// Completes the look-ups that were refused, which `flush` does, too.
    void complete_refused();
    /// Called when there is room for another query. If it is not set, the pool flushes at once.
    std::function<void()> on_room;
    /// Handles deadlines, reconnects and recycling. The caller must call it again after `busy_tick`
    /// if it returned true, else after `idle_tick`.
    bool tick(core::steady_time now);
    static constexpr core::milliseconds busy_tick{10};
    static constexpr core::milliseconds idle_tick{250};
    /// Fails all waiting look-ups and closes all connections.
    void stop();

    /// Any thread.
    database_status status() const;

  private:
    void wait(lookup_queue&, auth::any_lookup&, core::steady_time now);
    std::size_t waiting() const;
    std::optional<std::size_t> due_kind(core::steady_time now) const;
    std::size_t next_query_size() const;
    void send_due(core::steady_time now);
    void probe(core::steady_time now);
    void try_refused(core::steady_time now);
    void refuse(auth::any_lookup&, refusal_reason);
    void refuse_outdated(lookup_queue&);
    void refuse_late(lookup_queue&, core::steady_time now);
    bool busy() const;

    const configuration& settings_;
    const identity_fence* const fence_;
    metrics& metrics_;
    std::unique_ptr<pool_status> status_;
    std::unique_ptr<lookup_gate> gate_;
    // Look-ups by kind, the kind that is next, and look-ups that are refused but not yet completed.
    std::array<std::unique_ptr<lookup_queue>, 2> queues_;
    kind_turns turns_{2};
    core::steady_time try_at_{}; ///< when a look-up that the server refuses is tried again
    std::vector<auth::any_lookup*> refused_;
    std::unique_ptr<pool_connections> connections_;
    bool stopping_ = false;
};

} // namespace latchkey::pg
