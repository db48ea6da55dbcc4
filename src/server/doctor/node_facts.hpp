#pragma once
// What is known of a node and its surroundings when it is examined.

#include "server/settings/exposure.hpp"

#include <latchkey/auth/configuration.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/pg/doctor/database_facts.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::server {

/// Texts are empty where there is nothing to say.
struct node_facts {
    core::real_time now{};

    // --- the configuration and its files ---
    std::vector<exposure> exposed;                 ///< of find_exposures()
    std::vector<std::string> refused;              ///< sentences of refused_files()
    std::string unusable_issuers;                  ///< why their files cannot be used
    std::vector<std::string> unreachable_issuers;  ///< sentences
    std::vector<std::string> issuers_without_keys; ///< sentences
    std::string unusable_certificate;
    std::optional<core::real_time> certificate_ends;
    std::string unusable_key_encryption_key;        ///< why the file cannot be used
    std::string no_key_encryption_key;              ///< why there is none
    std::vector<std::string> unopened_signing_keys; ///< sentences
    std::string settings;                           ///< agreeing_settings()
    std::string version;                            ///< of this program

    // --- the process ---
    std::size_t descriptors = 0; ///< that it may have; 0: no limit
    std::size_t connections_wanted = 0;
    std::size_t connections_possible = 0;
    std::string feed_warning; ///< of a running server

    pg::database_facts database;
};

} // namespace latchkey::server
