#include "server/settings/sections/table.hpp"

#include <latchkey/auth/device/device_secret.hpp>

namespace latchkey::server::settings {

namespace {

static_assert(static_cast<std::size_t>(auth::legacy_device_secret::mixed) + 1 ==
              auth::legacy_device_secret_names.size());

template <auto Field>
constexpr field_access auth_at = at<&configuration::auth, Field>;
template <auto Field>
constexpr field_access scrypt_at = at<&configuration::scrypt, Field>;

using scrypt = auth::scrypt_configuration;

constexpr setting rows[] = {
    {"auth.accept_foreign_keys", flag(), auth_at<&auth::configuration::accept_foreign_keys>,
     "Look up keys that are not of the shape lk_..., as imported ones are. With false, every such\n"
     "key is INVALID_FORMAT without a look-up.",
     reloadable},
    {"auth.legacy_device_secret", choice(auth::legacy_device_secret_names),
     auth_at<&auth::configuration::legacy_device_secret>,
     "What a device_secret is that the older service stored bare: \"plaintext\", the secret "
     "itself;\n"
     "\"sha256-hex\", its SHA-256; or \"mixed\": 64 hexadecimal digits are a SHA-256, and anything "
     "else\n"
     "is the secret itself, so that a secret which is 64 such digits opens nothing. While it is "
     "unset\n"
     "such secrets open nothing, and migrate and device rehash stop and show their shapes."},
    {"auth.scrypt_threads", count(0, 64), scrypt_at<&scrypt::threads>,
     "Threads that check the secrets that people chose, which takes tens of milliseconds each.\n"
     "They give way to those that serve connections; to come back when they starve, they need the\n"
     "right that LimitNICE=+0 in the unit gives, and without it have nice 10. 0: one for each two "
     "cores."},
    {"auth.scrypt_queue_max", count(1, 10'000), scrypt_at<&scrypt::queue_max>,
     "Such checks that wait for a thread. One more gets 503 at once; keys, tokens, generated\n"
     "secrets and logins that were seen lately do not wait there."},
    {"auth.scrypt_device_max", count(1, 1000), scrypt_at<&scrypt::device_max>,
     "Such checks of one device that wait or run. One more gets 503 at once."},
    {"auth.scrypt_wait_max", duration(10ms, 1min), scrypt_at<&scrypt::wait_max>,
     "How long such a check may wait for a thread. Later: 503."},
    {"auth.scrypt_results_max", count(32, 10'000'000), scrypt_at<&scrypt::results_max>,
     "Outcomes of such checks that are kept, so that a device that comes again costs none."},
    {"auth.scrypt_results_ttl", duration(0s, 24h), scrypt_at<&scrypt::results_ttl>,
     "How long they are kept. A changed secret does not wait for it."},
};

} // namespace

std::span<const setting> auth_section() {
    return rows;
}

} // namespace latchkey::server::settings
