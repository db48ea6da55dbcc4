#include "server/cli/commands.hpp"
#include "server/cli/confirm.hpp"
#include "server/cli/key_filters.hpp"
#include "server/cli/missing_nodes.hpp"
#include "server/cli/object_request.hpp"
#include "server/cli/pages.hpp"

#include <latchkey/api/admin_requests.hpp>

#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"reason", "TEXT", "the reason, which is stored with the key"},
    {organization_filter.name, organization_filter.value_name,
     "without KEY_ID: those of an organization"},
    {name_filter.name, name_filter.value_name,
     "without KEY_ID: those whose name contains it, in large or small letters"},
    {external_id_filter.name, external_id_filter.value_name,
     "without KEY_ID: those with this id of your own"},
    {unused_filter.name, unused_filter.value_name,
     "without KEY_ID: those that were not used for this long"},
    {expiring_filter.name, expiring_filter.value_name,
     "without KEY_ID: those that expire within this time"},
    {.name = state_filter.name,
     .value_name = state_filter.value_name,
     .help = "without KEY_ID: those that are active, disabled or expired",
     .values = "active|disabled|expired"},
    {"dry-run", "", "with filters: list the keys, and revoke none"},
    yes_option,
    wait_option,
    socket_option,
    quiet_option,
    json_option,
};

bool has_filter(const command_line& line) {
    for (const auto* o : {&organization_filter, &name_filter, &external_id_filter, &unused_filter,
                          &expiring_filter, &state_filter})
        if (line.has(o->name)) return true;
    return false;
}

bool is_to_be_revoked(const boost::json::object& key) {
    return text_at(key, "state") != "revoked";
}

// Revokes all keys that the filters find, one after the other. What is revoked stays so if it is
// interrupted, and is passed over when it runs again.
class revoker {
  public:
    revoker(const command_line& line, command_context& context, std::string body)
        : line_(line), context_(context), body_(std::move(body)) {}

    int run(const std::string& query) {
        const auto place = admin_socket(line_, context_);
        std::string cursor;
        do {
            const auto page =
                ask_admin(place, "/admin/v1/api-keys" + query + (query.empty() ? "?" : "&") +
                                     "limit=200" + (cursor.empty() ? "" : "&cursor=" + cursor));
            if (page.exit_code != exit_code::ok) return stop(page);
            const auto answer = boost::json::parse(page.body);
            for (const auto& key : answer.at("api_keys").as_array())
                if (const auto code = revoke(key.as_object())) return *code;
            const auto next = next_cursor(page.body);
            cursor = next == cursor ? "" : next;
        } while (!cursor.empty());
        context_.err << counted() << '\n';
        missing_.tell(context_.err);
        return missing_.any() ? exit_code::unavailable : exit_code::ok;
    }

  private:
    std::optional<int> revoke(const boost::json::object& key) {
        const auto id = text_at(key, "key_id");
        if (!is_to_be_revoked(key) || !may_be_an_id(id)) return std::nullopt;
        const auto answer = ask(line_, context_,
                                {"POST", std::string(api_key_object.path) + id + "/revoke", body_});
        if (answer.exit_code != exit_code::ok) return stop(answer);
        ++count_;
        context_.out << (line_.has("json") ? answer.body : id) << '\n';
        missing_.add(boost::json::parse(answer.body).as_object());
        return std::nullopt;
    }
    std::string counted() const {
        return std::to_string(count_) + (count_ == 1 ? " key is revoked" : " keys are revoked");
    }
    int stop(const admin_answer& answer) {
        if (count_ > 0) context_.err << counted() << "; run it again for the rest\n";
        missing_.tell(context_.err);
        return show(answer, line_, context_);
    }

    const command_line& line_;
    command_context& context_;
    const std::string body_;
    std::size_t count_ = 0;
    missing_nodes missing_;
};

int list_many(const std::string& query, const command_line& line, command_context& context) {
    auto kind = api_keys_list;
    kind.shows = is_to_be_revoked;
    return show_list(kind, query, line, context);
}

int revoke_many(const command_line& line, command_context& context, const std::string& body) {
    query_writer query(line, context.now);
    add_key_filters(query);
    const auto text = query.finish();
    if (!text) return refuse(context, text.error().message);
    if (line.has("dry-run")) return list_many(*text, line, context);
    if (const auto code = unless_meant(
            line, context,
            "This revokes all keys that these filters find for good; --dry-run lists them."))
        return *code;
    return revoker(line, context, body).run(*text);
}

int run(const command_line& line, command_context& context) {
    request_writer body(line);
    body.text("reason", api::admin_requests::revoke.name("reason"));
    if (!line.argument) {
        if (has_filter(line)) return revoke_many(line, context, *body.finish());
        return refuse(context, "\"key revoke\" needs KEY_ID, or a filter such as --unused 90d");
    }
    if (has_filter(line)) return refuse(context, "give a KEY_ID or filters, not both");
    if (line.has("dry-run"))
        return refuse(context, "--dry-run goes with filters, such as --unused 90d");
    return post_to_object(api_key_object, "revoke", body, line, context);
}

} // namespace

const command key_revoke_command = {
    .name = "key revoke",
    .summary = "Revokes an API key, or all that filters find, for good",
    .options = options,
    .run = run,
    .argument = "[KEY_ID]",
    .example = "latchkey key revoke \"$KEY_ID\" --reason leaked --wait all"};

} // namespace latchkey::server
