#pragma once
// What the database said about one device: facts, no verdict. A record never changes once made.

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// The columns of one row, as a store reads them.
struct device_facts {
    std::string device_id;
    std::string organization_id;
    std::optional<std::string> name;
    std::vector<std::string> scopes;
    std::string metadata = "{}"; ///< JSON text, as PostgreSQL prints jsonb
    stored_secret secret;
    std::optional<stored_secret> previous_secret;  ///< from before the last rotation
    std::optional<core::real_time> previous_until; ///< when it stops being good
    bool active = true;
    bool revoked = false;
    bool organization_enabled = true;
    std::uint32_t generation = 0; ///< how often the device was narrowed; its tokens carry it
};

class device_record {
  public:
    /// Sorts and dedupes the scopes and serialises the answer once.
    explicit device_record(device_facts facts);

    const device_facts& facts() const noexcept { return facts_; }

    /// The whole answer for a valid device, as compact JSON: `{"valid":true,"code":"VALID",
    /// "device_id":…,"organization_id":…,"name":…,"scopes":[…],"metadata":{…}}`. Unset members are
    /// null.
    const std::string& answer() const noexcept { return answer_; }

    /// Appends the same answer with an access token: `…,"access_token":…,"token_type":"Bearer",
    /// "expires_in":…}`. `expires_in` is in seconds. Copies the answer instead of serialising it
    /// again.
    void append_answer(std::string& out, std::string_view access_token,
                       core::seconds expires_in) const;

    const std::string& organization_id() const noexcept { return facts_.organization_id; }
    /// Its memory in bytes, itself included.
    std::size_t bytes() const noexcept;

  private:
    device_facts facts_;
    std::string answer_;
};

} // namespace latchkey::auth
