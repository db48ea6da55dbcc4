#pragma once
// auth::store on PostgreSQL: one worker's look-ups.

#include <latchkey/auth/store.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/lookup/pool.hpp>
#include <latchkey/pg/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

/// Lives on its worker's thread; any thread may call `collect` and `status`.
class store final : public auth::store {
  public:
    /// `configuration`, breaker and fence must outlive the store. `legacy` says how to read a
    /// device's bare secret.
    store(boost::asio::io_context&, const configuration&, pool_share, core::circuit_breaker&,
          core::logger&, std::uint64_t random_seed, auth::legacy_device_secret legacy,
          identity_fence* fence = nullptr);
    ~store() override;

    /// Opens the first connection and starts the timer.
    void start();
    void find_api_key(auth::api_key_lookup&) override;
    void find_device(auth::device_lookup&) override;
    std::size_t bulk_max() const noexcept override { return pool_.bulk_max(); }
    /// Fails waiting look-ups, closes connections, and leaves no work of the store in the loop.
    void stop();

    void collect(core::metric_sink&) const;
    void add_to(lookup_totals& out) const { metrics_.add_to(out); }
    database_status status() const;

  private:
    struct clockwork;
    template <class Record>
    void find(auth::lookup<Record>&);
    void schedule_flush();
    void flush();
    void schedule_tick(core::milliseconds);

    metrics metrics_;
    std::unique_ptr<clockwork> clockwork_;
    pool pool_;
};

} // namespace latchkey::pg
