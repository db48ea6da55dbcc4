// POST /admin/v1/issuers/refresh: fetch the keys of an issuer at once, whatever
// issuers.jwks_cooldown says; without `issuer`, of all that publish theirs
//   {issuer?}, or no body
//   200 {issuers:[{issuer, fetched, keys, reason}]}; `reason`: why nothing new is in use
//   404 there is no such issuer, or its keys are not fetched
#include "api/admin/endpoints.hpp"

#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

core::task<reply> refresh_issuers(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::refresh_issuers;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields, true)) co_return *why;
    if (!api.refresh_issuers) co_return http::refusal{503, "this server fetches no keys"};
    std::optional<std::string> name;
    if (body[fields["issuer"]].present) name = std::string(body[fields["issuer"]].text);
    const auto done = co_await core::called_back<core::result<refreshed_issuers>>(
        [&](auto then) { api.refresh_issuers(name, std::move(then)); });
    if (!done) co_return done.error();
    const auto one = [](const refreshed_issuer& issuer) {
        return core::json_object({{"issuer", issuer.issuer},
                                  {"fetched", issuer.fetched},
                                  {"keys", issuer.keys},
                                  {"reason", issuer.reason}});
    };
    co_return reply(200, core::json_object({{"issuers", core::json_array(*done, one)}}).text);
}

} // namespace latchkey::api
