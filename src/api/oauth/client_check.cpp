#include "api/oauth/client_check.hpp"

#include "api/oauth/errors.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/auth/api_key/api_key.hpp>

namespace latchkey::api::oauth {

client_check::client_check(public_api& api, client_user& user)
    : api_(api), user_(user), of_key_(api, *this), of_device_(api, *this) {
    of_key_.called = of_device_.called = "the client";
    of_key_.role = of_device_.role = core::charged_limits::stage::client;
}

// A secret of our keys' shape is a key, and all others may be a device's or a foreign key. Devices
// are cached by their ids, so they are asked for first, unless the key is known already: it needs
// no database then.
client_check::progress client_check::begin(http::exchange& ex, const client_credentials& client,
                                           std::span<const std::string_view> scopes) {
    client_ = client;
    of_key_.request = {.scopes = scopes, .ip = ex.caller().own_address(), .key_id = client.id};
    of_device_.request = {.scopes = scopes};
    is_no_device_ = false;
    asks_device_ = auth::classify_api_key(client.secret) != auth::api_key_shape::own &&
                   !api_.verifier.has_cached(client.secret, client.id, api_.read_clocks());
    if (!asks_device_) return begin_key(ex);
    of_device_.device_id = client.id;
    of_device_.device_secret = client.secret;
    return after_device(ex, of_device_.begin(ex));
}

client_check::progress client_check::go_on(http::exchange& ex) {
    return asks_device_ ? after_device(ex, of_device_.go_on(ex)) : of_key_.go_on(ex);
}

client_check::progress client_check::after_device(http::exchange& ex, progress now) {
    if (now == progress::waiting || !is_no_device_) return now;
    of_device_.reset();
    asks_device_ = false;
    return begin_key(ex);
}

client_check::progress client_check::begin_key(http::exchange& ex) {
    of_key_.presented = client_.secret;
    return of_key_.begin(ex);
}

void client_check::reset() noexcept {
    of_key_.reset();
    of_device_.reset();
    asks_device_ = false;
}

void client_check::answer(http::exchange& ex, const auth::api_key_record& found,
                          const finding& how) {
    found.copy_scopes(scopes_);
    user_.take_client(ex,
                      {auth::credential_kind::api_key, found.key_id(), found.organization_id(),
                       scopes_, found.ends_at(), found.generation()},
                      found.caller_scopes(), how);
}

void client_check::answer(http::exchange& ex, const auth::device_record& found,
                          const finding& how) {
    const auto& facts = found.facts();
    user_.take_client(ex,
                      {auth::credential_kind::device, facts.device_id, facts.organization_id,
                       facts.scopes, std::nullopt, facts.generation},
                      {}, how);
}

void client_check::refuse(http::exchange& ex, std::string&, auth::verdict why) {
    using enum auth::verdict;
    is_no_device_ = asks_device_ && (why == invalid_credentials || why == invalid_format);
    if (is_no_device_) return;                                              // it may be a key
    if (why == not_found || why == invalid_format) ex.note.kind = "client"; // nobody knows of which
    refuse_client(ex, why);
}

void client_check::refuse_limited(http::exchange& ex, std::string&, const auth::key_limit& limit) {
    refuse_at_limit(ex, limit);
}

} // namespace latchkey::api::oauth
