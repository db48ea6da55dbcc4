#pragma once
// Finds out whether another of several hosts was promoted: an old primary that hung, or was never
// fenced, does not know it. Asks each host once a second and tells the fence.

#include "pg/connection/connection.hpp"
#include "pg/connection/identity_statements.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>
#include <vector>

namespace latchkey::pg {

/// Lives on its loop's thread. Does nothing if there is only one host.
class host_watch {
  public:
    /// Goes on asking these hosts if database.uri changes later. The fence must outlive it.
    host_watch(boost::asio::io_context&, const configuration&, identity_fence&);
    ~host_watch();

    void tick(core::steady_time now);
    /// Returns whether each host has said if it is a primary, or has not answered in time.
    bool has_asked_all() const;

  private:
    class host;
    // Not logged: a standby refuses every second, and a host may be down for weeks.
    class silent_logger final : public core::logger {
        void write(core::log_level, std::string_view,
                   std::span<const core::log_field>) noexcept override {}
    };
    silent_logger log_;
    const configuration settings_;
    pg::metrics cells_; ///< not collected
    std::vector<std::unique_ptr<host>> hosts_;
};

} // namespace latchkey::pg
