#include "server/cli/commands.hpp"
#include "server/doctor/examine.hpp"
#include "server/doctor/find.hpp"

#include <latchkey/api/oauth_issuer.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {config_option, set_option, json_option};

std::string_view name_of(pg::database_mode mode) {
    switch (mode) {
    case pg::database_mode::direct:
        return "direct";
    case pg::database_mode::pooler:
        return "pooler";
    case pg::database_mode::session_pooler:
        return "session pooler";
    case pg::database_mode::transaction_pooler:
        return "transaction pooler";
    }
    return "";
}

core::json_value json_of(const pg::database_facts& db) {
    if (!db.unreachable.empty()) return nullptr;
    return core::json_object({{"host", db.host},
                              {"port", db.port},
                              {"role", db.role},
                              {"version", db.version},
                              {"mode", name_of(db.mode)}});
}

// Where OAuth's clients find the endpoints, or why they cannot. A name for an issuer is no mistake.
struct oauth_place {
    std::string url; ///< empty: see `why_not`
    std::string why_not;

    explicit oauth_place(std::string_view issuer) {
        const auto found = api::oauth_issuer::parse(issuer);
        if (found)
            url = found->well_known("oauth-authorization-server");
        else
            why_not = found.error().message;
    }
    core::json_value json() const {
        if (url.empty()) return core::json_object({{"url", nullptr}, {"why_not", why_not}});
        return core::json_object({{"url", url}, {"why_not", nullptr}});
    }
};

void tell(const finding& one, std::ostream& out) {
    out << server::name_of(one.how_bad) << "  " << one.name << "\n    " << one.message
        << "\n    mend: " << one.mend << '\n';
}

int report(const node_facts& facts, const std::vector<finding>& found, const oauth_place* oauth,
           const command_line& line, command_context& context) {
    if (line.has("json")) {
        core::json_value list(nullptr);
        list.text = server::json_of(found);
        context.out << core::json_object(
                           {{"database", json_of(facts.database)},
                            {"oauth_metadata", oauth ? oauth->json() : core::json_value(nullptr)},
                            {"findings", list}})
                           .text
                    << '\n';
        return exit_code_of(found);
    }
    const auto& db = facts.database;
    if (db.unreachable.empty())
        context.err << "database: PostgreSQL " << db.version << " on " << db.host << ':' << db.port
                    << ", " << name_of(db.mode) << ", role " << db.role << '\n';
    if (oauth && oauth->url.empty())
        context.err << "OAuth metadata: none, since " << oauth->why_not << '\n';
    else if (oauth)
        context.err << "OAuth metadata: " << oauth->url << '\n';
    for (const auto& one : found)
        tell(one, context.out);
    if (found.empty()) context.err << "nothing found\n";
    return exit_code_of(found);
}

int run(const command_line& line, command_context& context) {
    const auto sources = sources_from(line, context);
    if (!sources) {
        context.err << "latchkey: " << sources.error().message << '\n';
        return exit_code::usage;
    }
    const auto settings = load_configuration(*sources);
    if (!settings) {
        std::vector<finding> found;
        found.push_back({"configuration_invalid", severity::error, remedy::change,
                         settings.error().message, "correct what the message names"});
        node_facts nothing;
        nothing.database.unreachable = "it was not asked";
        return report(nothing, found, nullptr, line, context);
    }
    wipe_secret_variables();
    const auto facts =
        examine(*settings, {.database = {.connect_timeout = settings->database.connect_timeout,
                                         .asks_for_pool_mode = true},
                            .listening = settings->server.listen,
                            .ask_issuers = fetch_from_issuers});
    const oauth_place oauth(settings->tokens.issuer);
    return report(facts, find(facts), &oauth, line, context);
}

} // namespace

const command doctor_command = {
    .name = "doctor",
    .summary = "Examines the configuration, the database and what else a server needs",
    .options = options,
    .run = run,
    .example = "latchkey doctor --config /etc/latchkey/latchkey.toml"};

} // namespace latchkey::server
