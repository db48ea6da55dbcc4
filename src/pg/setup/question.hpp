#pragma once

#include "pg/connection/blocking_connection.hpp"

#include <span>
#include <string>

namespace latchkey::pg {

/// Asks one thing and waits for the answer.
core::result<result_ptr> ask(PGconn&, const char* sql, std::span<const std::string> values);
/// The same by a connection of its own.
core::result<result_ptr> ask(const configuration& where, const char* sql,
                             std::span<const std::string> values);

/// How the database's list of sessions names setup.
inline constexpr const char* setup_application = "latchkey setup";

} // namespace latchkey::pg
