#include <latchkey/pg/connect_options.hpp>

#include <arpa/inet.h>
#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace latchkey::pg {

namespace {

struct options_free {
    void operator()(PQconninfoOption* p) const noexcept { PQconninfoFree(p); }
};
using options_ptr = std::unique_ptr<PQconninfoOption, options_free>;

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

void append_to_list(std::string& list, bool first, const std::string& element) {
    if (!first) list += ',';
    list += element;
}

} // namespace

core::result<connect_options> connect_options::parse(std::string_view uri) {
    char* message = nullptr;
    const options_ptr parsed(PQconninfoParse(std::string(uri).c_str(), &message));
    if (!parsed) {
        // libpq's message may quote a part of the string, a password among it.
        PQfreemem(message);
        return core::failure{core::failure_kind::invalid,
                             "database.uri is not a PostgreSQL connection string; expected is "
                             "postgresql://user@host:port/database or key=value pairs"};
    }
    const options_ptr defaults(PQconndefaults());
    std::string host;
    std::string hostaddr;
    std::string port;
    connect_options out;
    for (auto* o = parsed.get(); o->keyword; ++o) {
        std::string value = o->val ? o->val : "";
        if (value.empty() && defaults)
            for (auto* d = defaults.get(); d->keyword; ++d)
                if (std::string_view(d->keyword) == o->keyword && d->val) value = d->val;
        if (value.empty()) continue;
        const std::string_view keyword = o->keyword;
        if (keyword == "host")
            host = value;
        else if (keyword == "hostaddr")
            hostaddr = value;
        else if (keyword == "port")
            port = value;
        else if (keyword != "connect_timeout") // ours counts
            out.settings_.emplace_back(keyword, value);
    }
    const auto hosts = split_list(hostaddr.empty() ? host : hostaddr);
    const auto ports = split_list(port);
    if (ports.size() > 1 && ports.size() != hosts.size())
        return core::failure{core::failure_kind::invalid,
                             "database.uri names a different number of hosts and ports"};
    for (std::size_t i = 0; i < hosts.size(); ++i)
        out.targets_.push_back({hosts[i], ports[ports.size() == 1 ? 0 : i]});
    return out;
}

bool connect_options::needs_resolution(const target& t) {
    return !t.host.empty() && !t.host.starts_with('/') && !t.host.starts_with('@') &&
           !is_address(t.host);
}

connect_options::arguments connect_options::with_addresses(const std::vector<address>& all) {
    hosts_.clear();
    addresses_.clear();
    ports_.clear();
    const bool any = std::ranges::any_of(all, [](const address& a) { return !a.hostaddr.empty(); });
    for (std::size_t i = 0; i < all.size(); ++i) {
        append_to_list(hosts_, i == 0, all[i].where.host);
        append_to_list(addresses_, i == 0, all[i].hostaddr);
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
    set("fallback_application_name", name);
    out.keywords.push_back(nullptr);
    out.values.push_back(nullptr);
    return out;
}

} // namespace latchkey::pg
