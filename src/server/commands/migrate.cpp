#include <latchkey/server/commands.hpp>

#include <latchkey/pg/migrations.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {config_option, set_option};

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

int run(const command_line& line, command_context& context) {
    int code = exit_code::ok;
    const auto settings = configured(line, context, code);
    if (!settings) return code;
    wipe_secret_variables();
    const auto applied = pg::migrate(settings->database, pg::migrations(),
                                     settings->auth.legacy_device_secret,
                                     [&](std::string_view step) { context.err << step << '\n'; });
    if (!applied) {
        context.err << "latchkey: " << applied.error().message << '\n';
        return exit_code_of(applied.error().kind);
    }
    if (*applied == 0) context.err << "the schema is up to date\n";
    return exit_code::ok;
}

} // namespace

const command migrate_command = {"migrate", "Brings the database's schema up to date", options,
                                 run};

} // namespace latchkey::server
