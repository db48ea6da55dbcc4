#include <latchkey/auth/device/register_device.hpp>

#include "auth/checks.hpp"
#include "auth/device/device_changes.hpp"

#include <latchkey/crypto/random.hpp>

#include <memory>
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

struct registration {
    registered_device made;
    device_store& store;
    change_sink& changes;
    device_store::completion<registered_device> done;
    core::result<std::string> hashed{std::string()};
};

void put_in(const std::shared_ptr<registration>& r) {
    r->store.register_device(r->made.stored, [r](core::result<core::real_time> at) {
        if (!at) return r->done(at.error());
        r->made.created_at = *at;
        // A question about the id that came before may have left a negative entry.
        r->changes.apply(change_of_device(r->made.stored.device_id),
                         [r] { r->done(std::move(r->made)); });
    });
}

} // namespace

void register_device(device_store& devices, change_sink& changes, const core::slow_work& elsewhere,
                     register_device_request asked,
                     device_store::completion<registered_device> done) {
    if (auto wrong = check(asked)) return done(core::failure{core::failure_kind::invalid, *wrong});
    auto device_id = core::result<std::string>(asked.device_id.value_or(""));
    if (!asked.device_id) device_id = crypto::random_base62(device_id_random_length);
    if (!device_id) return done(device_id.error());

    const auto r =
        std::make_shared<registration>(registration{{}, devices, changes, std::move(done)});
    auto& row = r->made.stored;
    row.device_id = asked.device_id ? std::move(*device_id) : "dev_" + *device_id;
    row.organization_id = std::move(asked.organization_id);
    row.name = std::move(asked.name);
    row.scopes = std::move(asked.scopes);
    row.metadata = std::move(asked.metadata);
    if (!asked.secret) {
        auto secret = generate_device_secret();
        if (!secret) return r->done(secret.error());
        row.stored_secret = crypto::secret(sha256_form(secret->reveal()));
        r->made.device_secret = std::move(*secret);
        return put_in(r);
    }
    elsewhere([r, chosen = std::move(
                      *asked.secret)] { r->hashed = crypto::hash_password(chosen.reveal(), {}); },
              [r] {
                  if (!r->hashed) return r->done(r->hashed.error());
                  r->made.stored.stored_secret = crypto::secret(std::move(*r->hashed));
                  put_in(r);
              });
}

} // namespace latchkey::auth
