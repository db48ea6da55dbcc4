#pragma once
// Reads the feed of changes and has it applied: on a connection of its own, woken by NOTIFY, and
// polling each `feed_interval` whether it was woken or not, so that a silent, half-open or pooled
// connection loses nothing. At the start, and whenever changes may have been missed, all
// revocations and signing keys are loaded before freshness is published.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/connection/database_identity.hpp>
#include <latchkey/pg/connection/database_server.hpp>
#include <latchkey/pg/legacy/mirror_state.hpp>
#include <latchkey/pg/metrics.hpp>

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

class feed_reader;

/// What the process says of itself in latchkey.nodes.
struct node_identity {
    std::string name;
    std::string version;
    core::real_time started_at;
};

/// Lives on one thread, the sink's, but for what says otherwise.
class change_feed {
  public:
    /// `lives`: how long tokens live, at most; as long as that is not known, nothing that depends
    /// on it is pruned. Called on the feed's thread. `fence`: is told whose database is read.
    change_feed(boost::asio::io_context&, const configuration&, node_identity,
                auth::consistency& known, auth::change_sink&, core::logger&,
                std::function<auth::token_lives()> lives, identity_fence* fence = nullptr);
    ~change_feed();

    void start();
    /// Closes the connection; nothing is applied from now on.
    void stop();
    /// Reads everything anew, as at the start. False: not now, a poll is under way.
    bool start_over();

    // --- any thread ---
    /// Why no poll succeeds; empty while they do.
    std::string problem() const;
    /// What goes wrong beside the polls, which bring all changes: the database cannot be written
    /// to, or notifications do not arrive. Empty: nothing.
    std::string warning() const;
    /// As it was a few seconds ago.
    mirror_state mirror() const;
    /// Which server it is read from.
    database_server server() const;
    void collect(core::metric_sink&) const;

  private:
    std::shared_ptr<feed_reader> reader_;
};

} // namespace latchkey::pg
