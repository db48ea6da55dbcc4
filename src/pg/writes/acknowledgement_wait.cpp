#include "pg/writes/acknowledgement_wait.hpp"

#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::pg {

namespace {

enum column { instance_id, name, max_staleness, applied, flushed_here, flushed_there, expects };

std::optional<fleet_reading::node> decode_node(const PGresult& rows, int row) {
    const auto staleness = decode_int8(text_at(rows, row, max_staleness));
    if (!staleness) return std::nullopt;
    fleet_reading::node out{
        {std::string(text_at(rows, row, instance_id)), std::string(text_at(rows, row, name))},
        core::milliseconds(*staleness),
        std::nullopt};
    if (PQgetisnull(&rows, row, applied)) return out;
    out.applied = auth::transaction_snapshot::parse(text_at(rows, row, applied));
    if (!out.applied) return std::nullopt;
    return out;
}

} // namespace

std::optional<fleet_reading> decode_fleet(const pg_result& rows) {
    if (PQntuples(&rows) == 0) return std::nullopt;
    fleet_reading out;
    const auto here = decode_int8(text_at(rows, 0, flushed_here));
    const auto expected = decode_bool(text_at(rows, 0, expects));
    if (!here || !expected) return std::nullopt;
    out.flushed_here = *here;
    out.flushed_there = decode_int8(text_at(rows, 0, flushed_there)); // NULL has no bytes
    out.expects_standby = *expected;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        if (PQgetisnull(&rows, row, instance_id)) continue;
        auto one = decode_node(rows, row);
        if (!one) return std::nullopt;
        out.nodes.push_back(std::move(*one));
    }
    return out;
}

// What the first reading found on this server's disk includes the change, which was there before.
void acknowledgement_wait::look(fleet_reading next) {
    if (is_lost_) return;
    if (!needed_) needed_ = next.flushed_here;
    replicated_ = replicated_ || (next.flushed_there && *next.flushed_there >= *needed_);
    latest_ = std::move(next);
}

// At least the node that was asked is live.
bool acknowledgement_wait::all_have_it() const noexcept {
    return !latest_.nodes.empty() &&
           std::ranges::all_of(latest_.nodes, [this](const auto& n) { return has_it(n); });
}

auth::acknowledgement acknowledgement_wait::outcome(core::real_time now) const {
    auth::acknowledgement out;
    for (const auto& n : latest_.nodes)
        if (has_it(n))
            out.acknowledged.push_back(n.who);
        else
            out.missing.push_back({n.who, now + n.max_staleness});
    out.complete = all_have_it();
    out.replicated = replicated_ && !is_lost_;
    return out;
}

} // namespace latchkey::pg
