#include "server/setup/acting_as.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace latchkey::server {

core::result<acting_as> acting_as::user(const std::string& name) {
    if (::geteuid() != 0) return acting_as(false);
    const auto* const entry = ::getpwnam(name.c_str());
    if (!entry)
        return core::failure{core::failure_kind::unavailable,
                             "this machine has no user " + name +
                                 ": install PostgreSQL, or say --admin-uri"};
    if (::setegid(entry->pw_gid) != 0 || ::seteuid(entry->pw_uid) != 0)
        return core::failure{core::failure_kind::unavailable,
                             "this process may not act as the user " + name};
    return acting_as(true);
}

acting_as::~acting_as() {
    // Going on with somebody else's rights would be worse than an end.
    if (acts_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) std::abort();
}

} // namespace latchkey::server
