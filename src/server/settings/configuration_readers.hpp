#pragma once
// Readers of a file, the environment and flags, which return the same kind of list. They check the
// names of settings; values are checked later.

#include "server/settings/secret_file.hpp"
#include "server/settings/setting.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::server {

struct given_setting {
    const setting* entry;
    given_value value;
    std::string where; ///< how mistakes begin: "FILE:12: server.listen", "LATCHKEY_SERVER__LISTEN"
    std::size_t line = 0;  ///< in the file; 0: not from a file
    std::size_t table = 0; ///< number of the repeated table that it is in, from 1; 0: in none
};

/// One occurrence of a repeated table.
struct given_table {
    const repeated_table* kind;
    std::string where; ///< where it begins: "FILE:40"
};

struct mistake {
    std::string text; ///< where, what is wrong, what is expected
    std::size_t line = 0;
};

struct given_settings {
    std::vector<given_setting> settings;
    std::vector<given_table> tables; ///< in the order of their settings
    std::vector<mistake> mistakes;
    std::vector<exposed_file> exposed; ///< files with the value of a secret setting
    std::vector<unheeded_variable> unheeded;
};

/// Reads a TOML file. Blocks.
given_settings read_file(const std::string& path);

/// Reads LATCHKEY_SECTION__KEY, LATCHKEY_SECTION__KEY_FILE, and for secrets systemd's credentials
/// in CREDENTIALS_DIRECTORY. Names without the prefix and "__" are ignored. Blocks: it reads files.
given_settings read_environment(std::span<const std::pair<std::string, std::string>> environment);

/// Reads `--set section.name=value` and its shortcuts. Secrets are refused, because every user can
/// see a command line.
given_settings read_flags(std::span<const given_flag> flags);

/// Returns "; did you mean …?" with the nearest known setting, or an empty text.
std::string suggest_setting(std::string_view name);

/// Returns the whole content. Fails with the rest of a sentence ("cannot be read: …"), also if the
/// file is larger than `bytes_max`. Blocks.
core::result<std::string> read_small_file(const std::string& path, std::size_t bytes_max);

struct small_file {
    std::string text;
    unsigned mode = 0; ///< permissions of the opened file; 0 for devices and nameless pipes
};
/// Does the same, and returns the file's permissions, too.
core::result<small_file> read_small_file_with_mode(const std::string& path, std::size_t bytes_max);

} // namespace latchkey::server
