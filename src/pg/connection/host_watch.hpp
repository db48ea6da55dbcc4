#pragma once
// Of several hosts, whether another one was promoted: an old primary that hangs, or that nobody has
// fenced, does not know it. Each of them is asked each second, and told to the fence.

#include "pg/connection/identity_statements.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/connection.hpp>
#include <latchkey/pg/metrics.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>
#include <vector>

namespace latchkey::pg {

/// Lives on its loop's thread. Does nothing where there is one host alone.
class host_watch {
  public:
    /// Settings and fence outlive it.
    host_watch(boost::asio::io_context&, const configuration&, identity_fence&);
    ~host_watch();

    void tick(core::steady_time now);
    /// Each has said whether it is a primary, or has not answered in time.
    bool has_asked_all() const;

  private:
    class host;
    // A standby refuses each second, and a host may be down for weeks: that is no news.
    class silent_logger final : public core::logger {
        void write(core::log_level, std::string_view,
                   std::span<const core::log_field>) noexcept override {}
    };
    silent_logger log_;
    pg::metrics cells_; ///< of nobody's interest
    std::vector<std::unique_ptr<host>> hosts_;
};

} // namespace latchkey::pg
