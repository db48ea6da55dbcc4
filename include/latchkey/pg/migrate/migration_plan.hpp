#pragma once
// What `latchkey migrate` would do, without doing it.

#include <latchkey/core/clock.hpp>
#include <latchkey/pg/migrate/migrations.hpp>

namespace latchkey::pg {

struct planned_step {
    std::string migration; ///< "0012_what_is_there"; empty: what follows all migrations
    std::string name;      ///< the step's; empty: the migration has only this one
    std::string what; ///< "builds an index on public.organizations, beside readers and writers"
    std::uint64_t rows = 0;
    bool is_guess = false;      ///< the table was never analysed: the rows follow from its size
    core::milliseconds about{}; ///< how long it takes
};

struct migration_plan {
    std::vector<std::string> notes; ///< what migrate says first: names that it takes, warnings
    std::vector<planned_step> steps;
    std::size_t migrations = 0; ///< that have steps to do
    core::milliseconds about{};
};

/// Looks at the schema and at the sizes of the tables, and changes nothing. Blocks. Fails as
/// migrate() would before its first step: with `invalid`, `conflict` or `unavailable`.
core::result<migration_plan> plan_migrations(const configuration&, std::span<const migration>,
                                             auth::legacy_device_secret);

} // namespace latchkey::pg
