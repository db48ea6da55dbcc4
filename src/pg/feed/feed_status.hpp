#pragma once
// What other threads see of the feed. Logs each change once.

#include "pg/feed/feed_query.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/pg/connection/database_identity.hpp>
#include <latchkey/pg/connection/database_server.hpp>
#include <latchkey/pg/feed/audit_state.hpp>
#include <latchkey/pg/legacy/mirror_state.hpp>

#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::pg {

/// Returns why the feed works, though not as it should; empty if it does. `beside`: queries without
/// which the polls go on. `is_silent`: no notification arrives.
std::string find_warning(std::span<const feed_query* const> beside, bool is_silent, bool pooled);

class feed_status {
  public:
    explicit feed_status(core::logger& log) : log_(log) {}

    // --- any thread ---
    /// Why the feed cannot be read; empty if it is read.
    std::string problem() const;
    std::string warning() const;
    std::string uri_problem() const;
    mirror_state mirror() const;
    audit_state audit() const;
    database_server server() const;

    // --- the feed's thread ---
    void set_problem(const std::string& why);
    void is_read();
    void set_warning(std::string found);
    /// Why a changed database.uri does not work, while the feed is read by the one of before; empty
    /// if it works.
    void set_uri_problem(const std::string& why);
    void set_mirror(mirror_state);
    void set_audit(audit_state);
    /// A poll was answered there.
    void answered(server_place, const database_identity&);
    void lost(std::string_view why);

  private:
    // Once the feed has been read, health says what becomes of it, with what to do.
    core::log_level level() const {
        return was_read_ ? core::log_level::debug : core::log_level::info;
    }

    core::logger& log_;
    mutable std::mutex mutex_; ///< guards the others
    std::string problem_ = "the feed of changes has not been read yet";
    bool was_read_ = false;
    std::string warning_;
    std::string uri_problem_;
    mirror_state mirror_;
    audit_state audit_;
    server_news server_;
};

} // namespace latchkey::pg
