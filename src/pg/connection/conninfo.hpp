#pragma once
// Owns libpq's table of connection settings.

#include <libpq-fe.h>

#include <memory>

namespace latchkey::pg {

struct conninfo_free {
    void operator()(PQconninfoOption* p) const noexcept { PQconninfoFree(p); }
};
using conninfo_ptr = std::unique_ptr<PQconninfoOption, conninfo_free>;

} // namespace latchkey::pg
