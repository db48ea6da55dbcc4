#pragma once
// The schema's numbered steps. They are compiled in; `latchkey migrate` applies them, and every new
// connection of the server checks that they are there.

#include <latchkey/auth/device_secret.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/pg/configuration.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pg {

struct migration {
    int version;
    std::string_view name; ///< of the file, without ending: "0001_old_tables"
    std::string_view sql;
};

struct applied_migration {
    int version;
    std::string name;
    std::string checksum;
};

/// The compiled-in ones, in order (from schema/*.sql).
std::span<const migration> migrations();

/// SHA-256 of the text, in hexadecimal.
std::string checksum_of(const migration&);

/// Why this binary cannot work with that schema: what is pending or changed, and the mend. Nothing,
/// when all is well; a schema newer than the binary is.
std::optional<std::string> schema_mismatch(std::span<const migration> known,
                                           std::span<const applied_migration> applied);

/// Brings the schema up to date: under an advisory lock, each migration in a transaction of its
/// own. Blocks; for the command alone. `say` gets one line for each step and each warning of the
/// server, and at the end for each element of organizations.api_keys that was not taken as it
/// stands. Answers with how many were applied. While devices have bare secrets and `legacy` is
/// unset, nothing is applied: their shapes are said, never what they are, and it is `invalid`.
core::result<std::size_t> migrate(const configuration&, std::span<const migration>,
                                  auth::legacy_device_secret legacy,
                                  const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg
