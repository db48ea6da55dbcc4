// POST /admin/v1/api-keys/{id}/rotate: make a new secret for the key, shown once; the old one stays
// good for `overlap`, and is ended by `finish`
//   {overlap?} in seconds, a day without it; or {finish:true}; or no body
//   200 {key_id, api_key, organization_id, name, generation, previous:{until}}; `api_key` is null
//       after `finish`
//   404   409 it is revoked, of an array, or the secret before still works   422 bad overlap
#include "api/admin/endpoints.hpp"

#include "api/admin/asked_by.hpp"
#include "api/admin/rotation_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/api_key/rotate_api_key.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

namespace {

core::json_value json_of(const auth::rotated_api_key& now, core::json_value secret) {
    core::json_value previous = nullptr;
    if (now.previous_until) previous = core::json_object({{"until", now.previous_until}});
    return core::json_object({{"key_id", now.key_id},
                              {"api_key", secret},
                              {"organization_id", now.organization_id},
                              {"name", now.name},
                              {"generation", now.generation},
                              {"previous", previous}});
}

} // namespace

core::task<reply> rotate_api_key(http::exchange& ex, admin_api& api) {
    rotation_body asked;
    if (const auto why = read_rotation(ex.request, asked)) co_return *why;
    auto by = asked_by(ex);

    if (asked.finish) {
        const auto now = co_await auth::finish_key_rotation(
            api.store, api.changes, std::string(ex.path_id), std::nullopt, by);
        if (!now) co_return now.error();
        co_return reply(200, json_of(*now, nullptr).text);
    }
    auth::rotate_api_key_request request{std::string(ex.path_id)};
    request.overlap = asked.overlap;
    const auto made = co_await auth::rotate_api_key(api.store, api.changes, std::move(request), by);
    if (!made) co_return made.error();
    co_return reply(200, json_of(made->now, made->api_key.reveal()).text);
}

} // namespace latchkey::api
