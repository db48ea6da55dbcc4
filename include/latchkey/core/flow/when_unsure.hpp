#pragma once

namespace latchkey::core {

/// What a node does when it cannot lease (lease_keeper.hpp).
enum class when_unsure {
    closed,      ///< nothing more is allowed
    local_share, ///< in each window, its share of the limit by the number of nodes
};

} // namespace latchkey::core
