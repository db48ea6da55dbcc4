#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/confirm.hpp"
#include "server/setup/setup_steps.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    config_option,
    set_option,
    {"admin-uri", "URI",
     "a role that may create roles and databases, or the owner of a database that is there; "
     "without "
     "it, the role postgres, as the user postgres of this machine (peer authentication). Other "
     "users "
     "see it in ps: its password belongs into ~/.pgpass or PGPASSWORD"},
    {.name = "key",
     .value_name = "WHERE",
     .help = "where a new key-encryption key is kept: sealed by systemd-creds, in a file that only "
             "root can read, or none is made; without it, sealed where systemd-creds is installed",
     .values = "auto|encrypted|file|none"},
    {"root", "FOLDER",
     "write files below this folder, as systemctl --root does; nothing is started"},
    {"dry-run", "", "change nothing: print what would be done"},
    yes_option,
    json_option,
};

using state = outlook::state;

void tell(const outlook& seen, std::ostream& out) {
    out << seen.what << '\n';
    for (const auto& line : seen.commands)
        out << "    " << line << '\n';
    for (const auto& line : seen.details)
        out << "    # " << line << '\n';
}

bool is_to_do(const step_report& report) {
    return report.last.is == state::to_do;
}

// Returns the exit code, after the words that belong to it.
int finish(const std::vector<step_report>& reports, const command_line& line,
           command_context& context) {
    if (line.has("json")) context.out << json_of(reports) << '\n';
    if (!reports.empty() && !reports.back().failed.empty()) {
        context.err << "latchkey: " << reports.back().name << ": " << reports.back().failed << '\n';
        return exit_code::unavailable;
    }
    return exit_code::ok;
}

void tell_of_end(const std::vector<step_report>& reports, std::ostream& err) {
    for (const auto& report : reports)
        if (report.failed.empty() && report.last.is == state::left) tell(report.last, err);
    for (const auto& report : reports)
        if (report.changed && !report.last.afterwards.empty())
            err << report.last.afterwards << '\n';
    if (std::ranges::none_of(reports, &step_report::changed)) err << "nothing was left to do\n";
}

core::result<std::vector<setup_step>> steps_for(const command_line& line,
                                                const setup_terms& terms) {
    const auto part = line.argument.value_or("");
    std::vector<setup_step> out;
    const auto take = [&](std::vector<setup_step> steps) {
        for (auto& step : steps)
            if (part.empty() || part == step.part) out.push_back(std::move(step));
    };
    if (part.empty() || part == "database" || part == "schema") {
        auto steps = database_steps(terms);
        if (!steps) return steps.error();
        take(std::move(*steps));
    }
    take(key_steps(terms));
    take(service_steps(terms));
    return out;
}

bool wants_root(const command_line& line) {
    const auto part = line.argument.value_or("");
    const bool writes_files = part.empty() || part == "key" || part == "service";
    return (writes_files && !line.has("root")) ||
           (part != "key" && part != "service" && !line.has("admin-uri"));
}

int set_up(const std::vector<setup_step>& steps, const command_line& line,
           command_context& context) {
    const auto seen = look_at(steps);
    if (line.has("dry-run")) {
        if (!line.has("json"))
            for (const auto& report : seen)
                if (report.failed.empty()) tell(report.last, context.out);
        return finish(seen, line, context);
    }
    if (!seen.empty() && !seen.back().failed.empty()) return finish(seen, line, context);
    if (std::ranges::any_of(seen, is_to_do)) {
        for (const auto& report : seen)
            if (is_to_do(report)) tell(report.last, context.err);
        if (const auto refused = unless_meant(line, context, "All of this is done."))
            return *refused;
    }
    const auto done =
        perform(steps, [&](const outlook& one) { context.err << "… " << one.what << '\n'; });
    const auto code = finish(done, line, context);
    if (code == exit_code::ok) tell_of_end(done, context.err);
    return code;
}

// The unit hands this file to the service (LoadCredential=database.uri:…); a command must look for
// it, lest it set up another database. Returns whether it is used.
bool look_for_credential(const std::string& root, command_context& context) {
    const auto file = root + std::string(settings_folder) + "database.uri";
    const auto names_uri = [](const auto& variable) {
        return variable.first.starts_with("LATCHKEY_DATABASE__URI");
    };
    std::error_code unseen;
    if (std::ranges::any_of(context.environment, names_uri) ||
        !std::filesystem::exists(file, unseen))
        return false;
    context.environment.emplace_back("LATCHKEY_DATABASE__URI_FILE", file);
    return true;
}

// The service has none of libpq's variables: as its administrator, neither has setup.
void forget_libpq_variables() {
    for (const auto* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE",
                             "PGOPTIONS", "PGTARGETSESSIONATTRS"})
        ::unsetenv(name);
}

int run(const command_line& line, command_context& context) {
    if (!line.has("admin-uri")) forget_libpq_variables();
    const bool is_credential = look_for_credential(line.get("root").value_or(""), context);
    int code = exit_code::ok;
    const auto settings = configured(line, context, code);
    if (!settings) return code;
    if (::geteuid() != 0 && wants_root(line) && !line.has("dry-run")) {
        context.err << "latchkey: run it as root (or, for tests, with --root and --admin-uri)\n";
        return exit_code::permission;
    }
    const auto key = line.get("key").value_or("auto");
    const setup_terms terms{
        .settings = *settings,
        .administrator = line.get("admin-uri").value_or(""),
        .root = line.get("root").value_or(""),
        .key = key,
        .uri_is_credential = is_credential,
        .say = [&](std::string_view text) { context.err << "    " << text << '\n'; }};
    const auto steps = steps_for(line, terms);
    if (!steps) {
        context.err << "latchkey: " << steps.error().message << '\n';
        return exit_code::configuration;
    }
    wipe_secret_variables();
    return set_up(*steps, line, context);
}

} // namespace

const command setup_command = {
    .name = "setup",
    .summary = "Makes what an installation lacks: role, database, schema, rights, key, service",
    .options = options,
    .run = run,
    .argument = "[database|schema|key|service]",
    .example = "latchkey setup --dry-run --admin-uri \"$DATABASE_URL\""};

} // namespace latchkey::server
