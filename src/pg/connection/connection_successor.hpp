#pragma once
// A connection with a changed database.uri, opened beside the one of before, which serves until
// this one is ready to take its place, and for as long as the new address does not work.

#include "pg/connection/connection.hpp"

#include <latchkey/crypto/secret.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace latchkey::pg {

/// Lives on its owner's thread. The owner gets the connection's events, and tells them apart by
/// `is`.
class connection_successor {
  public:
    /// What it is given must outlive it.
    connection_successor(boost::asio::io_context& loop, const connection_settings& settings,
                         core::logger& log, metrics& cells, connection::owner& owner)
        : loop_(loop), settings_(settings), log_(log), metrics_(cells), owner_(owner) {}

    /// To be called now and then, from no event of it. Opens the connection when that is due:
    /// again if the address has changed, and after a pause if it did not come up.
    void tick(core::steady_time now);
    bool is(const connection& c) const noexcept { return conn_.get() == &c; }
    bool ready() const noexcept { return conn_ && conn_->ready(); }
    /// For connection_closed.
    void closed(const std::string& why, core::steady_time now);
    /// It takes the place of the one of before.
    std::unique_ptr<connection> take() noexcept;
    /// It is not needed. Call it from no event of it.
    void drop() noexcept;

    /// Why it did not come up; empty if it has not failed yet.
    const std::string& problem() const noexcept { return problem_; }
    /// The database.uri that it was opened with.
    const crypto::secret& address() const noexcept { return address_; }

  private:
    void begin_anew(core::steady_time now);

    boost::asio::io_context& loop_;
    const connection_settings& settings_;
    core::logger& log_;
    metrics& metrics_;
    connection::owner& owner_;
    std::unique_ptr<connection> conn_;
    std::unique_ptr<connection> old_; ///< destroyed once none of its code is running
    crypto::secret address_;
    std::string problem_;
    std::size_t attempt_ = 0; ///< how many have failed
    core::steady_time retry_at_{};
};

} // namespace latchkey::pg
