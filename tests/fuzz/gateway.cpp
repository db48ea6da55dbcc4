// A question of a gateway: its query, and the lines of its header, with what clients have sent.
// The input is the query, a line feed, and the lines.
//
// Must hold:
// - What a query demands, written again, demands the same.
// - No parameter is passed over: with one more, whatever its name, it is refused or demands more.
// - There is one credential only if the lines have it: each text stands in them, or is what Basic
//   encodes. A field that is there twice is never one.
// - What goes into a field of the answer cannot end it, and decodes to what it was.
#include "api/forward/forwarded_credential.hpp"
#include "http/request_parser.hpp"
#include "support.hpp"

#include <latchkey/api/forward_policy.hpp>
#include <latchkey/core/text/form_text.hpp>

#include <algorithm>
#include <string>

using namespace latchkey::fuzz;
namespace api = latchkey::api;
namespace core = latchkey::core;
namespace http = latchkey::http;

namespace {

std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}

std::string written(const api::forward_policy& policy) {
    std::string out = "cost=" + std::to_string(policy.cost) + (policy.token ? "&token=1" : "");
    std::string scopes;
    for (const auto& scope : policy.scopes)
        scopes += (scopes.empty() ? "" : ",") + scope;
    if (!scopes.empty()) out += "&scope=" + encoded(scopes);
    if (policy.audience) out += "&audience=" + encoded(*policy.audience);
    for (const auto& id : policy.organizations)
        out += "&organization=" + encoded(id);
    return out;
}

bool same(const api::forward_policy& a, const api::forward_policy& b) {
    return a.scopes == b.scopes && a.audience == b.audience && a.cost == b.cost &&
           a.organizations == b.organizations && a.token == b.token;
}

void check_query(std::string_view query) {
    const auto read = api::read_forward_policy(query);
    if (!read) return expect(!read.error().message.empty(), "a failure says why");
    expect(std::ranges::none_of(read->organizations, &std::string::empty), "ids are not empty");
    expect(std::ranges::none_of(read->scopes, &std::string::empty), "scopes are not empty");
    const auto again = api::read_forward_policy(written(*read));
    expect(again && same(*again, *read), "written again, it demands the same");
    const auto text = std::string(query) + (query.empty() ? "" : "&");
    expect(!api::read_forward_policy(text + "x=1"), "an unknown parameter is refused");
    const auto more = api::read_forward_policy(text + "organization=x");
    expect(more && more->organizations.size() == read->organizations.size() + 1,
           "one more organization is one more");
}

bool stands_in(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

void check_fields(std::string_view lines) {
    const auto head = "GET /forward-auth HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
    http::request request;
    if (head.find("\r\n\r\n") != head.size() - 4 || http::parse_request(head, {}, request)) return;
    api::forwarded_credential found;
    std::string buffer;
    if (read_credential(request, found, buffer) != api::presented::one) return;
    expect(!request.repeats_authorization && !request.repeats_api_key, "it is there once");
    const bool is_device = found.what == api::forwarded_credential::kind::device;
    const std::string_view source = is_device ? std::string_view(buffer) : lines;
    expect(stands_in(source, found.text) && stands_in(source, found.secret), "it was sent");
    expect(is_device || !found.text.empty(), "it is not empty");
    expect(!is_device || !stands_in(found.text, ":"), "a device's id has no colon");
}

void check_text(std::string_view text) {
    std::string field;
    core::append_field_text(field, text);
    expect(std::ranges::all_of(field, [](char c) { return c > ' ' && c < 0x7f; }),
           "it cannot end a field");
    // "+" is a space in forms alone.
    std::string form;
    for (const char c : field)
        c == '+' ? form += "%2B" : form += c;
    const auto back = core::decode_form_text(form);
    expect(!back || *back == text, "it decodes to what it was");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto query = input.substr(0, input.find('\n'));
    check_query(query);
    check_text(query);
    if (query.size() < input.size()) check_fields(input.substr(query.size() + 1));
    return 0;
}
