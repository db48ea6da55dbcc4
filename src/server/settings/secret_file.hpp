#pragma once
// Reads files that hold secrets, and finds out whether every user may open them.

#include <latchkey/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// A file with a secret that every user of the machine may read or change.
struct exposed_file {
    std::string setting; ///< the setting that names it: "tls.key_file"
    std::string path;
    unsigned mode = 0; ///< its permissions: 0644
    /// False for the configuration file itself, if it holds a password: that is only a warning.
    bool is_refused = true;
};

/// Says what is wrong.
std::string complaint_about(const exposed_file&);
/// Says which command mends it.
std::string mend_of(const exposed_file&);
/// Returns one sentence that says both.
std::string describe(const exposed_file&);

/// Whether users beyond owner and group may read or write a file of this mode.
bool is_exposed(unsigned mode) noexcept;

/// Whether `path` is below `directory` (systemd's CREDENTIALS_DIRECTORY, or null), which the
/// service manager protects.
bool is_credential(std::string_view path, const char* directory);

/// Returns the whole content of `path`. Fails with the rest of a sentence ("cannot be read: …"),
/// also if it is larger than `bytes_max`. Appends to `exposed` if the opened file is exposed and is
/// not a credential below `credentials`. Blocks.
core::result<std::string> read_secret_file(std::string_view setting, const std::string& path,
                                           std::size_t bytes_max, const char* credentials,
                                           std::vector<exposed_file>& exposed);

} // namespace latchkey::server
