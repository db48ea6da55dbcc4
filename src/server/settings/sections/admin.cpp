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
};

} // namespace

std::span<const setting> admin_section() {
    return rows;
}

} // namespace latchkey::server::settings
