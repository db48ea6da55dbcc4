#pragma once
// What is to be done after a poll until all that it told is believed: changes are applied, and what
// changes alone cannot tell is loaded from its table. Decides; performs nothing.
//
//   follows: (load signing keys →) apply what it told
//   lost:    apply "everything" → (load a page of revocations → apply it)… → load signing keys →
//            apply → announce the process
//   no_era:  apply "everything"
//
// Tables are read at the poll's snapshot or a later one: what changes meanwhile comes again with
// the next poll, and ends in the same state.

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

    /// `told`: by the poll; of no use unless it follows.
    feed_load(feed_position::outcome, auth::change_set told, bool signing_keys_changed);

    enum class step {
        apply,             ///< `take`, and then `applied`
        load_revocations,  ///< `page_max` at most, by id after `after()`, and then `loaded`
        load_signing_keys, ///< all that are not retired, and then `loaded`
        announce,          ///< its row is written, and then `announced`
        done,              ///< the poll's beginning may be published
        give_up,           ///< nothing may be published; the next poll begins where this one did
    };
    step next() const noexcept;

    auth::change_set take() { return std::exchange(to_apply_, {}); }
    void applied() noexcept { has_to_apply_ = false; }
    std::int64_t after() const noexcept { return after_; }
    void loaded(std::vector<revocation_row>);
    void loaded(std::vector<auth::signing_key>);
    /// Whoever counts the live nodes finds this one: before that, nothing may be answered.
    void announced() noexcept { needs_announcement_ = false; }
    /// The connection is gone, or the server refuses: nothing more is loaded.
    void interrupted() noexcept { interrupted_ = true; }

  private:
    auth::change_set to_apply_;
    bool has_to_apply_ = false;
    bool needs_revocations_ = false;
    bool needs_signing_keys_ = false;
    bool needs_announcement_ = false;
    bool interrupted_ = false;
    std::int64_t after_ = 0;
};

} // namespace latchkey::pg
