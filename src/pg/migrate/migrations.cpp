#include <latchkey/pg/migrate/migrations.hpp>

#include <latchkey/crypto/digest.hpp>

#include <algorithm>

namespace latchkey::pg {

namespace {

// Earlier releases applied these texts in one transaction each, existing rows of the old tables
// included. The result is the same.
struct released_text {
    int version;
    std::string_view checksum;
};
constexpr released_text released[] = {
    {1, "a068f3db7d4665f028a41fee1eee24391040cf72ac2ab947b92ebddaf71651f9"},
    {2, "9c8ee8ac8c786a06e43047a85c22f209cfa3663a673b5f498eb0574569fae19b"},
    {3, "bb4e3a62a50358eac0bfa9121fb71e7004e6f9dc2b6cdc549a50c284b35ccd34"},
    {4, "aa2710130c6aa17665af2f24c9a52f38a3dcdfdab8ff0b6f947f3c442e588a71"},
    {5, "9e9584e2e65df8e1db478456d8773267f83e53a8b3107cf307fb2f1e9268726f"},
    {6, "b1d47b0c8d6f5b4a816b45177e063940af750f503cffd1b698ce95513a8c176c"},
    {8, "3214a723b59a090f57293ce58a432eaac2f95dc0ba5716cd397cfbfa45a66bd8"},
    {9, "c09ab6ad81f74a57d22b88b59ffc99a915ade251de35ae595adecbe94c1d9fa7"},
    {10, "2d9193226b53711fceb3a8ad05a9da15c95c0f8790a1a7070a381aedd164b907"},
};

} // namespace

bool accepts(const migration& m, std::string_view checksum) {
    return checksum == checksum_of(m) || std::ranges::any_of(released, [&](const released_text& r) {
               return r.version == m.version && r.checksum == checksum;
           });
}

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
        if (!accepts(m, found->checksum))
            return "migration " + std::string(m.name) +
                   " was changed after it was applied: run the release that belongs to this "
                   "database, or restore the migration";
    }
    return std::nullopt;
}

} // namespace latchkey::pg
