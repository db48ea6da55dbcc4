#pragma once

#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>

namespace latchkey::server {

/// The path that a key such as issuers.secret_file means: itself, or for "credential:NAME" the file
/// NAME of systemd's credentials. `directory`: CREDENTIALS_DIRECTORY, or null. Fails with a
/// sentence about the value.
core::result<std::string> secret_path(std::string_view value, const char* directory);

} // namespace latchkey::server
