#pragma once
// One worker's connections for look-ups: opens them, replaces those that end or grow old, and picks
// the one that the next query goes to.

#include "pg/connection/connection.hpp"
#include "pg/lookup/jitter.hpp"
#include "pg/lookup/lookup_gate.hpp"
#include "pg/lookup/pool_status.hpp"
#include "pg/lookup/slot_life.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/lookup/pool.hpp>
#include <latchkey/pg/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::pg {

/// Lives on its pool's thread.
class pool_connections final : public connection::owner {
  public:
    /// `advanced` is called when there is room for another query.
    pool_connections(boost::asio::io_context&, const configuration&, pool_share, identity_fence*,
                     core::logger&, metrics&, lookup_gate&, pool_status&, std::uint64_t random_seed,
                     std::function<void(core::steady_time)> advanced);

    /// Opens the first connection.
    void start(core::steady_time now);
    /// Handles deadlines, reconnects and recycling.
    void tick(core::steady_time now);
    void stop();

    /// The connection with the least in flight; null if none may take a query. One that stalls gets
    /// no more.
    connection* best(core::steady_time now) const;
    /// More connections are of use: opens another, unless a bound, a failure or one that is being
    /// opened forbids that.
    void grow(core::steady_time now);
    /// The age of the oldest query without an answer; zero if there is none.
    core::milliseconds oldest_query(core::steady_time now) const;
    std::size_t queries_under_way() const;
    /// A connection is up or may come up.
    bool hopeful() const { return !failing_ || any_up(); }
    bool all_up() const;
    void count_states() const;

  private:
    struct slot {
        std::unique_ptr<connection> conn;
        slot_life life;
        std::size_t generation = 0; ///< of the address that it was opened with
        bool leaves = false;        ///< another has taken its place: gets no more queries
    };

    void connection_ready(connection&) override;
    void connection_advanced(connection&) override;
    void connection_closed(connection&, const std::string& why, bool was_ready) override;

    slot& slot_of(const connection&);
    bool is_outdated(const slot& s) const { return s.generation != generation_; }
    bool any_up() const;
    void add(core::steady_time now);
    void open(slot&, core::steady_time now);
    void tend(slot&, core::steady_time now);
    void heed_fence(core::steady_time now);
    void heed_address(core::steady_time now);
    bool turns_over() const;
    void turn_over(core::steady_time now);
    void shrink(core::steady_time now);
    core::log_level level() const;

    boost::asio::io_context& loop_;
    const configuration& settings_;
    const pool_share share_;
    const connection_settings connection_settings_;
    core::logger& log_;
    metrics& metrics_;
    lookup_gate& gate_;
    pool_status& status_;
    jitter jitter_;
    const std::function<void(core::steady_time)> advanced_;

    crypto::secret address_;     ///< database.uri, as it was last seen
    std::size_t generation_ = 0; ///< how often that has changed

    std::vector<std::unique_ptr<slot>> slots_;
    std::vector<std::unique_ptr<connection>> closed_; ///< destroyed once their code is done
    core::steady_time grow_at_{}; ///< no further connection is opened before this
    std::uint64_t fence_generation_ = 0;
    bool failing_ = false; ///< the last attempt to connect failed
    bool stopping_ = false;
};

} // namespace latchkey::pg
