#pragma once
// What setup reads and writes of the units' files.

#include "server/setup/setup_terms.hpp"

#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

inline constexpr std::string_view service = "latchkey.service";
inline constexpr std::string_view instances = "latchkey@.service";

bool is_file(const std::string& path);
/// Files with this ending, in order.
std::vector<std::string> files_in(const std::string& folder, std::string_view ending);
void make_folders(const std::string& path);

/// "…/etc/systemd/system/UNIT.d/NAME.conf"
std::string drop_in_path(const setup_terms&, std::string_view unit, std::string_view name);
/// Writes one that is not there yet: `lines` of the section [Service].
core::result<void> write_drop_in(const std::string& path, const std::string& lines);
/// Whether the unit, or a line that somebody added to it, has this text.
bool unit_names(const setup_terms&, std::string_view unit, std::string_view text);

/// Returns the first file of an instance (/etc/latchkey/NAME.toml) that has the setting; empty:
/// none has.
std::string instance_setting(const setup_terms&, std::string_view key);

} // namespace latchkey::server
