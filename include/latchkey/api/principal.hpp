#pragma once
// Who asks, as it has proved itself: by a key of ours in X-Latchkey-Key, by a client certificate,
// by the unix socket that it could open. `http::caller` is something else: the address it asks
// from.

#include <latchkey/auth/api_key/api_key_record.hpp>
#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/http/exchange.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {
struct api_key_facts;
}

namespace latchkey::api {

struct principal {
    enum class proof {
        operator_socket, ///< the admin socket: whoever can open it is an operator
        unix_listener,   ///< a unix socket of server.listen
        certificate,     ///< a verified client certificate
        api_key,
    };

    proof by = proof::operator_socket;
    std::string name;            ///< of the key (may be empty), or that in [[callers]]
    std::string key_id;          ///< of a key
    std::string organization_id; ///< empty: it belongs to none
    auth::caller_scopes scopes;
};

/// Returns the word for the proof: "socket", "listener", "certificate" or "api_key".
std::string_view name_of(principal::proof) noexcept;

/// Returns who asks as a JSON object, for auth::operator_request: {"kind":"socket","uid":…,"gid":…,
/// "pid":…}, {"kind":"api_key","key_id":…,"name":…,"organization_id":…,"address":…} or
/// {"kind":"certificate","name":…,"address":…}; a unix listener is a socket with its name.
std::string actor_of(const http::exchange&);
/// The same of a key that is asked for by its holder: unless a caller asks, it asks for itself.
std::string actor_of(const http::exchange&, const auth::api_key_record&);

/// Appends who asks to the fields of a log line; the views are valid as long as the exchange.
void log_caller(const http::exchange&, std::vector<core::log_field>&);

/// Returns the address that the connection comes from; nullopt for a unix socket.
std::optional<std::string> address_of(const http::exchange&);

/// A principal that goes with its request.
class known_caller : public http::companion {
  public:
    principal who;
    /// The only organization whose credentials it may know of; nullopt: all.
    std::optional<std::string_view> only;
    bool by_client = false; ///< it proved itself as a client of OAuth 2
    bool admitted = false;  ///< it was judged good, and may ask what it asks

  protected:
    ~known_caller() = default;
};

/// Returns null if nobody had to say who asks, and nobody did.
inline const known_caller* caller_of(const http::exchange& ex) noexcept {
    return static_cast<const known_caller*>(ex.accompanied_by());
}

/// True if the request was admitted before it waited. Who is being judged is not admitted.
inline bool is_admitted(const http::exchange& ex) noexcept {
    const auto* known = caller_of(ex);
    return known && known->admitted;
}

/// Returns the only organization whose credentials the asker may know of; nullopt: all.
inline std::optional<std::string_view> organization_bound(const http::exchange& ex) noexcept {
    const auto* known = caller_of(ex);
    return known ? known->only : std::nullopt;
}

/// True if the asker belongs to that organization, so that its question was counted already.
inline bool asks_for_itself(const http::exchange& ex, std::string_view organization) noexcept {
    const auto* known = caller_of(ex);
    return known && !known->who.organization_id.empty() &&
           known->who.organization_id == organization;
}

} // namespace latchkey::api
