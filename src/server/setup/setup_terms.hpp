#pragma once

#include "server/settings/configuration.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::server {

/// What `latchkey setup` goes by.
struct setup_terms {
    const configuration& settings;
    std::string administrator{};    ///< --admin-uri; empty: postgres, as the user postgres
    std::string root{};             ///< --root; empty: this machine
    std::string_view key = "auto";  ///< --key
    bool uri_is_credential = false; ///< database.uri was read from /etc/latchkey/database.uri
    std::function<void(std::string_view)> say{}; ///< a line for people

    /// Returns the path below `root`.
    std::string path(std::string_view absolute) const { return root + std::string(absolute); }
};

/// The units' files that setup writes, and the key-encryption key.
inline constexpr std::string_view units_folder = "/etc/systemd/system/";
inline constexpr std::string_view settings_folder = "/etc/latchkey/";

} // namespace latchkey::server
