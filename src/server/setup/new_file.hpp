#pragma once
// Files of which no half may ever be seen, and which replace nobody's.

#include <latchkey/core/result.hpp>

#include <sys/types.h>

#include <string>
#include <string_view>

namespace latchkey::server {

/// Writes a file that is not there yet, with its folders. It is there as a whole, on the disk, or
/// not at all.
core::result<void> write_new_file(const std::string& path, std::string_view text, mode_t mode);

/// Where a program may write the file's text, for `publish_file`.
std::string beside(const std::string& path);
/// Gives the file that was written beside it its name.
core::result<void> publish_file(const std::string& path);

} // namespace latchkey::server
