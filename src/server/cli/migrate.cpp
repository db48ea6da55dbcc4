#include "server/cli/commands.hpp"
#include "server/cli/migration_news.hpp"
#include "server/cli/migration_plan_text.hpp"
#include "server/doctor/peer_refusal.hpp"
#include "server/settings/units.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    config_option,
    set_option,
    {"lock-wait", "TIME",
     "how long to wait for transactions that hold locks; without it, 30s. After it they are named, "
     "and the exit code is 69: run migrate again, it goes on from there"},
    {"plan", "", "change nothing: print what would be done, and about how long it takes"},
    json_option,
};

int exit_code_of(core::failure_kind kind) {
    switch (kind) {
    case core::failure_kind::invalid:
        return exit_code::configuration;
    case core::failure_kind::internal:
        return exit_code::bug;
    default:
        return exit_code::unavailable;
    }
}

// Returns nullopt after a complaint about the option's value.
std::optional<core::milliseconds> lock_wait(const command_line& line, command_context& context) {
    const auto given = line.get("lock-wait");
    if (!given) return pg::migration_run{}.lock_wait;
    const auto parsed = parse_duration(*given);
    if (parsed) return *parsed;
    context.err << "latchkey: --lock-wait \"" << *given << "\" " << parsed.error().message << '\n';
    return std::nullopt;
}

std::string in_full(const core::failure& why) {
    if (!is_peer_refusal(why.message)) return "latchkey: " + why.message;
    return "latchkey: " + why.message + "; " + migrate_by_setup;
}

int show_plan(const configuration& settings, const command_line& line, command_context& context) {
    const auto plan = pg::plan_migrations(settings.database, pg::migrations(),
                                          settings.auth.legacy_device_secret);
    if (!plan) {
        context.err << in_full(plan.error()) << '\n';
        return exit_code_of(plan.error().kind);
    }
    context.out << (line.has("json") ? plan_json(*plan) + '\n' : plan_text(*plan));
    return exit_code::ok;
}

int run(const command_line& line, command_context& context) {
    const auto wait = lock_wait(line, context);
    if (!wait) return exit_code::usage;
    int code = exit_code::ok;
    const auto settings = configured(line, context, code);
    if (!settings) return code;
    wipe_secret_variables();
    if (line.has("plan")) return show_plan(*settings, line, context);
    migration_news news(context.err);
    const auto applied =
        pg::migrate(settings->database, pg::migrations(),
                    {.legacy = settings->auth.legacy_device_secret,
                     .lock_wait = *wait,
                     .say = [&](std::string_view text) { news.say(text); },
                     .show = [&](const auto& p) { news.show(p, core::steady_now()); }});
    if (!applied) {
        news.say(in_full(applied.error()));
        return exit_code_of(applied.error().kind);
    }
    if (*applied == 0) news.say("the schema is up to date");
    if (line.has("json")) context.out << "{\"applied\":" << *applied << "}\n";
    return exit_code::ok;
}

} // namespace

const command migrate_command = {
    "migrate", "Brings the database's schema up to date",
    options,   run,
    {},        "latchkey migrate --config /etc/latchkey/latchkey.toml"};

} // namespace latchkey::server
