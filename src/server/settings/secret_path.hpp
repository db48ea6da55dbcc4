#pragma once

#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>

namespace latchkey::server {

/// Returns the path that a setting such as issuers.secret_file means: the value itself, or for
/// "credential:NAME" the file NAME in `directory` (systemd's CREDENTIALS_DIRECTORY, or null). Fails
/// with a sentence about the value.
core::result<std::string> secret_path(std::string_view value, const char* directory);

} // namespace latchkey::server
