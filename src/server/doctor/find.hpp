#pragma once
// Decides what of the facts an operator should look at. Pure.

#include "server/doctor/finding.hpp"
#include "server/doctor/node_facts.hpp"

#include <vector>

namespace latchkey::server {

/// The names that findings have.
inline constexpr std::string_view finding_names[] = {
    "configuration_invalid",
    "database_unreachable",
    "database_unreadable",
    "database_is_standby",
    "transaction_pooler",
    "clock_differs",
    "schema_differs",
    "legacy_names_differ",
    "right_missing",
    "row_level_security",
    "triggers_missing",
    "subscription_into_latchkey",
    "subscription_disabled",
    "replication_not_visible",
    "feed_hampered",
    "secret_exposed",
    "exposed",
    "variable_without_effect",
    "certificate_unusable",
    "certificate_expired",
    "certificate_ends_soon",
    "issuer_unusable",
    "issuer_unreachable",
    "issuer_without_keys",
    "key_encryption_key_unusable",
    "no_key_encryption_key",
    "signing_key_sealed",
    "descriptors_short",
    "versions_differ",
    "settings_differ",
};

std::vector<finding> find(const node_facts&);

// --- its parts ---
void find_in_database(const node_facts&, std::vector<finding>&);
void find_in_files(const node_facts&, std::vector<finding>&);
void find_in_peers(const node_facts&, std::vector<finding>&);

} // namespace latchkey::server
