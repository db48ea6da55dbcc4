#pragma once
// One connection to PostgreSQL: a thin Asio shell around libpq that does what `pipeline` decides.
// Nothing here blocks: Asio's resolver thread resolves names, and libpq is called only when it
// cannot wait.

#include "pg/connection/query.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/database_identity.hpp>
#include <latchkey/pg/connection/database_problem.hpp>
#include <latchkey/pg/metrics.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

/// What a connection needs to know. Must outlive the connection.
struct connection_settings {
    const configuration& database;
    core::milliseconds query_timeout;    ///< a query that takes longer ends the connection
    std::span<const statement> prepared; ///< prepared when the connection starts
    std::span<const statement> probes;   ///< run once with an empty array: test rights, tables, RLS
    identity_fence* fence = nullptr;     ///< answers of other databases are thrown away
    /// Index of the address to try first. Moves on when an address did not answer in time.
    mutable std::size_t first_address = 0;
    /// If set, only this one of several hosts is tried.
    std::optional<std::size_t> only_target{};
};

/// All calls and callbacks happen on the thread of its event loop.
class connection {
  public:
    class owner {
      public:
        /// Queries may be sent from now on.
        virtual void connection_ready(connection&) = 0;
        /// An answer has come, so there is room for another query.
        virtual void connection_advanced(connection&) = 0;
        /// A NOTIFY has come.
        virtual void connection_notified(connection&, std::string_view channel) {
            static_cast<void>(channel);
        }
        /// The connection has ended, and every query in it has failed. `why` is a sentence.
        /// `was_ready` tells a broken connection from one that never came up. The owner may destroy
        /// the connection here.
        virtual void connection_closed(connection&, const std::string& why, bool was_ready) = 0;

      protected:
        ~owner() = default;
    };

    connection(boost::asio::io_context&, const connection_settings&, core::logger&, metrics&,
               owner&);
    ~connection(); ///< fails its queries; does not call the owner
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void open(core::steady_time now);
    /// Ends the connection and tells the owner.
    void close(const std::string& why);

    /// False also once the feed has seen another database than this connection's.
    bool ready() const noexcept;
    bool may_send() const noexcept;
    /// True if a pooler is between: session settings then last for one transaction only.
    bool pooled() const noexcept;
    void send(query&, core::steady_time now);

    std::size_t in_flight() const noexcept;
    /// When the oldest unanswered query was sent; nullopt if there is none.
    std::optional<core::steady_time> waiting_since() const noexcept;
    core::steady_time opened_at() const noexcept;
    /// Valid once the connection is ready.
    const database_identity& identity() const noexcept;
    /// A name, an address or a socket's folder; empty until it is connected.
    std::string host() const;
    std::string port() const;
    /// The database's name; empty until it is connected.
    std::string database() const;
    /// What kept it from coming up, for connection_closed.
    database_problem problem() const noexcept;

    /// Checks the deadlines: connect_timeout and query_timeout.
    void tick(core::steady_time now);

  private:
    class shell;
    std::shared_ptr<shell> shell_;
};

} // namespace latchkey::pg
