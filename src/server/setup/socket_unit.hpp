#pragma once
// How latchkey.socket stands on this machine, or below --root.

#include "server/setup/setup_terms.hpp"

#include <string>
#include <vector>

namespace latchkey::server {

inline constexpr std::string_view socket_unit = "latchkey.socket";

/// Whether systemd is told never to start it.
bool is_socket_masked(const setup_terms&);
bool is_socket_enabled(const setup_terms&);
bool is_service_enabled(const setup_terms&);

/// The addresses of its ListenStream= lines, as the unit and what was added to it say.
std::vector<std::string> socket_addresses(const setup_terms&);
/// Returns the first place of server.listen where the socket does not listen; empty: it listens at
/// all of them.
std::string not_at_socket(std::string_view listen, const std::vector<std::string>& addresses);

} // namespace latchkey::server
