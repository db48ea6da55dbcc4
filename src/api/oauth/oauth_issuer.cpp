#include <latchkey/api/oauth_issuer.hpp>

#include <latchkey/core/ip_network.hpp>
#include <latchkey/net/https/https_url.hpp>

namespace latchkey::api {

namespace {

bool is_loopback(const net::https_url& url) {
    if (!url.is_address) return url.host == "localhost";
    const auto address = core::parse_address(url.host);
    const auto own = core::parse_networks("127.0.0.0/8, ::1");
    return address && own && core::contains(*own, *address);
}

} // namespace

core::result<oauth_issuer> oauth_issuer::parse(std::string_view issuer) {
    const auto wrong = [&](const char* why) {
        return core::failure{core::failure_kind::invalid,
                             "tokens.issuer is \"" + std::string(issuer) + "\", " + why};
    };
    const auto url = net::https_url::parse(issuer, net::https_url::schemes::both);
    if (!url) return wrong("which is no https URL");
    if (url->in_the_clear && !is_loopback(*url))
        return wrong("which is http, and not of this machine itself; expected https");
    if (url->target.find('?') != std::string::npos) return wrong("which has a query");
    const auto begin = issuer.find("://") + 3;
    const auto slash = std::min(issuer.find('/', begin), issuer.size());
    auto path = issuer.substr(slash);
    while (path.ends_with('/'))
        path.remove_suffix(1);
    return oauth_issuer{std::string(issuer), std::string(issuer.substr(0, slash)),
                        std::string(path)};
}

} // namespace latchkey::api
