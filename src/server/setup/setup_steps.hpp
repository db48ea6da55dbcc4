#pragma once
// The steps of `latchkey setup`, in order. `terms` must outlive what they return.

#include "server/setup/setup_step.hpp"
#include "server/setup/setup_terms.hpp"

namespace latchkey::server {

/// Parts "database" (roles and database) and "schema" (migrations and rights).
core::result<std::vector<setup_step>> database_steps(const setup_terms& terms);
/// Part "key": the key-encryption key, and the unit's lines that hand it over.
std::vector<setup_step> key_steps(const setup_terms& terms);
/// Part "service": enables and starts the units.
std::vector<setup_step> service_steps(const setup_terms& terms);

} // namespace latchkey::server
