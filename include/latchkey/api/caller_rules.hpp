#pragma once
// Which endpoints ask for a caller, what a caller needs there, and who is known by a certificate or
// by the unix listener that it comes through. Made from the configuration; immutable.

#include <latchkey/api/configuration.hpp>
#include <latchkey/api/principal.hpp>
#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/net/tls/tls_identity.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace latchkey::api {

/// An endpoint at which callers count.
struct caller_endpoint {
    std::string_view path;
    auth::caller_right right; ///< what a caller needs there
    bool always = false;      ///< nobody else is answered, whatever the configuration says
    /// It always wants a caller, and asks for it itself if nobody has said who it is.
    bool asks_itself = false;
};

/// All of them. At the others nobody is asked who it is.
std::span<const caller_endpoint> caller_endpoints() noexcept;
inline constexpr std::size_t caller_endpoint_count = 16;

class caller_rules {
  public:
    /// Open, and nobody is known.
    caller_rules() = default;
    /// Fails with a message that begins with the setting at fault: "auth.callers_required_for: …",
    /// "callers.scopes: …" with the entry's number in `at`.
    static core::result<caller_rules> make(const caller_configuration&,
                                           std::span<const known_caller_configuration>,
                                           std::size_t* at = nullptr);

    bool required_at(std::size_t endpoint) const noexcept {
        return required_[endpoint] || caller_endpoints()[endpoint].always;
    }
    /// The first entry that names one of the certificate's names; null if none does. A DNS name is
    /// compared without case, a URI letter for letter.
    const principal* find(const net::tls_identity&) const noexcept;
    /// The entry for the unix listener; null if there is none.
    const principal* find_listener(std::string_view name) const noexcept;

  private:
    std::array<bool, caller_endpoint_count> required_{}; // by place in caller_endpoints()
    std::vector<principal> known_;
};

} // namespace latchkey::api
