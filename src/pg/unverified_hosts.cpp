#include <latchkey/auth/network.hpp>
#include <latchkey/pg/connect_options.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace latchkey::pg {

namespace {

// A socket's folder (or the default one), a name of this machine, or a loopback address.
bool is_local(const std::string& host) {
    if (host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost")
        return true;
    const auto address = auth::parse_address(host);
    return address && auth::is_loopback(*address);
}

struct options_free {
    void operator()(PQconninfoOption* p) const noexcept { PQconninfoFree(p); }
};

} // namespace

std::string_view connect_options::setting(std::string_view keyword) const {
    const auto found =
        std::ranges::find(settings_, keyword, [](const auto& one) { return one.first; });
    return found == settings_.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string> connect_options::unverified_hosts() const {
    std::vector<std::string> out;
    if (setting("sslmode") == "verify-full") return out;
    for (const auto& one : targets_)
        if (!is_local(one.host)) out.push_back(one.host);
    return out;
}

bool connect_options::holds_password(std::string_view uri) {
    const std::unique_ptr<PQconninfoOption, options_free> parsed(
        PQconninfoParse(std::string(uri).c_str(), nullptr));
    for (auto* o = parsed.get(); o && o->keyword; ++o)
        if (std::string_view(o->keyword) == "password" && o->val && *o->val) return true;
    return false;
}

} // namespace latchkey::pg
