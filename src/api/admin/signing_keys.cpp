// GET /admin/v1/signing-keys: the signing keys of our own tokens
//   200 {signing_keys:[{key_id, state, algorithm, created_at, activates_at, activated_at,
//        retired_at, kek_id}]}
// POST /admin/v1/signing-keys/rotate: the next key takes over when it has been published for
// tokens.publish_ahead; with `now`, it does so at once, and the current key is dropped, which ends
// all tokens that it signed
//   {now?}, or no body
//   200 as the list   503 without a key-encryption key
#include "api/admin/endpoints.hpp"

#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/core/text/json_member.hpp>

#include <array>

namespace latchkey::api {

namespace {

using core::append_member;

using keys = std::vector<auth::signing_key>;

enum : std::size_t { now };
constexpr std::array<http::json_field, 1> fields = {{{"now", http::json_kind::boolean}}};

void append(std::string& out, const auth::signing_key& key) {
    const auto& t = key.times;
    append_member(out, R"({"key_id":)", t.key_id);
    append_member(out, R"(,"state":)", name_of(t.state));
    append_member(out, R"(,"algorithm":)", crypto::traits_of(t.algorithm).name);
    append_member(out, R"(,"created_at":)", t.published_at);
    append_member(out, R"(,"activates_at":)", t.activates_at);
    append_member(out, R"(,"activated_at":)", t.activated_at);
    append_member(out, R"(,"retired_at":)", t.retired_at);
    append_member(out, R"(,"kek_id":)", key.kek_id);
    out += '}';
}

void answer(http::exchange& ex, const keys& all) {
    std::string out = R"({"signing_keys":[)";
    for (const auto& key : all) {
        if (out.back() == '}') out += ',';
        append(out, key);
    }
    out += "]}";
    ex.answer(200, http::json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace

void list_signing_keys(http::exchange& ex, admin_api& api) {
    pending_change<keys>::begin(
        ex, answer, [&](auto done) { api.signing_keys.list_signing_keys(std::move(done)); });
}

void rotate_signing_keys(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, fields, true)) return;
    const bool at_once = body[now].boolean;
    pending_change<keys>::begin(ex, answer,
                                [&](auto done) { api.keeper.rotate(at_once, std::move(done)); });
}

} // namespace latchkey::api
