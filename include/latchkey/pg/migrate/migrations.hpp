#pragma once
// The schema's numbered migrations. They are compiled in; `latchkey migrate` applies them, and
// every new connection of the server checks that they are applied.

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
    std::string_view name; ///< the file's name without ending: "0001_old_tables"
    std::string_view sql;
};

struct applied_migration {
    int version;
    std::string name;
    std::string checksum;
};

/// The compiled-in migrations, in order (from schema/*.sql).
std::span<const migration> migrations();

/// Returns the SHA-256 of the text, in hexadecimal.
std::string checksum_of(const migration&);

/// Returns whether `checksum` is that of the migration's text, or of a text with the same effect
/// that an earlier release applied under the same number.
bool accepts(const migration&, std::string_view checksum);

/// Returns why this binary cannot work with the schema (what is pending or changed) and what to do;
/// nullopt if it can. A schema newer than the binary is fine.
std::optional<std::string> schema_mismatch(std::span<const migration> known,
                                           std::span<const applied_migration> applied);

/// Progress of a step that takes long.
struct migration_progress {
    std::string_view what; ///< "migration 0012_what_is_there (what is there)"
    std::uint64_t done, total;
};

/// How to migrate, and whom to tell.
struct migration_run {
    auth::legacy_device_secret legacy = auth::legacy_device_secret::unset;
    /// How long others may hold a lock that is needed, before the migration gives up.
    core::milliseconds lock_wait{30'000};
    /// Called with one line for each migration and each warning of the server, and at the end for
    /// each element of organizations.api_keys that was not taken as it stands.
    std::function<void(std::string_view)> say{};
    std::function<void(const migration_progress&)> show{}; ///< may be empty
    /// Called between two steps or batches; an exception from it ends the migration there. May be
    /// empty.
    std::function<void(const std::string&)> at{};
};

/// Brings the schema up to date: under an advisory lock, step by step, while others read and write
/// the older service's tables. Blocks; only the command may call it. If a run ends early, another
/// continues from there. Returns how many migrations were applied. Fails with `invalid`, and
/// applies nothing, while devices have bare secrets and `legacy` is unset: the message tells their
/// shapes, never their contents. Fails with `unavailable`, and names the holders, if others hold a
/// lock for too long.
core::result<std::size_t> migrate(const configuration&, std::span<const migration>,
                                  const migration_run&);

/// The same with the default migration_run.
core::result<std::size_t> migrate(const configuration&, std::span<const migration>,
                                  auth::legacy_device_secret legacy,
                                  const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg
