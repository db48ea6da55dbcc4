// Look-ups of the names and ids that an operator gives.
#include "pg/connection/wire.hpp"
#include "pg/writes/name_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

namespace {

auth::operation<auth::name_lookup> find_name(write_queue& queue, const statement& by,
                                             std::string given) {
    const auto answer = co_await queue.send(by, bytes(given));
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    const auto known =
        PQntuples(&rows) > 0 ? decode_bool(text_at(rows, 0, 1)) : std::optional<bool>();
    if (!known) co_return unreadable;
    auth::name_lookup found{std::string(text_at(rows, 0, 0)), *known, {}};
    for (int row = 1; row < PQntuples(&rows); ++row)
        found.others.push_back(
            {std::string(text_at(rows, row, 0)), std::string(text_at(rows, row, 2))});
    co_return found;
}

} // namespace

auth::operation<auth::name_lookup> lifecycle::find_organization(std::string given) {
    return find_name(*writer_, statements::find_organization, std::move(given));
}

auth::operation<auth::name_lookup> lifecycle::find_credential(std::string given) {
    return find_name(*writer_, statements::find_credential, std::move(given));
}

} // namespace latchkey::pg
