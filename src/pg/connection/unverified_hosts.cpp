#include "pg/connection/conninfo.hpp"

#include <latchkey/core/ip_network.hpp>
#include <latchkey/pg/connection/connect_options.hpp>

#include <algorithm>

namespace latchkey::pg {

namespace {

// Returns whether the target is a socket (or the default one) or this machine.
bool is_local(const connect_options::target& t) {
    const auto& where = t.address.empty() ? t.host : t.address;
    return where.empty() || where.starts_with('/') || where.starts_with('@') ||
           core::is_this_machine(where);
}

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
        if (!is_local(one)) out.push_back(one.text());
    return out;
}

bool connect_options::holds_password(std::string_view uri) {
    const conninfo_ptr parsed(PQconninfoParse(std::string(uri).c_str(), nullptr));
    for (auto* o = parsed.get(); o && o->keyword; ++o)
        if (std::string_view(o->keyword) == "password" && o->val && *o->val) return true;
    return false;
}

} // namespace latchkey::pg
