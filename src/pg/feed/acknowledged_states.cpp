#include "pg/feed/acknowledged_states.hpp"

#include <algorithm>

namespace latchkey::pg {

const acknowledged_state* acknowledged_states::find(std::uint64_t beat) const noexcept {
    const auto found = std::ranges::find(all_, beat, &acknowledged_state::beat);
    return found == all_.end() ? nullptr : &*found;
}

acknowledged_states::decision
acknowledged_states::decide(const feed_poll& answer, const database_identity& from,
                            const std::optional<std::string>& asked) const {
    const auto& to = answer.identity;
    if (to == from || to.lineage() != from.lineage() || to.timeline() < from.timeline()) return {};
    const auto* state = answer.beat ? find(*answer.beat) : nullptr;
    if (!state || snapshot_xmin(state->snapshot) < answer.pruned_below ||
        snapshot_xmax(answer.taken_at) < snapshot_xmax(state->snapshot))
        return {};
    if (!to.era) return {next::begin_era, state};
    if (asked != state->snapshot) return {next::poll_there, state};
    if (answer.more) return {};
    return {next::go_on, state};
}

} // namespace latchkey::pg
