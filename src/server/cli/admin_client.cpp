#include "server/cli/admin_client.hpp"

#include "server/cli/commands.hpp"

#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

constexpr std::size_t path_length_max = 107; // the limit of sockaddr_un
constexpr std::size_t idempotency_key_length_max = 255;

// Longer than any admin.wait_max.
constexpr auto patience_with_wait = core::seconds(660);

admin_answer not_answered(const admin_place& place, const raw_answer& answer) {
    if (answer.forbidden)
        return {exit_code::permission,
                {},
                "this user may not open " + place.name() +
                    ": run the command as the server's user or a member of its group"};
    if (answer.unusable) return {exit_code::configuration, {}, answer.why};
    const auto mend = place.url ? ": look at --url or LATCHKEY_ADMIN_URL"
                                : ": start one with \"latchkey serve\", or name the socket of one "
                                  "with --socket or LATCHKEY_ADMIN_SOCKET";
    return {exit_code::unavailable,
            {},
            "no server answers on " + place.name() + " (" + answer.why + ')' + mend};
}

admin_answer read_problem(const raw_answer& answer) {
    const auto code = exit_code_of_status(answer.status);
    boost::json::error_code error;
    const auto problem = boost::json::parse(answer.body, error);
    const auto* members = error ? nullptr : problem.if_object();
    const auto* detail = members ? members->if_contains("detail") : nullptr;
    if (detail && detail->is_string())
        return {code, {}, std::string(detail->get_string()), answer.status};
    return {code,
            {},
            "the server answered with status " + std::to_string(answer.status),
            answer.status};
}

admin_answer read_answer(const admin_place& place, raw_answer answer) {
    if (answer.status / 100 != 2) return read_problem(answer);
    boost::json::error_code error;
    if (!boost::json::parse(answer.body, error).is_object() || error)
        return {exit_code::unavailable,
                {},
                "what answers on " + place.name() + " is no Latchkey server"};
    while (answer.body.ends_with('\n'))
        answer.body.pop_back();
    return {exit_code::ok, std::move(answer.body), {}, answer.status};
}

} // namespace

admin_answer ask_admin(const admin_place& place, const admin_request& asked,
                       core::milliseconds patience) {
    if (!place.mistake.empty()) return {place.mistake_code, {}, place.mistake};
    const auto& path = place.socket;
    if (!place.url && (path.empty() || path.size() > path_length_max))
        return {
            exit_code::usage, {}, "\"" + path + "\" is no socket's path: expected 1 to 107 bytes"};
    auto answer = exchange(place, asked, patience);
    if (answer.status == 0) return not_answered(place, answer);
    return read_answer(place, std::move(answer));
}

admin_answer ask_admin(const admin_place& place, const std::string& target, const std::string& body,
                       core::milliseconds patience) {
    return ask_admin(place, {body.empty() ? "GET" : "POST", target, body}, patience);
}

admin_answer ask(const command_line& line, const command_context& context, admin_request asked) {
    if (const auto key = line.get("idempotency-key")) {
        if (!is_field_text(*key) || key->size() > idempotency_key_length_max)
            return {exit_code::usage,
                    {},
                    "--idempotency-key: expected 1 to 255 visible ASCII characters"};
        asked.idempotency_key = *key;
    }
    const bool waits = line.has("wait");
    if (waits)
        asked.target += asked.target.find('?') == std::string::npos ? "?wait=all" : "&wait=all";
    const auto place = admin_socket(line, context);
    return waits ? ask_admin(place, asked, patience_with_wait) : ask_admin(place, asked);
}

int exit_code_of_status(unsigned status) {
    switch (status) {
    case 401:
    case 403:
        return exit_code::permission;
    case 408:
    case 429:
    case 503:
        return exit_code::unavailable;
    default:
        return status >= 400 && status < 500 ? exit_code::usage : exit_code::bug;
    }
}

} // namespace latchkey::server
