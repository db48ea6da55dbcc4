#include <latchkey/pg/migrations.hpp>

#include <latchkey/crypto/digest.hpp>

#include <algorithm>

namespace latchkey::pg {

std::string checksum_of(const migration& m) {
    return crypto::to_hex(crypto::sha256(m.sql));
}

std::optional<std::string> schema_mismatch(std::span<const migration> known,
                                           std::span<const applied_migration> applied) {
    for (const auto& m : known) {
        const auto found = std::ranges::find(applied, m.version, &applied_migration::version);
        if (found == applied.end())
            return applied.empty()
                       ? std::string("the database has no schema of Latchkey's yet: run "
                                     "latchkey migrate")
                       : "migration " + std::string(m.name) + " is pending: run latchkey migrate";
        if (found->checksum != checksum_of(m))
            return "migration " + std::string(m.name) +
                   " was changed after it was applied: run the release that belongs to this "
                   "database, or restore the migration";
    }
    return std::nullopt;
}

} // namespace latchkey::pg
