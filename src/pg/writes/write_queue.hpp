#pragma once
// A connection for writes, opened for the first one and then kept, and the writes that wait for it.
// They are sent one at a time.

#include "pg/connection/connection.hpp"
#include "pg/writes/operator_writes.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <span>
#include <string>

namespace latchkey::pg {

/// Lives on its loop's thread. Once sent, a write ends within `database.write_timeout`.
class write_queue final : public connection::owner,
                          public std::enable_shared_from_this<write_queue> {
  public:
    static constexpr std::size_t waiting_max = 256;

    /// `prepared` must outlive the queue, and hold all statements that its writes send.
    write_queue(boost::asio::io_context&, const configuration&, std::span<const statement> prepared,
                core::logger&, metrics&, identity_fence* fence);

    void add(std::unique_ptr<operator_write>);
    /// Fails waiting writes and closes the connection.
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
