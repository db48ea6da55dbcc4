#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/confirm.hpp"
#include "server/cli/table.hpp"

#include <latchkey/pg/holds.hpp>

#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

constexpr std::string_view kinds = "api_key|device|organization";

constexpr option options[] = {
    config_option,
    set_option,
    {"list", "", "change nothing: list what nodes have written back"},
    {.name = "only",
     .value_name = "KIND",
     .help = "with an ID: end the hold of this one, which is then as its own row says; the rest "
             "stays",
     .values = kinds},
    yes_option,
    json_option,
};

constexpr column columns[] = {
    {"kind", true},          {"id", true},           {"issuer"}, {"revoked_at", true},
    {"reasserted_at", true}, {"reasserted_by", true}};

int failed(const core::failure& why, command_context& context) {
    context.err << "latchkey: " << why.message << '\n';
    return why.kind == core::failure_kind::not_found ? exit_code::usage : exit_code::unavailable;
}

int list(const configuration& settings, const command_line& line, command_context& context) {
    const auto held = pg::list_holds(settings.database);
    if (!held) return failed(held.error(), context);
    if (line.has("json")) {
        for (const auto& one : *held)
            context.out << one << '\n';
        return exit_code::ok;
    }
    boost::json::array rows;
    for (const auto& one : *held)
        rows.push_back(boost::json::parse(one));
    if (rows.empty())
        context.err << "nothing was written back\n";
    else
        table_printer(context.out, context.terminal, context.now, columns).print(rows);
    return exit_code::ok;
}

int lift(const configuration& settings, const command_line& line, command_context& context) {
    const auto kind = line.get("only");
    if (!kind || !line.argument) {
        context.err << "latchkey: --only " << kinds << " and an ID belong together\n";
        return exit_code::usage;
    }
    if (const auto code = unless_meant(
            line, context, "This makes " + *line.argument + " good again, if its own row says so."))
        return *code;
    const auto lifted = pg::lift_hold(settings.database, *kind, *line.argument);
    if (!lifted) return failed(lifted.error(), context);
    context.err << "it counts as its own row says\n";
    if (line.has("json")) context.out << "{\"lifted\":1}\n";
    return exit_code::ok;
}

int accept(const configuration& settings, const command_line& line, command_context& context) {
    if (const auto code =
            unless_meant(line, context,
                         "What was revoked and this database does not know of becomes good again."))
        return *code;
    const auto lifted = pg::accept_database(settings.database);
    if (!lifted) return failed(lifted.error(), context);
    context.err << "the database counts as it is; revocations that nodes had written back and that "
                   "ended: "
                << *lifted << '\n';
    if (line.has("json")) context.out << "{\"lifted\":" << *lifted << "}\n";
    return exit_code::ok;
}

int run(const command_line& line, command_context& context) {
    int code = exit_code::ok;
    const auto settings = configured(line, context, code);
    if (!settings) return code;
    wipe_secret_variables();
    if (line.has("list")) return list(*settings, line, context);
    if (line.has("only") || line.argument) return lift(*settings, line, context);
    return accept(*settings, line, context);
}

} // namespace

const command accept_database_command = {
    .name = "accept-database",
    .summary = "Tells all nodes that a restored database counts as it is, revocations included",
    .options = options,
    .run = run,
    .argument = "[ID]",
    .example = "latchkey accept-database --list --config /etc/latchkey/latchkey.toml"};

} // namespace latchkey::server
