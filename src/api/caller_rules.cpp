#include <latchkey/api/caller_rules.hpp>

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/core/text/nearest_name.hpp>

#include <algorithm>
#include <string>

namespace latchkey::api {

namespace {

using auth::caller_reach;
using auth::caller_right;

constexpr std::string_view commons[] = {"/api/v1/auth/", "/integrations/", "/"};

// Holders of credentials call authenticate-device, generate-token, revoke and OAuth's endpoints
// themselves, so these ask for nobody by default.
// RabbitMQ's questions have no secret, but for the first one: whoever asks must be known.
constexpr std::array<caller_endpoint, caller_endpoint_count> endpoints = {{
    {"/api/v1/auth/verify-api-key", caller_right::verify},
    {"/api/v1/auth/verify-token", caller_right::verify},
    {"/api/v1/auth/verify-batch", caller_right::verify},
    {"/metrics", caller_right::metrics},
    {"/forward-auth", caller_right::verify},
    {"/api/v1/auth/authenticate-device", caller_right::verify},
    {"/api/v1/auth/generate-token", caller_right::issue},
    {"/api/v1/auth/revoke", caller_right::revoke},
    {"/integrations/emqx", caller_right::verify},
    {"/integrations/rabbitmq/user", caller_right::verify, true},
    {"/integrations/rabbitmq/vhost", caller_right::verify, true},
    {"/integrations/rabbitmq/resource", caller_right::verify, true},
    {"/integrations/rabbitmq/topic", caller_right::verify, true},
    {"/oauth2/token", caller_right::issue},
    {"/oauth2/revoke", caller_right::revoke},
    {"/oauth2/introspect", caller_right::introspect, false, true},
}};

core::failure complaint(std::string message) {
    return {core::failure_kind::invalid, std::move(message)};
}

std::string_view name_of(const caller_endpoint& one) {
    const auto* common =
        std::ranges::find_if(commons, [&](std::string_view c) { return one.path.starts_with(c); });
    return one.path.substr(common->size());
}

// Calls `use` with each part of a list between commas or spaces, until it returns false.
template <class Use>
void for_each_part(std::string_view list, Use&& use) {
    constexpr std::string_view separators = ", ";
    for (bool more = true; more;) {
        list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
        if (list.empty()) return;
        const auto part = list.substr(0, list.find_first_of(separators));
        list.remove_prefix(part.size());
        more = use(part);
    }
}

core::failure unknown_endpoint(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& one : endpoints)
        names.push_back(name_of(one));
    const auto nearest = core::nearest_name(name, names);
    auto text = "auth.callers_required_for: no caller can be required at \"" +
                std::string(name.substr(0, 80)) + '"';
    if (!nearest.empty()) text += " (did you mean \"" + std::string(nearest) + "\"?)";
    text += "; expected some of";
    for (const auto known : names)
        (text += ' ') += known;
    return complaint(std::move(text));
}

// Scopes that are for one organization, and there is none: they would give nothing.
std::string scope_without_organization(const auth::caller_scopes& scopes) {
    for (std::size_t i = 0; i < auth::caller_right_count; ++i) {
        const auto right = static_cast<caller_right>(i);
        if (scopes.reach(right) == caller_reach::own)
            return std::string(auth::caller_scopes::name_of(right));
    }
    return {};
}

core::result<principal> principal_of(const known_caller_configuration& given) {
    if (given.certificate.empty() == given.unix_listener.empty())
        return complaint("certificate: expected either this or unix_listener");
    principal out;
    out.by =
        given.certificate.empty() ? principal::proof::unix_listener : principal::proof::certificate;
    out.name = given.certificate.empty() ? given.unix_listener : given.certificate;
    out.organization_id = given.organization;
    std::string unknown;
    for_each_part(given.scopes, [&](std::string_view scope) {
        if (!out.scopes.add(scope)) unknown = scope;
        return unknown.empty();
    });
    if (!unknown.empty())
        return complaint("scopes: there is no scope \"" + unknown.substr(0, 80) +
                         "\" for callers; expected some of " + auth::caller_scopes::all_names());
    if (given.organization.empty())
        if (const auto scope = scope_without_organization(out.scopes); !scope.empty())
            return complaint("organization: is missing, and \"" + scope +
                             "\" is for one organization; name it, or give \"" + scope + ":*\"");
    return out;
}

std::string_view setting_of(const principal& one) {
    return one.by == principal::proof::unix_listener ? "unix_listener" : "certificate";
}

bool is_uri(std::string_view name) {
    return name.find(':') != std::string_view::npos;
}

bool names(const principal& known, const net::tls_identity& shown) {
    if (known.by != principal::proof::certificate) return false;
    if (is_uri(known.name)) return std::ranges::find(shown.uris, known.name) != shown.uris.end();
    return std::ranges::any_of(shown.dns_names, [&](const std::string& name) {
        return core::same_text(name, known.name);
    });
}

} // namespace

std::span<const caller_endpoint> caller_endpoints() noexcept {
    return endpoints;
}

core::result<caller_rules> caller_rules::make(const caller_configuration& settings,
                                              std::span<const known_caller_configuration> known,
                                              std::size_t* at) {
    caller_rules out;
    std::optional<core::failure> wrong;
    for_each_part(settings.required_for, [&](std::string_view name) {
        const auto found = std::ranges::find_if(endpoints, [&](const caller_endpoint& one) {
            return one.path == name || name_of(one) == name;
        });
        if (found == endpoints.end()) {
            wrong = unknown_endpoint(name);
            return false;
        }
        out.required_[static_cast<std::size_t>(found - endpoints.begin())] =
            settings.mode == callers_mode::required;
        return true;
    });
    if (wrong) return *wrong;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (at) *at = i;
        auto one = principal_of(known[i]);
        if (!one) return one.error();
        const bool again = std::ranges::any_of(out.known_, [&](const principal& other) {
            return other.by == one->by && other.name == one->name;
        });
        if (again)
            return complaint(std::string(setting_of(*one)) +
                             ": is the same as another's; expected one entry");
        out.known_.push_back(std::move(*one));
    }
    return out;
}

const principal* caller_rules::find(const net::tls_identity& shown) const noexcept {
    const auto found =
        std::ranges::find_if(known_, [&](const principal& one) { return names(one, shown); });
    return found == known_.end() ? nullptr : &*found;
}

const principal* caller_rules::find_listener(std::string_view name) const noexcept {
    const auto found = std::ranges::find_if(known_, [&](const principal& one) {
        return one.by == principal::proof::unix_listener && one.name == name;
    });
    return found == known_.end() ? nullptr : &*found;
}

} // namespace latchkey::api
