#include <latchkey/auth/device/register_device.hpp>

#include "auth/cache/applied.hpp"
#include "auth/checks.hpp"
#include "auth/device/computed.hpp"

#include <latchkey/crypto/random.hpp>

#include <utility>

namespace latchkey::auth {

namespace {

constexpr std::size_t device_id_random_length = 22; // 131 bits in base62

std::optional<std::string> check(const register_device_request& asked) {
    if (auto wrong = check_identifier("organization_id", asked.organization_id)) return wrong;
    if (auto wrong = check_name("name", asked.name)) return wrong;
    if (asked.device_id)
        if (auto wrong = check_device_id(*asked.device_id)) return wrong;
    if (auto wrong = check_scopes(asked.scopes)) return wrong;
    if (auto wrong = check_metadata(asked.metadata)) return wrong;
    if (!asked.secret) return std::nullopt;
    const auto length = asked.secret->reveal().size();
    if (length >= chosen_secret_length_min && length <= device_secret_length_max)
        return std::nullopt;
    return "field \"device_secret\" must have " + std::to_string(chosen_secret_length_min) +
           " to " + std::to_string(device_secret_length_max) + " bytes";
}

} // namespace

device as_stored(const registered_device& made) {
    const auto& row = made.stored;
    device out;
    out.device_id = row.device_id;
    out.organization_id = row.organization_id;
    out.name = row.name;
    out.scopes = row.scopes;
    out.metadata = row.metadata;
    out.status = "active";
    out.secret_form =
        made.device_secret.empty() ? device_secret_form::scrypt : device_secret_form::sha256;
    out.enabled = true;
    out.state = "active";
    out.created_at = made.created_at;
    out.read_at = made.created_at;
    return out;
}

operation<registered_device> register_device(device_store& devices, change_sink& changes,
                                             const core::slow_work& elsewhere,
                                             register_device_request asked, operator_request& by) {
    if (auto wrong = check(asked)) co_return invalid(*wrong);
    registered_device made;
    auto& row = made.stored;
    if (asked.device_id) {
        row.device_id = std::move(*asked.device_id);
    } else {
        const auto random = crypto::random_base62(device_id_random_length);
        if (!random) co_return random.error();
        row.device_id = "dev_" + *random;
    }
    row.organization_id = std::move(asked.organization_id);
    row.name = std::move(asked.name);
    row.scopes = std::move(asked.scopes);
    row.metadata = std::move(asked.metadata);
    if (asked.secret) {
        auto hashed = co_await computed(
            elsewhere, [&] { return crypto::hash_password(asked.secret->reveal(), {}); });
        if (!hashed) co_return hashed.error();
        row.stored_secret = crypto::secret(std::move(*hashed));
    } else {
        auto secret = generate_device_secret();
        if (!secret) co_return secret.error();
        row.stored_secret = crypto::secret(sha256_form(secret->reveal()));
        made.device_secret = std::move(*secret);
    }

    const auto at = co_await devices.register_device(row, by);
    if (!at) co_return at.error();
    made.created_at = *at;
    // A question about the id that came before may have left a negative entry.
    const auto change = change_of_device(row.device_id);
    co_await applied(changes, change);
    co_return made;
}

} // namespace latchkey::auth
