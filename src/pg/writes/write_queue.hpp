#pragma once
// A connection for writes, opened for the first one and then kept, and the writes that wait for it.
// They are sent one at a time.

#include "pg/connection/connection.hpp"
#include "pg/connection/connection_successor.hpp"
#include "pg/writes/write.hpp"

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

    /// `co_await` sends the statement when its turn comes, and gives its rows or why there are
    /// none. The coroutine goes on when the answer has come, before anything else is sent.
    template <class... Parameters>
    write send(const statement& what, Parameters... values) {
        return {*this, what, {values...}};
    }
    /// The same for an operator, whose request must outlive the write.
    template <class... Parameters>
    write send_for(auth::operator_request& by, const statement& what, Parameters... values) {
        return {*this, what, {values...}, &by};
    }
    /// Fails waiting writes and closes the connection.
    void stop();
    /// The settings may have changed: a connection to another address, or as another role, gives
    /// way to another as soon as that is ready and nothing is under way.
    void heed_settings();

    // --- for a write ---
    /// Of the database that the write under way was sent to.
    const database_identity& identity() const noexcept { return conn_->identity(); }
    /// Returns why it is not taken, or null if it will end; it may have ended then.
    const char* add(write&);
    void note_end(const write& w) noexcept { ended_ |= under_way_ == &w; }

  private:
    void open();
    bool is_outdated() const;
    void turn_over(core::steady_time now);
    void send_next();
    void connection_ready(connection&) override;
    void connection_advanced(connection&) override;
    void connection_closed(connection&, const std::string& why, bool was_ready) override;
    void fail_waiting(const std::string& why);
    void keep_time();

    boost::asio::io_context& loop_;
    core::logger& log_;
    metrics& metrics_;
    boost::asio::steady_timer timer_;
    connection_settings connection_settings_;
    std::unique_ptr<connection> conn_;
    std::unique_ptr<connection> old_;
    connection_successor successor_;
    crypto::secret opened_with_; ///< database.uri
    std::deque<write*> waiting_;
    const write* under_way_ = nullptr; ///< may only be looked at while it has not ended
    const statement* sent_ = nullptr;  ///< what is under way
    core::steady_time sent_at_{};
    bool ended_ = false; ///< what is under way has its answer
    bool opening_ = false;
    bool ticking_ = false;
    bool stopping_ = false;
};

} // namespace latchkey::pg
