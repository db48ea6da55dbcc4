#pragma once
// A connection for changes, opened when there is something to do and kept; and the changes that
// wait for it, done one at a time.

#include "pg/writes/operator_writes.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/connection.hpp>
#include <latchkey/pg/metrics.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <span>
#include <string>

namespace latchkey::pg {

/// Lives on its loop's thread. Each change ends within `database.write_timeout` once it is sent.
class write_queue final : public connection::owner,
                          public std::enable_shared_from_this<write_queue> {
  public:
    static constexpr std::size_t waiting_max = 256;

    /// `prepared` outlives it: all statements that its changes send.
    write_queue(boost::asio::io_context&, const configuration&, std::span<const statement> prepared,
                core::logger&, metrics&, identity_fence* fence);

    void add(std::unique_ptr<operator_write>);
    /// Fails what waits and closes the connection.
    void stop();

  private:
    void open();
    void send_next();
    void connection_ready(connection&) override;
    void connection_advanced(connection&) override;
    void connection_closed(connection&, const std::string& why, bool was_ready) override;
    void keep_time();

    boost::asio::io_context& loop_;
    core::logger& log_;
    metrics& metrics_;
    boost::asio::steady_timer timer_;
    connection_settings connection_settings_;
    std::unique_ptr<connection> conn_;
    std::unique_ptr<connection> old_;
    std::deque<std::unique_ptr<operator_write>> waiting_;
    std::unique_ptr<operator_write> under_way_;
    bool opening_ = false;
    bool ticking_ = false;
    bool stopping_ = false;
};

} // namespace latchkey::pg
