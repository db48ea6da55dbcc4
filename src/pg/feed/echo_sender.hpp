#pragma once
// Sends the feed's echo from another connection. Behind a pooler in transaction mode a session's
// own NOTIFY returns within the transaction that sent it, though those of others never arrive.

#include "pg/connection/connection.hpp"
#include "pg/connection/query.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace latchkey::pg {

/// Sends one notification on a connection of its own, and ends with it. Lives on its loop's thread.
class echo_sender final : public connection::owner, public query {
  public:
    enum class outcome { none_yet, sent, failed };

    /// Settings must outlive it.
    echo_sender(boost::asio::io_context&, const configuration&, std::string channel,
                core::steady_time now);

    /// Checks the deadlines.
    void tick(core::steady_time now);
    outcome ended() const noexcept { return outcome_; }

  private:
    class silent_logger final : public core::logger {
        void write(core::log_level, std::string_view,
                   std::span<const core::log_field>) noexcept override {}
    };
    // --- connection::owner ---
    void connection_ready(connection&) override;
    void connection_advanced(connection&) override {}
    void connection_closed(connection&, const std::string&, bool) override;
    // --- query ---
    void succeeded(const pg_result&) override { outcome_ = outcome::sent; }
    void failed(const query_failure&) override { outcome_ = outcome::failed; }

    silent_logger log_; // not needed: the feed's own connection logs what is wrong
    pg::metrics cells_; // not collected
    connection_settings settings_;
    std::string channel_;
    outcome outcome_ = outcome::none_yet;
    std::unique_ptr<connection> conn_;
};

} // namespace latchkey::pg
