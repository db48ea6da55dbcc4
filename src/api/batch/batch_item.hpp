#pragma once
// One item of a batch: `{"type":"api_key"|"token"|"device", …}`, with the fields of the endpoint
// that answers such a question alone.

#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/auth/device/judge_device.hpp>
#include <latchkey/auth/token/judge_token.hpp>
#include <latchkey/http/json_body.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace latchkey::api {

/// Reads one item after the other. Results are valid until the next `read`, and only while the text
/// exists; permissions until `forget`.
class batch_item {
  public:
    enum class kind { malformed, api_key, token, device }; ///< in the order of item_types

    /// Returns `malformed` if the text is not JSON, not an object, or not a valid single question.
    kind read(std::string_view item);
    /// Why the item is malformed.
    const std::string& why() const noexcept { return why_; }

    /// Returns the API key, the token, or the device's id.
    std::string_view credential() const noexcept { return credential_; }
    const auth::api_key_request& of_key() const noexcept { return of_key_; }
    const auth::token_request& of_token() const noexcept { return of_token_; }
    const auth::device_request& of_device() const noexcept { return of_device_; }
    std::string_view device_secret() const noexcept;
    bool issue_token() const noexcept;
    bool names_scopes() const noexcept;
    /// The limits that have counted the item that is read, for its request.
    void charge(core::charged_limits& by) noexcept { of_key_.charged = &by; }
    /// Forgets the permissions that the batch's items have asked for, to which requests point.
    void forget() noexcept { permissions_.clear(); }

  private:
    kind read_key();
    kind read_token();
    kind read_device();

    bool read_permissions(const auth::permission_expression*& out);
    kind refuse(const std::optional<http::refusal>&);

    http::json_body body_;
    std::string why_;
    /// The expressions of the batch so far, each by its text: its items often ask the same.
    std::unordered_map<std::string, auth::permission_expression> permissions_;
    std::string_view credential_;
    auth::api_key_request of_key_;
    auth::token_request of_token_;
    auth::device_request of_device_;
};

} // namespace latchkey::api
