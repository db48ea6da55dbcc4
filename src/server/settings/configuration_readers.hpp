#pragma once
// The places that settings come from, each read into the same list. Names are checked here, values
// are not yet.

#include "server/settings/secret_file.hpp"
#include "server/settings/setting.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::server {

struct given_setting {
    const setting* key;
    given_value value;
    std::string where; ///< how mistakes begin: "FILE:12: server.listen", "LATCHKEY_SERVER__LISTEN"
    std::size_t line = 0;  ///< of a file
    std::size_t table = 0; ///< which of the repeated tables it is of, from 1; 0: of none
};

/// One of the tables that may be repeated.
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
    std::vector<exposed_file> exposed; ///< of those that hold the value of a secret key
};

/// A TOML file.
given_settings read_file(const std::string& path);

/// LATCHKEY_SECTION__KEY, LATCHKEY_SECTION__KEY_FILE, and for secrets the credentials of systemd in
/// CREDENTIALS_DIRECTORY. Other names are ignored.
given_settings read_environment(std::span<const std::pair<std::string, std::string>> environment);

/// `--set section.key=value` and its shortcuts. Secrets are refused: every user sees a command
/// line.
given_settings read_flags(std::span<const given_flag> flags);

/// "; did you mean …?" with the nearest known key, or nothing.
std::string suggest_key(std::string_view name);

/// The whole content, or a sentence of why not. At most `bytes_max`.
core::result<std::string> read_small_file(const std::string& path, std::size_t bytes_max);

struct small_file {
    std::string text;
    unsigned mode = 0; ///< permissions of the file that was opened; 0 of devices and nameless pipes
};
/// The same, with who may open it.
core::result<small_file> read_small_file_with_mode(const std::string& path, std::size_t bytes_max);

} // namespace latchkey::server
