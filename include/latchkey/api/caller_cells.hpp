#pragma once
// Counts what became of the requests of callers, on the public listeners and at admin.listen.

#include <latchkey/core/metrics.hpp>

namespace latchkey::api {

/// One per gate, written on its thread.
struct caller_cells {
    core::counter admitted;
    core::counter unknown;   ///< 401
    core::counter forbidden; ///< 403
    core::counter limited;   ///< 429
    core::counter undecided; ///< 503

    /// Any thread.
    void collect(core::metric_sink&) const;
};

} // namespace latchkey::api
