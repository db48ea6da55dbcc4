#include "pg/setup/question.hpp"

#include <vector>

namespace latchkey::pg {

core::result<result_ptr> ask(PGconn& pg, const char* sql, std::span<const std::string> values) {
    std::vector<const char*> pointers;
    for (const auto& value : values)
        pointers.push_back(value.c_str());
    result_ptr rows(PQexecParams(&pg, sql, static_cast<int>(pointers.size()), nullptr,
                                 pointers.data(), nullptr, nullptr, 0));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    return rows;
}

core::result<result_ptr> ask(const configuration& where, const char* sql,
                             std::span<const std::string> values) {
    const auto pg = connect_and_wait(where, setup_application);
    if (!pg) return pg.error();
    return ask(**pg, sql, values);
}

} // namespace latchkey::pg
