#pragma once
// Decides what must be done after a poll before its result may be published: changes are applied,
// and tables are loaded for what changes alone cannot tell. Performs nothing itself.
//
//   follows: (load signing keys →) apply the poll's changes
//   lost:    apply "everything" → (load a page of revocations → apply it)… → load signing keys →
//            apply → announce the process
//   no_era:  apply "everything"
//   resumes: apply the poll's changes but those of revocations → (load a page of revocations →
//            apply it)… → withdraw what was not among them → load signing keys → apply → announce.
//            What is known of revocations goes on counting meanwhile.
//
// Tables are read at the poll's snapshot or a later one: changes made meanwhile come again with the
// next poll, and lead to the same state.

#include "pg/feed/feed_poll.hpp"
#include "pg/lookup/token_rows.hpp"

#include <latchkey/auth/cache/change_applier.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace latchkey::pg {

class feed_load {
  public:
    static constexpr std::size_t page_max = 5000;

    /// `told`: the poll's changes; used only if the outcome is `follows`.
    feed_load(feed_position::outcome, auth::change_set told, bool signing_keys_changed);

    enum class step {
        apply,             ///< call `take`, and then `applied`
        load_revocations,  ///< load at most `page_max`, by id after `after()`, then call `loaded`
        load_signing_keys, ///< load all that are not retired, then call `loaded`
        announce,          ///< write this process's row in nodes, then call `announced`
        done,              ///< the poll's start may be published
        give_up,           ///< nothing may be published; the next poll begins where this one did
    };
    step next() const noexcept;

    auth::change_set take() { return std::exchange(to_apply_, {}); }
    void applied() noexcept { has_to_apply_ = false; }
    std::int64_t after() const noexcept { return after_; }
    void loaded(std::vector<revocation_row>);
    void loaded(std::vector<auth::signing_key>);
    /// Nodes that count the live ones now find this one; before that, nothing may be answered.
    void announced() noexcept { needs_announcement_ = false; }
    /// The connection is gone, or the server refuses: nothing more is loaded.
    void interrupted() noexcept { interrupted_ = true; }

  private:
    void keep_withdrawn(const std::vector<revocation_row>& page);

    auth::change_set to_apply_;
    bool has_to_apply_ = false;
    bool needs_revocations_ = false;
    bool needs_signing_keys_ = false;
    bool needs_announcement_ = false;
    bool interrupted_ = false;
    std::int64_t after_ = 0;
    /// Of the poll, when the position resumes.
    std::vector<auth::revocation_change> withdrawn_;
};

} // namespace latchkey::pg
