// POST /admin/v1/api-keys/{id}/rotate: make a new secret for the key, shown once; the old one stays
// good for `overlap`, and is ended by `finish`
//   {overlap?} in seconds, a day without it; or {finish:true}; or no body
//   200 as GET, with `api_key`; after `finish` without it
//   404   409 it is revoked, of an array, or the secret before still works   422 bad overlap
#include "api/admin/api_key_json.hpp"
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/rotation_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/api_key/rotate_api_key.hpp>

namespace latchkey::api {

core::task<reply> rotate_api_key(http::exchange& ex, admin_api& api) {
    rotation_body asked;
    if (const auto why = read_rotation(ex.request, asked)) co_return *why;
    auto by = asked_by(ex);
    std::string id(ex.path_id);
    auto only = only_organization(ex);

    if (asked.finish) {
        const auto now = co_await auth::finish_key_rotation(api.store, api.changes, std::move(id),
                                                            std::move(only), by);
        if (!now) co_return now.error();
        co_return reply(200, json_of(*now).text).of(by);
    }
    auth::rotate_api_key_request request;
    request.key_id = std::move(id);
    request.only_organization = std::move(only);
    request.overlap = asked.overlap;
    const auto made = co_await auth::rotate_api_key(api.store, api.changes, std::move(request), by);
    if (!made) co_return made.error();
    co_return reply(200, json_of(made->now, made->api_key.reveal()).text).of(by);
}

} // namespace latchkey::api
