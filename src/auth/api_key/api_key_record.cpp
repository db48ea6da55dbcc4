#include <latchkey/auth/api_key/api_key_record.hpp>

#include "auth/cache/record_text.hpp"

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>

namespace latchkey::auth {

using core::append_member;

namespace {

// The approximate length of the answer: its buffer seldom grows, and wastes little.
std::size_t expected_length(const api_key_facts& facts) {
    constexpr std::size_t members = 160; // names of the members, the time, quotes
    std::size_t texts = facts.key_id.size() + facts.organization_id.size() + facts.metadata.size();
    if (facts.name) texts += facts.name->size();
    if (facts.external_id) texts += facts.external_id->size();
    for (const auto& scope : facts.scopes)
        texts += scope.size() + 3;
    return members + texts;
}

// All that a verification may ask for and be granted.
std::vector<std::string> all_scopes(const api_key_facts& facts) {
    auto all = facts.scopes;
    for (auto& name : facts.caller_scopes.names())
        all.push_back(std::move(name));
    sort_and_dedupe(all);
    return all;
}

std::string serialise(const api_key_facts& facts) {
    std::string out;
    out.reserve(expected_length(facts));
    append_member(out, R"({"valid":true,"code":"VALID","key_id":)", facts.key_id);
    append_member(out, R"(,"organization_id":)", facts.organization_id);
    append_member(out, R"(,"name":)", facts.name);
    append_member(out, R"(,"external_id":)", facts.external_id);
    if (facts.caller_scopes.empty())
        append_member(out, R"(,"scopes":)", facts.scopes);
    else
        append_member(out, R"(,"scopes":)", all_scopes(facts));
    out += R"(,"metadata":)";
    core::append_compact_json(out, facts.metadata);
    append_member(out, R"(,"expires_at":)", facts.expires_at);
    return out += '}';
}

} // namespace

std::size_t api_key_record::bytes() const noexcept {
    return sizeof *this + heap_bytes(answer_) + heap_bytes(facts_.key_id) +
           heap_bytes(facts_.organization_id) + heap_bytes(facts_.name) +
           heap_bytes(facts_.external_id) + heap_bytes(facts_.metadata) +
           heap_bytes(facts_.scopes) + facts_.allowed_networks.capacity() * sizeof(core::network);
}

api_key_record::api_key_record(api_key_facts facts) : facts_(std::move(facts)) {
    drop_reserved_scopes(facts_.scopes);
    sort_and_dedupe(facts_.scopes);
    answer_ = serialise(facts_);
}

} // namespace latchkey::auth
