#pragma once
// Files that hold secrets, and who else may open them.

#include <latchkey/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// A file with a secret that every user of the machine may read or change.
struct exposed_file {
    std::string setting; ///< which names it: "tls.key_file"
    std::string path;
    unsigned mode = 0; ///< its permissions: 0644
    /// Of the configuration file itself, where it holds a password: told, and no more.
    bool is_refused = true;
};

/// What is wrong and the command that mends it, as one sentence.
std::string describe(const exposed_file&);

/// Whether users beyond owner and group may read or write a file of this mode.
bool is_exposed(unsigned mode) noexcept;

/// Whether `path` is below `directory` (systemd's CREDENTIALS_DIRECTORY, or null), whose protection
/// is the service manager's business.
bool is_credential(std::string_view path, const char* directory);

/// The whole content of `path`, or a sentence of why not; at most `bytes_max`. Appends to `exposed`
/// when the file that was opened is exposed and no credential. Blocks.
core::result<std::string> read_secret_file(std::string_view setting, const std::string& path,
                                           std::size_t bytes_max, const char* credentials,
                                           std::vector<exposed_file>& exposed);

} // namespace latchkey::server
