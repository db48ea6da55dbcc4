#include "settle.hpp"

#include <algorithm>

namespace latchkey::history {

void settle(std::vector<write>& writes, const survivors& there, span when) {
    for (auto& w : writes) {
        if (w.lost || w.how == outcome::failed || w.begin >= when.from) continue;
        if (!there.contains(w.id))
            w.lost = {when.from,
                      std::max(when.to, w.how == outcome::acknowledged ? w.end : when.to)};
        else if (w.how == outcome::unknown)
            w.how = outcome::acknowledged, w.end = when.to;
    }
}

namespace {

moment seen_until(const write& w, const std::vector<span>& events) {
    auto until = w.end;
    for (const auto& e : events)
        if (w.begin >= e.from && w.begin < e.to) until = std::max(until, e.to);
    return until;
}

} // namespace

void settle_past(std::vector<write>& writes, const survivors& there,
                 const std::vector<span>& events, moment asked) {
    for (auto& w : writes)
        if (!w.lost && w.how == outcome::acknowledged && w.end < asked && !there.contains(w.id))
            w.lost = {w.end, seen_until(w, events)};
}

void settle_at_end(std::vector<write>& writes, const survivors& there,
                   const std::vector<span>& events, moment now) {
    for (auto& w : writes) {
        if (w.lost || w.how == outcome::failed) continue;
        const bool is_there = there.contains(w.id);
        if (!is_there && w.how == outcome::acknowledged) w.lost = {w.end, seen_until(w, events)};
        if (is_there && w.how == outcome::unknown) w.how = outcome::acknowledged, w.end = now;
    }
}

void finish(write& w, outcome how, moment end, bool everywhere) {
    const bool was_settled = w.how == outcome::acknowledged;
    if (was_settled) {
        w.end = std::min(w.end, end);
        w.everywhere = everywhere;
        return;
    }
    // A server that nobody should have asked any more may still have answered with it until now.
    if (w.lost && how == outcome::acknowledged) w.lost->to = std::max(w.lost->to, end);
    w.how = how;
    w.end = how == outcome::unknown ? moment::max() : end;
    w.everywhere = everywhere;
}

} // namespace latchkey::history
