#include "server/settings/sections/table.hpp"

#include <latchkey/auth/device/device_secret.hpp>

#include <array>

namespace latchkey::server::settings {

namespace {

static_assert(static_cast<std::size_t>(auth::legacy_device_secret::mixed) + 1 ==
              auth::legacy_device_secret_names.size());

template <auto Field>
constexpr field_access auth_at = at<&configuration::auth, Field>;
template <auto Field>
constexpr field_access scrypt_at = at<&configuration::scrypt, Field>;

using scrypt = auth::scrypt_configuration;

template <auto Field>
constexpr field_access callers_at = at<&configuration::callers, Field>;

using callers = api::caller_configuration;

constexpr std::array<std::string_view, 3> modes = {"unset", "open", "required"};

constexpr setting rows[] = {
    {"auth.callers", choice(modes), callers_at<&callers::mode>,
     "Whether callers must say who they are: by an API key of ours that has a scope for callers, "
     "in\n"
     "X-Latchkey-Key, by a client certificate or a unix listener that [[callers]] names.\n"
     "\"required\": at the endpoints of callers_required_for. \"open\": whoever reaches a listener "
     "may\n"
     "ask about every organization's credentials; one who presents itself is held to its scopes "
     "all\n"
     "the same. \"unset\": as \"open\", but a server that others than this machine can reach does "
     "not\n"
     "start.",
     reloadable},
    {"auth.callers_required_for", text(is_list, "names such as \"verify-api-key, verify-token\""),
     callers_at<&callers::required_for>,
     "Endpoints, by name or path, at which \"required\" asks for a caller: verify-api-key,\n"
     "verify-token, verify-batch, authenticate-device, forward-auth, emqx (scope "
     "latchkey:verify),\n"
     "generate-token, oauth2/token (latchkey:issue), revoke, oauth2/revoke (latchkey:revoke),\n"
     "metrics (latchkey:metrics). oauth2/introspect asks for one always (latchkey:introspect), "
     "and\n"
     "so do RabbitMQ's questions (latchkey:verify).",
     reloadable},
    {"auth.accept_foreign_keys", flag(), auth_at<&auth::configuration::accept_foreign_keys>,
     "Whether keys that do not begin with lk_, such as imported ones, are looked up. If false,\n"
     "every such key is INVALID_FORMAT without a look-up.",
     reloadable},
    {"auth.legacy_device_secret", choice(auth::legacy_device_secret_names),
     auth_at<&auth::configuration::legacy_device_secret>,
     "How a device_secret that the older service stored bare is read. \"plaintext\": it is the\n"
     "secret itself. \"sha256-hex\": it is the secret's SHA-256. \"mixed\": 64 hexadecimal digits\n"
     "are a SHA-256, anything else is the secret itself; a secret that is itself 64 hexadecimal\n"
     "digits is then not accepted. \"unset\": bare secrets are not accepted, and migrate and\n"
     "device rehash stop and show their shapes."},
    {"auth.topic_rules_max", count(0, 10'000),
     at<&configuration::brokers, &api::broker_configuration::topic_rules_max>,
     "Scopes of one credential that are topic rules of message brokers (mqtt:publish:…,\n"
     "mqtt:subscribe:…). A credential that has more may do nothing at a broker.",
     reloadable},
    {"auth.receipt_wait_max", duration(0ms, 1s), auth_at<&auth::configuration::receipt_wait_max>,
     "How long a question waits until this node has applied the change of its X-Latchkey-Receipt.\n"
     "After it: 503.",
     reloadable},
    {"auth.receipt_waits_max", count(1, 1'000'000),
     auth_at<&auth::configuration::receipt_waits_max>,
     "Questions that may wait so on one worker at the same time. One more gets 503 at once.",
     reloadable},
    {"auth.scrypt_threads", count(0, 64), scrypt_at<&scrypt::threads>,
     "Threads that check secrets chosen by people, which takes tens of milliseconds each. They\n"
     "run in the time that the workers leave. To run beside the workers when they starve, they\n"
     "need the right that LimitNICE=+0 in the unit gives; without it they run with nice 10. 0:\n"
     "one for every two cores."},
    {"auth.scrypt_queue_max", count(1, 10'000), scrypt_at<&scrypt::queue_max>,
     "Scrypt checks that may wait for a thread. One more gets 503 at once. Keys, tokens,\n"
     "generated secrets and recently checked secrets do not wait there."},
    {"auth.scrypt_device_max", count(1, 1000), scrypt_at<&scrypt::device_max>,
     "Scrypt checks of one device that may wait or run. One more gets 503 at once."},
    {"auth.scrypt_wait_max", duration(10ms, 1min), scrypt_at<&scrypt::wait_max>,
     "How long a scrypt check may wait for a thread. After it: 503."},
    {"auth.scrypt_results_max", count(32, 10'000'000), scrypt_at<&scrypt::results_max>,
     "Outcomes of scrypt checks that are remembered, so that a device that comes again needs no\n"
     "new check."},
    {"auth.scrypt_results_ttl", duration(0s, 24h), scrypt_at<&scrypt::results_ttl>,
     "How long such an outcome is remembered. A changed secret takes effect at once all the same."},
};

} // namespace

std::span<const setting> auth_section() {
    return rows;
}

} // namespace latchkey::server::settings
