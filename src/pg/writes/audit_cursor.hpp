#pragma once
// The cursors of the audit trail. Behind the latest events, a place is enough. Whoever follows the
// trail must not miss what commits late, behind later events: there the cursor holds snapshots of
// PostgreSQL, as the feed of changes does. A series of pages shows what its `target` sees and the
// series before, `seen`, did not; the next series begins where this one's target ends.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::pg {

struct audit_cursor {
    struct place {
        std::string at; ///< RFC 3339; in a series behind another, the number of the transaction
        std::string event_id;
    };
    std::optional<place> after; ///< the last event that the page before has looked at
    std::string target;         ///< of the series under way; empty: a new one begins
    std::string seen;           ///< empty: nothing was shown before

    /// base64url.
    std::string text() const;
    static std::optional<audit_cursor> read(std::string_view text);
};

/// The snapshot, or, if it is so long that a request could not hold it, one that has seen less.
std::string bounded_snapshot(const std::string&);

/// The cursor after a series that ended with this page. A page without events keeps the cursor that
/// it was asked with, so that whoever reads to the end finds it; not for ever, since more and more
/// would have to be looked through.
audit_cursor cursor_after_series(const audit_cursor& asked, const std::string& target,
                                 bool any_events);

} // namespace latchkey::pg
