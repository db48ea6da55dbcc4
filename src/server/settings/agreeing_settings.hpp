#pragma once
// The settings that must be the same on all nodes of a database, since a credential or a token
// would otherwise be good on one of them and not on another.

#include "server/settings/configuration.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// A JSON object of names and values as the configuration spells them. `key_encryption_key`: the
/// key's public id; empty: there is none.
std::string agreeing_settings(const configuration&, std::string_view key_encryption_key);

struct differing_setting {
    std::string name;
    std::string own; ///< as the configuration spells it
    std::string other;
};
/// Compares two such objects. Names that one of them does not have are left out: its release does
/// not know them. A text that is no such object differs in nothing.
std::vector<differing_setting> differing_settings(std::string_view own, std::string_view other);

} // namespace latchkey::server
