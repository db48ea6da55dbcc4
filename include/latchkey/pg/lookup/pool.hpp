#pragma once
// One worker's connections and the look-ups that wait for them. Look-ups of one turn of the event
// loop go out in one query for each kind; while it is under way, further ones of that kind gather
// for the next. The kinds share the connections, and take turns where those are few.

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

/// What the outside may know of the database. A copy.
struct database_status {
    bool contacted = false; ///< a connection with a schema that fits has been up once
    bool reachable = false; ///< one is up now
    std::string problem;    ///< why none is: a sentence with the mend
};

/// A worker's part of the pool's bounds.
struct pool_share {
    std::size_t connections = 1;
    std::size_t overflow = 0;
};

/// Lives on its worker's thread, but for what says otherwise.
class pool final : public connection::owner {
  public:
    static constexpr core::milliseconds stall{20}; ///< a batch this old holds nobody else up

    /// `flush_soon` has `flush` called once the handlers that are ready now have run. `legacy`:
    /// what a device's bare secret is. The breaker is the process's, and so is the fence.
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
    /// What gathered in this turn of the loop goes out.
    void flush(core::steady_time now);
    /// Deadlines, reconnects, recycling. True: call again in `busy_tick`, else in `idle_tick`.
    bool tick(core::steady_time now);
    static constexpr core::milliseconds busy_tick{10};
    static constexpr core::milliseconds idle_tick{250};
    /// Fails all that waits and closes all connections.
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
    lookup_queue* due_line(core::steady_time now);
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

    // Look-ups by kind, whose turn it is, and those refused but not told yet.
    std::unique_ptr<lookup_queue> api_keys_;
    std::unique_ptr<lookup_queue> devices_;
    std::array<lookup_queue*, 2> lines_;
    std::size_t turn_ = 0;
    std::vector<auth::any_lookup*> refused_;

    std::vector<std::unique_ptr<slot>> slots_;
    std::vector<std::unique_ptr<connection>> closed_; ///< destroyed once nothing of theirs runs
    core::steady_time now_{};
    core::steady_time grow_at_{}; ///< not before
    std::uint64_t fence_generation_ = 0;
    bool failing_ = false; ///< the last attempt to connect failed
    bool stopping_ = false;

    mutable std::mutex status_mutex_;
    database_status status_;
};

} // namespace latchkey::pg
