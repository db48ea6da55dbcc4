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
