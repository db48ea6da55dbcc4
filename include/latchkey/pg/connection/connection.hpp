#pragma once
// One connection to PostgreSQL: a thin Asio shell around libpq that does what `pipeline` decides.
// Nothing here blocks: names are resolved on Asio's resolver thread, and libpq is only called when
// it cannot wait.

#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/database_identity.hpp>
#include <latchkey/pg/connection/query.hpp>
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

/// What a connection needs to know; lives longer than the connection.
struct connection_settings {
    const configuration& database;
    core::milliseconds query_timeout;    ///< a query past it ends the connection
    std::span<const statement> prepared; ///< made ready at the start
    std::span<const statement> probes;   ///< run once with an empty array: rights, tables, RLS
    identity_fence* fence = nullptr;     ///< answers of other databases are thrown away
    /// Which address is tried first: the next one, when nothing answered in time.
    mutable std::size_t first_address = 0;
    /// Of several hosts, this one alone.
    std::optional<std::size_t> only_target{};
};

/// Lives on its loop's thread, as all its calls and callbacks do.
class connection {
  public:
    class owner {
      public:
        /// May send from now on.
        virtual void connection_ready(connection&) = 0;
        /// An answer has come: there is room again.
        virtual void connection_advanced(connection&) = 0;
        /// A NOTIFY has come.
        virtual void connection_notified(connection&, std::string_view channel) {
            static_cast<void>(channel);
        }
        /// It is over; every query in it has failed. `why` is a sentence. `was_ready` tells a
        /// broken connection from one that never came up. May destroy the connection.
        virtual void connection_closed(connection&, const std::string& why, bool was_ready) = 0;

      protected:
        ~owner() = default;
    };

    connection(boost::asio::io_context&, const connection_settings&, core::logger&, metrics&,
               owner&);
    ~connection(); ///< fails what is in it; no callback to the owner
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void open(core::steady_time now);
    /// Ends it and tells the owner.
    void close(const std::string& why);

    /// Not, once the feed has seen another database than this one's.
    bool ready() const noexcept;
    bool may_send() const noexcept;
    /// A pooler is between: what is said holds for a transaction alone.
    bool pooled() const noexcept;
    void send(query&, core::steady_time now);

    std::size_t in_flight() const noexcept;
    /// When the oldest query without an answer was sent.
    std::optional<core::steady_time> waiting_since() const noexcept;
    core::steady_time opened_at() const noexcept;
    /// Once it is ready.
    const database_identity& identity() const noexcept;
    /// A name, an address or a socket's folder; empty until it is connected.
    std::string host() const;
    std::string port() const;

    /// Looks at the deadlines: connect_timeout and query_timeout.
    void tick(core::steady_time now);

  private:
    class shell;
    std::shared_ptr<shell> shell_;
};

} // namespace latchkey::pg
