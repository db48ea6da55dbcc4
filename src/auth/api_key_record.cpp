#include <latchkey/auth/api_key_record.hpp>

#include <latchkey/core/json_text.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

void append_member(std::string& out, std::string_view name, const std::string& value) {
    out += name;
    core::append_json_string(out, value);
}

void append_member(std::string& out, std::string_view name,
                   const std::optional<std::string>& value) {
    if (value) return append_member(out, name, *value);
    out += name;
    out += "null";
}

std::string serialise(const api_key_facts& facts) {
    std::string out;
    append_member(out, R"({"valid":true,"code":"VALID","key_id":)", facts.key_id);
    append_member(out, R"(,"organization_id":)", facts.organization_id);
    append_member(out, R"(,"name":)", facts.name);
    append_member(out, R"(,"external_id":)", facts.external_id);
    out += R"(,"scopes":[)";
    for (const auto& scope : facts.scopes) {
        if (out.back() != '[') out += ',';
        core::append_json_string(out, scope);
    }
    out += R"(],"metadata":)";
    core::append_compact_json(out, facts.metadata);
    out += R"(,"expires_at":)";
    if (facts.expires_at)
        core::append_rfc3339(out, *facts.expires_at);
    else
        out += "null";
    return out += '}';
}

// Short texts live in the string itself.
std::size_t heap_bytes(const std::string& text) {
    static const auto inside = std::string().capacity();
    return text.capacity() > inside ? text.capacity() + 1 : 0;
}
std::size_t heap_bytes(const std::optional<std::string>& text) {
    return text ? heap_bytes(*text) : 0;
}

} // namespace

std::size_t api_key_record::bytes() const noexcept {
    std::size_t total = sizeof *this + heap_bytes(answer_) + heap_bytes(facts_.key_id) +
                        heap_bytes(facts_.organization_id) + heap_bytes(facts_.name) +
                        heap_bytes(facts_.external_id) + heap_bytes(facts_.metadata) +
                        facts_.scopes.capacity() * sizeof(std::string) +
                        facts_.allowed_networks.capacity() * sizeof(network);
    for (const auto& scope : facts_.scopes)
        total += heap_bytes(scope);
    return total;
}

api_key_record::api_key_record(api_key_facts facts) : facts_(std::move(facts)) {
    std::ranges::sort(facts_.scopes);
    const auto repeated = std::ranges::unique(facts_.scopes);
    facts_.scopes.erase(repeated.begin(), repeated.end());
    answer_ = serialise(facts_);
}

} // namespace latchkey::auth
