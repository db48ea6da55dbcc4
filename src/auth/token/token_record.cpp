#include <latchkey/auth/token/token_record.hpp>

#include "auth/cache/record_text.hpp"

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <utility>

namespace latchkey::auth {

using core::append_member;

token_record::token_record(token_claims claims, token_proof proof,
                           const revocation_keys& revocations, std::string_view claims_text)
    : claims_(std::move(claims)), proof_(std::move(proof)), revocations_(revocations) {
    auto& out = answer_;
    append_member(out, R"({"valid":true,"code":"VALID","subject":)", claims_.subject);
    append_member(out, R"(,"organization_id":)", claims_.organization_id);
    append_member(out, R"(,"issuer":)", claims_.issuer);
    append_member(out, R"(,"audience":)", claims_.audiences);
    append_member(out, R"(,"scopes":)", claims_.scopes);
    append_member(out, R"(,"token_id":)", claims_.token_id);
    append_member(out, R"(,"issued_at":)", claims_.issued_at);
    append_member(out, R"(,"expires_at":)", claims_.ends_at);
    out += R"(,"claims":)";
    core::append_compact_json(out, claims_text);
    out += '}';
    out.shrink_to_fit();
}

std::size_t token_record::bytes() const noexcept {
    return sizeof *this + heap_bytes(answer_) + heap_bytes(proof_.key_thumbprint) +
           heap_bytes(claims_.issuer) + heap_bytes(claims_.subject) + heap_bytes(claims_.token_id) +
           heap_bytes(claims_.certificate) + heap_bytes(claims_.confirmation) +
           heap_bytes(claims_.client_id) + heap_bytes(claims_.subject_issuer) +
           heap_bytes(claims_.subject_token_id) + heap_bytes(claims_.exchanged_token_id) +
           heap_bytes(claims_.organization_id) + heap_bytes(claims_.audiences) +
           heap_bytes(claims_.scopes);
}

std::size_t kept_proof::extra_bytes() const noexcept {
    if (record) return record->bytes();
    return sizeof *unfit + heap_bytes(unfit->issuer) + heap_bytes(unfit->proof.key_thumbprint);
}

} // namespace latchkey::auth
