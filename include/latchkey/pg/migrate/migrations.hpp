#pragma once
// The schema's numbered steps. They are compiled in; `latchkey migrate` applies them, and every new
// connection of the server checks that they are there.

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/pg/configuration.hpp>

#include <cstdint>
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

/// Whether that is the checksum of its text, or of one that an earlier release applied under the
/// same number, with the same effect.
bool accepts(const migration&, std::string_view checksum);

/// Why this binary cannot work with that schema: what is pending or changed, and the mend. Nothing,
/// when all is well; a schema newer than the binary is.
std::optional<std::string> schema_mismatch(std::span<const migration> known,
                                           std::span<const applied_migration> applied);

/// How far a step is that takes its time.
struct migration_progress {
    std::string_view what; ///< "migration 0012_what_is_there (what is there)"
    std::uint64_t done, total;
};

/// How to migrate, and whom to tell.
struct migration_run {
    auth::legacy_device_secret legacy = auth::legacy_device_secret::unset;
    /// For how long others may hold a lock that is needed, before it is given up.
    core::milliseconds lock_wait{30'000};
    /// One line for each migration and each warning of the server, and at the end for each element
    /// of organizations.api_keys that was not taken as it stands.
    std::function<void(std::string_view)> say{};
    std::function<void(const migration_progress&)> show{}; ///< may be empty
    /// Called at each boundary between two steps or batches; what it throws ends it there. May be
    /// empty.
    std::function<void(const std::string&)> at{};
};

/// Brings the schema up to date: under an advisory lock, step by step, beside whoever reads and
/// writes the older service's tables. Blocks; for the command alone. Wherever it ends, another run
/// goes on from there. Answers with how many migrations were applied. While devices have bare
/// secrets and `legacy` is unset, nothing is applied: their shapes are said, never what they are,
/// and it is `invalid`. It is `unavailable` when others hold a lock for too long: the message names
/// them.
core::result<std::size_t> migrate(const configuration&, std::span<const migration>,
                                  const migration_run&);

/// The same with what is usual.
core::result<std::size_t> migrate(const configuration&, std::span<const migration>,
                                  auth::legacy_device_secret legacy,
                                  const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg
