#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access admin_at = at<&configuration::admin, Field>;

constexpr setting rows[] = {
    {"admin.socket", text(is_socket_path, "a path of 1 to 107 bytes"),
     admin_at<&admin_configuration::socket>,
     "The unix socket of the operators' commands (latchkey org, key, status). Whoever can open it\n"
     "is an operator. Its mode is 0660; the rights of its folder decide who can reach it."},
    {"admin.listen", text(is_tcp_list, "host:port or [IPv6]:port, separated by commas, or nothing"),
     admin_at<&admin_configuration::listen>,
     "Addresses on which the same is served over TCP, to callers that have latchkey:admin:read or\n"
     "latchkey:admin:write (for their organization; with :* for all). Beyond loopback it needs\n"
     "section [tls], which counts for it as well. Empty: nowhere."},
    {"admin.connections_max", count(1, 10'000), admin_at<&admin_configuration::connections_max>,
     "Connections over TCP that may be open. One more is closed. The socket has no such bound.",
     reloadable},
    {"admin.requests_max", count(1, 1000), admin_at<&admin_configuration::requests_max>,
     "Requests over TCP that may be under way, so that few can be before an operator's at the\n"
     "socket. One more gets 503.",
     reloadable},
    {"admin.answer_bytes_max", bytes(64 * KiB, 256 * MiB),
     admin_at<&admin_configuration::answer_bytes_max>,
     "Size of one answer over TCP. A longer list gets 413: ask for fewer with `limit`.",
     reloadable},
    {"admin.wrong_keys_max", count(1, 10'000), admin_at<&admin_configuration::wrong_keys_max>,
     "Keys that are not good which one address (IPv6: one /64) may send in a minute over TCP.\n"
     "After them: 429.",
     reloadable},
    {"admin.wait_max", duration(0s, 5min), admin_at<&admin_configuration::wait_max>,
     "How long an answer waits until all nodes have applied a change, where ?wait=all asks for "
     "it.\n"
     "Then it names the nodes that have not.",
     reloadable},
    {"admin.waits_max", count(1, 10'000), admin_at<&admin_configuration::waits_max>,
     "Answers that may wait so at the same time. One more request gets 503, and changes nothing.",
     reloadable},
};

} // namespace

std::span<const setting> admin_section() {
    return rows;
}

} // namespace latchkey::server::settings
