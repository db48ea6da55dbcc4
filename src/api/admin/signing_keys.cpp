// GET /admin/v1/signing-keys: the signing keys of our own tokens
//   200 {signing_keys:[{key_id, state, algorithm, created_at, activates_at, activated_at,
//        retired_at, kek_id}]}
// POST /admin/v1/signing-keys/rotate: the next key takes over when it has been published for
// tokens.publish_ahead; with `now`, it does so at once, and the current key is dropped, which ends
// all tokens that it signed
//   {now?}, or no body
//   200 as the list   503 without a key-encryption key
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"

#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

namespace {

core::json_value json_of(const auth::signing_key& key) {
    const auto& t = key.times;
    return core::json_object({{"key_id", t.key_id},
                              {"state", name_of(t.state)},
                              {"algorithm", crypto::traits_of(t.algorithm).name},
                              {"created_at", t.published_at},
                              {"activates_at", t.activates_at},
                              {"activated_at", t.activated_at},
                              {"retired_at", t.retired_at},
                              {"kek_id", key.kek_id}});
}

reply reply_with(const core::result<std::vector<auth::signing_key>>& all) {
    if (!all) return all.error();
    const auto one = [](const auth::signing_key& key) { return json_of(key); };
    return {200, core::json_object({{"signing_keys", core::json_array(*all, one)}}).text};
}

} // namespace

core::task<reply> list_signing_keys(http::exchange&, admin_api& api) {
    const auto all = co_await api.signing_keys.list_signing_keys();
    co_return reply_with(all);
}

core::task<reply> rotate_signing_keys(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::rotate_signing_keys;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields, true)) co_return *why;
    auto by = asked_by(ex);
    const auto all = co_await api.keeper.rotate(body[fields["now"]].boolean, by);
    co_return reply_with(all).of(by);
}

} // namespace latchkey::api
