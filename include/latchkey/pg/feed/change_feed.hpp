#pragma once
// Reads the change feed and has it applied. It uses a connection of its own, is woken by NOTIFY,
// and polls every `feed_interval` even if it was not woken, so that a silent, half-open or pooled
// connection loses nothing. At the start, and whenever changes may have been missed, it loads all
// revocations and signing keys before freshness is published.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/receipt/applied_changes.hpp>
#include <latchkey/auth/revocation/remembered_revocations.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/database_identity.hpp>
#include <latchkey/pg/connection/database_server.hpp>
#include <latchkey/pg/feed/audit_state.hpp>
#include <latchkey/pg/legacy/mirror_state.hpp>
#include <latchkey/pg/metrics.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

class feed_reader;

/// This process's row in latchkey.nodes.
struct node_identity {
    std::string name;
    std::string version;
    core::real_time started_at;
    std::string settings = "{}"; ///< that all nodes must have alike: a JSON object
};

/// Lives on the sink's thread; functions that any thread may call say so.
class change_feed {
  public:
    /// `lives` returns how long tokens live at most, and is called on the feed's thread; while that
    /// is unknown, nothing that depends on it is pruned. `fence` is told which database is read,
    /// `applied` how far. What is `remembered` is written back to a database that has lost it.
    change_feed(boost::asio::io_context&, const configuration&, node_identity,
                auth::consistency& known, auth::change_sink&, core::logger&,
                std::function<auth::token_lives()> lives, identity_fence* fence = nullptr,
                auth::applied_changes* applied = nullptr,
                auth::remembered_revocations* remembered = nullptr);
    ~change_feed();

    void start();
    /// Closes the connection; nothing is applied from now on.
    void stop();
    /// Deletes this process's row in latchkey.nodes, so that nobody waits for it. Call it when
    /// nothing is answered any more: nothing is applied from now on. Calls `left` once that is done
    /// or has failed; never, if the database does not answer.
    void leave(std::function<void()> left);
    /// Reads everything anew, as at the start. Returns false, and does nothing, while a poll is
    /// under way.
    bool start_over();
    /// From now on, this is told of the node's settings (node_identity).
    void set_settings(std::string json);
    /// Names this process in latchkey.nodes, once it has started.
    const std::string& instance() const;

    // --- any thread ---
    /// Why polls fail; empty while they succeed.
    std::string problem() const;
    /// A problem that does not stop the polls, which bring all changes: the database cannot be
    /// written to, or notifications do not arrive. Empty if there is none.
    std::string warning() const;
    /// Why a changed database.uri does not work, while the feed is read by the one of before; empty
    /// if it works.
    std::string uri_problem() const;
    /// May be a few seconds old.
    mirror_state mirror() const;
    /// May be a few seconds old.
    audit_state audit() const;
    /// The server that the feed is read from.
    database_server server() const;
    /// By how much the database's clock is ahead of this machine's, at least, as the last poll saw
    /// it; nullopt before the first one.
    std::optional<core::nanoseconds> clock_offset() const noexcept;
    void collect(core::metric_sink&) const;

  private:
    std::shared_ptr<feed_reader> reader_;
};

} // namespace latchkey::pg
