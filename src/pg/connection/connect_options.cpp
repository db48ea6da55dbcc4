#include <latchkey/pg/connection/connect_options.hpp>

#include "pg/connection/conninfo.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>

namespace latchkey::pg {

namespace {

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (;;) {
        const auto comma = text.find(',', from);
        parts.push_back(text.substr(from, comma - from));
        if (comma == std::string::npos) return parts;
        from = comma + 1;
    }
}

bool is_address(const std::string& host) {
    unsigned char buffer[16];
    return ::inet_pton(AF_INET, host.c_str(), buffer) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

std::string value_of(const PQconninfoOption* all, std::string_view keyword) {
    for (auto* o = all; o && o->keyword; ++o)
        if (o->keyword == keyword && o->val) return o->val;
    return {};
}

bool is_set(const char* variable) {
    const char* value = variable ? std::getenv(variable) : nullptr;
    return value && *value;
}

// libpq's own default tries GSSAPI encryption first: before each connection it reads files and
// looks up names for a ticket that hardly anybody has. A service file may ask for it too.
bool is_unasked_for(const PQconninfoOption& o, const PQconninfoOption* parsed) {
    if (std::string_view(o.keyword) != "gssencmode" || (o.val && *o.val)) return false;
    return !is_set(o.envvar) && !is_set("PGSERVICE") && value_of(parsed, "service").empty();
}

std::string value_or_default(const PQconninfoOption& o, const PQconninfoOption* parsed,
                             const PQconninfoOption* defaults,
                             std::span<const environment_secret> secrets) {
    if (o.val && *o.val) return o.val;
    if (is_unasked_for(o, parsed)) return "disable";
    if (auto value = value_of(defaults, o.keyword); !value.empty()) return value;
    const auto found = std::ranges::find(secrets, o.keyword, &environment_secret::keyword);
    return found == secrets.end() ? std::string() : std::string(found->value.reveal());
}

// Pairs the three lists as libpq does. If hosts or addresses are empty, the other list counts.
core::result<std::vector<connect_options::target>>
targets_of(const std::vector<std::string>& hosts, const std::vector<std::string>& addresses,
           const std::vector<std::string>& ports) {
    const auto is_empty = [](const auto& list) { return list.size() == 1 && list[0].empty(); };
    const auto mistake = [](const char* what) {
        return core::failure{core::failure_kind::invalid,
                             std::string("database.uri names a different number of hosts and ") +
                                 what};
    };
    const auto count = is_empty(addresses) ? hosts.size() : addresses.size();
    if (!is_empty(hosts) && hosts.size() != count) return mistake("addresses");
    if (ports.size() > 1 && ports.size() != count) return mistake("ports");
    std::vector<connect_options::target> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back({is_empty(hosts) ? std::string() : hosts[i], ports[ports.size() == 1 ? 0 : i],
                       is_empty(addresses) ? std::string() : addresses[i]});
    return out;
}

// A password with such a character in it ends where the character is: what follows counts as a
// port, a host or the database's name, which others print.
constexpr const char* split_password =
    "database.uri cannot be read: percent-encode the % / @ : and ? in its password (a / is %2F, an "
    "@ is %40)";

bool is_port(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool splits_its_password(std::string_view uri, const std::vector<connect_options::target>& all) {
    for (const auto& t : all)
        if (!is_port(t.port) || (t.host.find('@') != t.host.npos && !t.host.starts_with('@') &&
                                 !t.host.starts_with('/')))
            return true;
    const auto scheme = uri.find("://");
    if (scheme == uri.npos || uri.find_first_of(" =") < scheme) return false; // key=value pairs
    auto rest = uri.substr(scheme + 3);
    rest = rest.substr(0, rest.find('?'));
    if (std::ranges::count(rest.substr(0, rest.find('/')), '@') > 1) return true;
    const auto slash = rest.find('/');
    if (slash == rest.npos || rest.substr(0, slash).find(':') == rest.npos) return false;
    return rest.find('@', slash) != rest.npos;
}

void append_to_list(std::string& list, bool first, const std::string& element) {
    if (!first) list += ',';
    list += element;
}

} // namespace

core::result<connect_options> connect_options::parse(std::string_view uri,
                                                     std::span<const environment_secret> secrets) {
    char* message = nullptr;
    const conninfo_ptr parsed(PQconninfoParse(std::string(uri).c_str(), &message));
    if (!parsed) {
        // libpq's message may quote a part of the string, which may be a password.
        PQfreemem(message);
        return core::failure{core::failure_kind::invalid,
                             "database.uri is not a PostgreSQL connection string; expected is "
                             "postgresql://user@host:port/database or key=value pairs"};
    }
    const conninfo_ptr defaults(PQconndefaults());
    std::string host;
    std::string hostaddr;
    std::string port;
    connect_options out;
    for (auto* o = parsed.get(); o->keyword; ++o) {
        auto value = value_or_default(*o, parsed.get(), defaults.get(), secrets);
        if (value.empty()) continue;
        const std::string_view keyword = o->keyword;
        if (keyword == "host")
            host = value;
        else if (keyword == "hostaddr")
            hostaddr = value;
        else if (keyword == "port")
            port = value;
        else if (keyword != "connect_timeout" && keyword != "client_encoding" &&
                 keyword != "target_session_attrs") // ours count
            out.settings_.emplace_back(keyword, value);
    }
    auto targets = targets_of(split_list(host), split_list(hostaddr), split_list(port));
    if (!targets) return targets.error();
    out.targets_ = std::move(*targets);
    if (splits_its_password(uri, out.targets_))
        return core::failure{core::failure_kind::invalid, split_password};
    return out;
}

bool connect_options::needs_resolution(const target& t) {
    return t.address.empty() && !t.host.empty() && !t.host.starts_with('/') &&
           !t.host.starts_with('@') && !is_address(t.host);
}

connect_options::arguments connect_options::with_addresses(const std::vector<address>& all) {
    hosts_.clear();
    addresses_.clear();
    ports_.clear();
    const auto address_of = [](const address& a) -> const std::string& {
        return a.hostaddr.empty() ? a.where.address : a.hostaddr;
    };
    const bool any =
        std::ranges::any_of(all, [&](const address& a) { return !address_of(a).empty(); });
    for (std::size_t i = 0; i < all.size(); ++i) {
        append_to_list(hosts_, i == 0, all[i].where.host);
        append_to_list(addresses_, i == 0, address_of(all[i]));
        append_to_list(ports_, i == 0, all[i].where.port);
    }
    arguments out;
    const auto set = [&](const char* keyword, const std::string& value) {
        out.keywords.push_back(keyword);
        out.values.push_back(value.c_str());
    };
    for (const auto& [keyword, value] : settings_)
        set(keyword.c_str(), value);
    set("host", hosts_);
    if (any) set("hostaddr", addresses_);
    set("port", ports_);
    static const std::string name = "latchkey";
    static const std::string encoding = "UTF8";
    set("fallback_application_name", name);
    set("client_encoding", encoding);
    // Not read-write, since a primary may be read-only by default. A standby may lag.
    static const std::string primary = "primary";
    set("target_session_attrs", primary);
    out.keywords.push_back(nullptr);
    out.values.push_back(nullptr);
    return out;
}

connect_options::arguments connect_options::with_names() {
    std::vector<address> all;
    for (const auto& t : targets_)
        all.push_back({t, ""});
    return with_addresses(all);
}

std::vector<secret_variable> secret_variables() {
    std::vector<secret_variable> out;
    const conninfo_ptr all(PQconndefaults());
    for (auto* o = all.get(); o && o->keyword; ++o)
        // libpq marks settings that must be hidden when shown so.
        if (o->envvar && std::string_view(o->dispchar) == "*")
            out.push_back({o->keyword, o->envvar});
    return out;
}

} // namespace latchkey::pg
