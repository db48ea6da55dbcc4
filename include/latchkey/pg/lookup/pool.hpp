#pragma once
// One worker's connections and the look-ups that wait for them. Look-ups of one turn of the event
// loop go out in one query for each kind; while it is under way, further ones of that kind gather
// for the next. The kinds share the connections, and alternate when there are few.

#include <latchkey/auth/store.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/connection.hpp>
#include <latchkey/pg/metrics.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::pg {

class lookup_gate;
class lookup_queue;

/// The state of the database as other threads may see it. A copy.
struct database_status {
    bool contacted = false; ///< a connection with a fitting schema has been up once
    bool reachable = false; ///< a connection is up now
    std::string problem;    ///< why none is up: a sentence that says what to do
};

/// A worker's share of the pool's bounds.
struct pool_share {
    std::size_t connections = 1;
    std::size_t overflow = 0;
};

/// Lives on its worker's thread; functions that any thread may call say so.
class pool final : public connection::owner {
  public:
    /// A batch this old no longer makes others wait for it.
    static constexpr core::milliseconds stall{20};

    /// `flush_soon` must have `flush` called once the handlers that are ready now have run.
    /// `legacy` says how to read a device's bare secret. The breaker and the fence are the
    /// process's.
    pool(boost::asio::io_context&, const configuration&, pool_share, core::circuit_breaker&,
         core::logger&, metrics&, std::uint64_t random_seed, auth::legacy_device_secret legacy,
         std::function<void()> flush_soon, identity_fence* fence = nullptr);
    ~pool();

    /// Opens the first connection.
    void start(core::steady_time now);
    void find(auth::api_key_lookup&, core::steady_time now);
    void find(auth::device_lookup&, core::steady_time now);
    /// See auth::store.
    std::size_t bulk_max() const noexcept;
    /// Sends the look-ups that gathered in this turn of the loop.
    void flush(core::steady_time now);
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
    struct slot {
        std::unique_ptr<connection> conn;
        bool up = false;       ///< ready
        bool retiring = false; ///< too old: gets no more queries
        std::size_t attempt = 0;
        core::steady_time retry_at{};
        core::steady_time idle_since{};
        double age_spread = 0; ///< in [0, 1)
    };

    void connection_ready(connection&) override;
    void connection_advanced(connection&) override;
    void connection_closed(connection&, const std::string& why, bool was_ready) override;

    slot& slot_of(const connection&);
    void open(slot&, core::steady_time now);
    slot* best_slot(core::steady_time now);
    bool stalled(const slot&, core::steady_time now) const;
    std::size_t batches_under_way() const;
    void grow(core::steady_time now);
    void tend(core::steady_time now);
    void tend_slot(slot&, core::steady_time now);
    void shrink(core::steady_time now);
    void heed_fence(core::steady_time now);
    void wait(lookup_queue&, auth::any_lookup&, core::steady_time now);
    lookup_queue* due_queue(core::steady_time now);
    void send_due(core::steady_time now);
    void probe(core::steady_time now);
    void refuse(auth::any_lookup&, refusal_reason);
    void refuse_late(lookup_queue&, core::steady_time now);
    std::size_t waiting() const;
    void complete_refused();
    bool hopeful() const;
    bool busy() const;
    void count_states();
    void set_status(bool reachable, const std::string& problem);
    double random();

    boost::asio::io_context& loop_;
    const configuration& settings_;
    const pool_share share_;
    core::logger& log_;
    metrics& metrics_;
    std::uint64_t random_state_;
    connection_settings connection_settings_;
    std::function<void()> flush_soon_;

    std::unique_ptr<lookup_gate> gate_;

    // Look-ups by kind, the kind that is next, and look-ups that are refused but not yet completed.
    std::unique_ptr<lookup_queue> api_keys_;
    std::unique_ptr<lookup_queue> devices_;
    std::array<lookup_queue*, 2> queues_;
    std::size_t turn_ = 0;
    std::vector<auth::any_lookup*> refused_;

    std::vector<std::unique_ptr<slot>> slots_;
    std::vector<std::unique_ptr<connection>> closed_; ///< destroyed once their code is done
    core::steady_time now_{};
    core::steady_time grow_at_{}; ///< no further connection is opened before this
    std::uint64_t fence_generation_ = 0;
    bool failing_ = false; ///< the last attempt to connect failed
    bool stopping_ = false;

    mutable std::mutex status_mutex_;
    database_status status_;
};

} // namespace latchkey::pg
