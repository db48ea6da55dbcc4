#include <latchkey/pg/lookup/pool_plan.hpp>

#include <algorithm>
#include <cstdint>

namespace latchkey::pg {

core::milliseconds backoff(std::size_t attempt, core::milliseconds least, core::milliseconds most,
                           double random) {
    if (attempt == 0) return core::milliseconds(0);
    const auto doublings = std::min<std::size_t>(attempt - 1, 20);
    const auto whole = std::min<std::int64_t>(least.count() << doublings, most.count());
    return core::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(whole) * (0.5 + random / 2)));
}

bool batch_is_due(const gathering& g, std::size_t spread, core::milliseconds stall) {
    if (g.gathered == 0) return false;
    return g.batches_under_way == 0 || g.gathered >= spread || g.oldest_batch >= stall;
}

std::size_t query_size(const query_bounds& b) {
    const auto half = std::max(b.limit / 2, b.spread);
    return std::max<std::size_t>(1, std::min({b.room, half, b.batch_max}));
}

} // namespace latchkey::pg
