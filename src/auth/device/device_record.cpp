#include <latchkey/auth/device/device_record.hpp>

#include "auth/cache/record_text.hpp"

#include <latchkey/auth/caller/caller_scopes.hpp>

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <utility>

namespace latchkey::auth {

using core::append_member;

namespace {

std::string serialise(const device_facts& facts) {
    std::string out;
    append_member(out, R"({"valid":true,"code":"VALID","device_id":)", facts.device_id);
    append_member(out, R"(,"organization_id":)", facts.organization_id);
    append_member(out, R"(,"name":)", facts.name);
    append_member(out, R"(,"scopes":)", facts.scopes);
    out += R"(,"metadata":)";
    core::append_compact_json(out, facts.metadata);
    return out += '}';
}

} // namespace

device_record::device_record(device_facts facts) : facts_(std::move(facts)) {
    drop_reserved_scopes(facts_.scopes);
    sort_and_dedupe(facts_.scopes);
    answer_ = serialise(facts_);
}

void device_record::append_answer(std::string& out, std::string_view access_token,
                                  core::seconds expires_in) const {
    out.append(answer_, 0, answer_.size() - 1); // without its closing brace
    out += R"(,"access_token":)";
    core::append_json_string(out, access_token);
    out += R"(,"token_type":"Bearer","expires_in":)";
    out += std::to_string(expires_in.count());
    out += '}';
}

std::size_t device_record::bytes() const noexcept {
    const auto& previous = facts_.previous_secret;
    return sizeof *this + heap_bytes(answer_) + heap_bytes(facts_.device_id) +
           heap_bytes(facts_.organization_id) + heap_bytes(facts_.name) +
           heap_bytes(facts_.metadata) + heap_bytes(facts_.scopes) + facts_.secret.heap_bytes() +
           (previous ? previous->heap_bytes() : 0);
}

} // namespace latchkey::auth
