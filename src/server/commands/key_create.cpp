#include <latchkey/server/admin_client.hpp>
#include <latchkey/server/commands.hpp>
#include <latchkey/server/units.hpp>

#include <latchkey/core/json_text.hpp>

#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "organization", .value_name = "ID", .help = "whose key it is", .required = true},
    {.name = "name", .value_name = "NAME", .help = "its name", .required = true},
    {"scopes", "A,B", "what it may be used for"},
    {"expires-in", "90d", "how long it is good; without it, until revoked"},
    {"external-id", "ID", "your own name for its holder"},
    {"metadata", "JSON", "an object that verifications answer with"},
    {"allowed-ips", "A,B", "addresses and networks it may be used from; without it, any"},
    {"env", "live|test", "the key's prefix; live without it"},
    socket_option,
    json_option,
};

core::failure usage(std::string message) {
    return {core::failure_kind::invalid, std::move(message)};
}

// The request's body. What only the server can judge is left to it.
class request_writer {
  public:
    explicit request_writer(const command_line& line) : line_(line) {}

    core::result<std::string> write() {
        text("organization", "organization_id");
        text("name", "name");
        text("external-id", "external_id");
        text("env", "env");
        list("scopes", "scopes");
        list("allowed-ips", "allowed_ips");
        lifetime();
        metadata();
        if (!wrong_.empty()) return usage(wrong_);
        return body_ + '}';
    }

  private:
    void member(std::string_view name) {
        body_ += body_.empty() ? '{' : ',';
        core::append_json_string(body_, name);
        body_ += ':';
    }
    void text(std::string_view option, std::string_view name) {
        const auto given = line_.get(option);
        if (!given) return;
        member(name);
        core::append_json_string(body_, *given);
    }
    void list(std::string_view option, std::string_view name) {
        const auto given = line_.get(option);
        if (!given) return;
        const auto items = split_list(option, *given);
        if (!items) return complain(items.error().message);
        member(name);
        body_ += '[';
        for (const auto& item : *items) {
            if (body_.back() != '[') body_ += ',';
            core::append_json_string(body_, item);
        }
        body_ += ']';
    }
    void lifetime() {
        const auto given = line_.get("expires-in");
        if (!given) return;
        const auto lifetime = parse_duration(*given);
        if (!lifetime)
            return complain("--expires-in \"" + *given + "\" " + lifetime.error().message +
                            "; expected a duration such as 90d or 12h");
        if (lifetime->count() == 0 || lifetime->count() % 1000 != 0)
            return complain("--expires-in \"" + *given + "\": expected whole seconds, at least 1s");
        member("expires_in");
        body_ += std::to_string(lifetime->count() / 1000);
    }
    // Passed on as it is, so that its numbers stay as they were written.
    void metadata() {
        const auto given = line_.get("metadata");
        if (!given) return;
        boost::json::error_code error;
        const auto parsed = boost::json::parse(*given, error);
        if (error || !parsed.is_object())
            return complain("--metadata is no JSON object; expected for example "
                            "--metadata '{\"team\":\"core\"}'");
        member("metadata");
        body_ += *given;
    }
    void complain(const std::string& text) {
        if (wrong_.empty()) wrong_ = text;
    }

    const command_line& line_;
    std::string body_;
    std::string wrong_;
};

int run(const command_line& line, command_context& context) {
    const auto body = request_writer(line).write();
    if (!body) {
        context.err << "latchkey: " << body.error().message << '\n';
        return exit_code::usage;
    }
    const auto answer = ask_admin(admin_socket(line, context), "/admin/v1/api-keys", *body);
    if (answer.exit_code == exit_code::ok)
        context.err << "The api_key is shown once, now: keep it where its user finds it.\n";
    return show(answer, line, context);
}

} // namespace

const command key_create_command = {"key create", "Makes an API key and shows it once", options,
                                    run};

} // namespace latchkey::server
