#include <latchkey/api/principal.hpp>

#include <latchkey/auth/api_key/api_key_record.hpp>
#include <latchkey/core/text/json_object.hpp>

#include <arpa/inet.h>

namespace latchkey::api {

std::string_view name_of(principal::proof by) noexcept {
    switch (by) {
    case principal::proof::operator_socket:
        return "socket";
    case principal::proof::unix_listener:
        return "listener";
    case principal::proof::certificate:
        return "certificate";
    case principal::proof::api_key:
        return "api_key";
    }
    return "socket";
}

void log_caller(const http::exchange& ex, std::vector<core::log_field>& out) {
    const auto* known = caller_of(ex);
    if (!known) return;
    const auto& who = known->who;
    out.emplace_back("caller_kind", name_of(who.by));
    const auto& id = who.by == principal::proof::api_key ? who.key_id : who.name;
    if (!id.empty()) out.emplace_back("caller", std::string_view(id));
    if (!who.organization_id.empty())
        out.emplace_back("caller_organization", std::string_view(who.organization_id));
}

namespace {

std::optional<std::string> address_of(const http::client_origin* origin) {
    if (!origin || !origin->peer) return std::nullopt;
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(AF_INET6, origin->peer->bytes.data(), text, sizeof text);
    std::string_view address = text;
    constexpr std::string_view mapped = "::ffff:";
    if (address.starts_with(mapped) && address.find('.') != address.npos)
        address.remove_prefix(mapped.size());
    return std::string(address);
}

core::json_value key_as_actor(std::string_view key_id, std::string_view name,
                              std::string_view organization_id, const http::client_origin* origin) {
    return core::json_object({{"kind", "api_key"},
                              {"key_id", key_id},
                              {"name", name},
                              {"organization_id", organization_id},
                              {"address", address_of(origin)}});
}

core::json_value json_of(const principal& who, const http::client_origin* origin) {
    if (who.by == principal::proof::api_key)
        return key_as_actor(who.key_id, who.name, who.organization_id, origin);
    return core::json_object(
        {{"kind", "certificate"}, {"name", who.name}, {"address", address_of(origin)}});
}

// The kernel may know of no process, as after the peer's end.
core::json_value json_of(const http::client_origin* origin, std::string_view listener) {
    core::json_value uid = nullptr;
    core::json_value gid = nullptr;
    core::json_value pid = nullptr;
    if (origin && origin->process) {
        uid = origin->process->uid;
        gid = origin->process->gid;
        pid = origin->process->pid;
    }
    if (listener.empty())
        return core::json_object({{"kind", "socket"}, {"uid", uid}, {"gid", gid}, {"pid", pid}});
    return core::json_object(
        {{"kind", "socket"}, {"name", listener}, {"uid", uid}, {"gid", gid}, {"pid", pid}});
}

} // namespace

std::optional<std::string> address_of(const http::exchange& ex) {
    return address_of(ex.origin);
}

std::string actor_of(const http::exchange& ex) {
    const auto* known = caller_of(ex);
    if (!known) return json_of(ex.origin, {}).text;
    const auto& who = known->who;
    if (who.by == principal::proof::unix_listener) return json_of(ex.origin, who.name).text;
    return json_of(who, ex.origin).text;
}

std::string actor_of(const http::exchange& ex, const auth::api_key_record& key) {
    if (caller_of(ex)) return actor_of(ex);
    return key_as_actor(key.key_id(), key.name(), key.organization_id(), ex.origin).text;
}

} // namespace latchkey::api
