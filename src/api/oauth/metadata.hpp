#pragma once
// GET /.well-known/oauth-authorization-server and /.well-known/openid-configuration (RFC 8414):
// where this issuer's endpoints are, and what they take
// GET /.well-known/oauth-protected-resource (RFC 9728): which issuer's tokens count here
//   200, with ETag   304 when If-None-Match has it   404 tokens.issuer is no URL
// OpenID Connect is not spoken: the second path is where some libraries look.

#include "api/public/tagged_text.hpp"

#include <latchkey/api/oauth_issuer.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/http/compressor.hpp>
#include <latchkey/http/exchange.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::api {

class public_api;

namespace oauth {

void show_server_metadata(http::exchange&, public_api&);
void show_resource_metadata(http::exchange&, public_api&);

/// One per worker, used on its thread.
class metadata {
  public:
    explicit metadata(const auth::token_configuration&);

    /// Says that tokens are bound to the certificates that clients show (RFC 8705, section 3.3).
    /// Until then it says that they are not.
    void bind_to_certificates();

    /// A path without the issuer's own, which stands before the endpoints, and before or behind the
    /// documents (RFC 8414, sections 3 and 5). Some libraries leave a slash at the issuer's end.
    std::string_view path_of(std::string_view path) const noexcept;
    /// The URL of the protected resource's document; empty if there is none.
    std::string_view resource_url() const noexcept { return resource_url_; }

    /// A document that seldom changes.
    struct document {
        std::optional<tagged_text> text; ///< nullopt: there is none
        http::kept_gzip kept;
    };
    document server;
    document resource;

  private:
    void write(bool binds);

    std::optional<oauth_issuer> issuer_;
    std::string algorithm_; ///< by which tokens are signed
    std::string issuers_path_;
    bool ends_with_slash_ = false; ///< the issuer
    std::string resource_url_;
};

} // namespace oauth

} // namespace latchkey::api
