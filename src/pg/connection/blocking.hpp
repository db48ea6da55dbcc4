#pragma once
// libpq's handles for blocking calls: commands may use them, workers must not.

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace latchkey::pg {

struct connection_finish {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
};
struct result_clear {
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};
using connection_ptr = std::unique_ptr<PGconn, connection_finish>;
using result_ptr = std::unique_ptr<PGresult, result_clear>;

/// Returns libpq's message without its line end.
inline std::string trimmed(const char* message) {
    std::string text = message ? message : "";
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

} // namespace latchkey::pg
