#pragma once
// An organization as operators see it and change it.

#include <latchkey/core/clock.hpp>

#include <optional>
#include <string>

namespace latchkey::auth {

struct organization {
    std::string organization_id;
    std::optional<std::string> name;
    std::string status; ///< "active", or another word that the older service wrote
    std::optional<core::real_time> created_at{}; ///< nullopt if the older table does not note it
    bool enabled = true;                         ///< what the status says
    core::real_time read_at{};                   ///< the database's time of this answer
};

/// Names what changes.
struct organization_change {
    std::string organization_id;
    std::optional<std::string> only_organization{}; ///< nullopt: any
    std::optional<std::string> name{};
    std::optional<bool> enabled{};
};

} // namespace latchkey::auth
