#pragma once

#include <cstddef>
#include <span>

namespace latchkey::server {

/// Returns the worker that gets the next connection: the one with the fewest, and among equals the
/// first one after `last`, so that connections that arrive one by one are spread evenly.
inline std::size_t next_worker(std::span<const std::size_t> connections, std::size_t last) {
    std::size_t best = (last + 1) % connections.size();
    for (std::size_t i = 1; i < connections.size(); ++i) {
        const std::size_t candidate = (last + 1 + i) % connections.size();
        if (connections[candidate] < connections[best]) best = candidate;
    }
    return best;
}

} // namespace latchkey::server
