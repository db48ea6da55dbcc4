#include "server/cli/migration_plan_text.hpp"

#include "server/cli/migration_text.hpp"

#include <latchkey/core/text/json_object.hpp>

namespace latchkey::server {

namespace {

std::string in_words(const pg::planned_step& step) {
    auto out = step.what;
    if (step.is_guess)
        out += ", perhaps " + std::to_string(step.rows) +
               " rows (unknown: the table was never analysed)";
    else if (step.rows > 0)
        out += ", about " + std::to_string(step.rows) + " rows";
    return out + ", about " + time_text(step.about);
}

} // namespace

std::string plan_text(const pg::migration_plan& plan) {
    std::string out;
    for (const auto& note : plan.notes)
        out += note + '\n';
    if (plan.steps.empty()) return out + "the schema is up to date\n";
    std::string_view of;
    for (const auto& step : plan.steps) {
        if (step.migration != of)
            out += (step.migration.empty() ? "after the migrations" : step.migration) + '\n';
        of = step.migration;
        out += "    ";
        if (!step.name.empty()) out += step.name + ": ";
        out += in_words(step) + '\n';
    }
    return out + std::to_string(plan.migrations) +
           (plan.migrations == 1 ? " migration, about " : " migrations, about ") +
           time_text(plan.about) +
           " in all, while servers and the older service go on; waiting for locks comes on top\n";
}

std::string plan_json(const pg::migration_plan& plan) {
    const auto steps = core::json_array(plan.steps, [](const pg::planned_step& step) {
        return core::json_object({{"migration", step.migration},
                                  {"step", step.name},
                                  {"what", step.what},
                                  {"rows", step.rows},
                                  {"rows_are_a_guess", step.is_guess},
                                  {"about_ms", step.about.count()}});
    });
    return core::json_object({{"migrations", plan.migrations},
                              {"about_ms", plan.about.count()},
                              {"steps", steps},
                              {"notes", plan.notes}})
        .text;
}

} // namespace latchkey::server
