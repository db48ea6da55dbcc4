#include "api_key_batch.hpp"

#include <latchkey/pg/api_key_rows.hpp>
#include <latchkey/pg/pool.hpp>
#include <latchkey/pg/statements.hpp>
#include <latchkey/pg/wire.hpp>

#include <libpq-fe.h>

#include <array>
#include <memory>
#include <utility>

namespace latchkey::pg {

namespace {

using one_row = std::array<std::optional<std::string_view>, api_key_columns>;

one_row read_row(const PGresult& rows, int row) {
    one_row out;
    for (int column = 0; column < static_cast<int>(out.size()); ++column)
        if (PQgetisnull(&rows, row, column) == 0)
            out[static_cast<std::size_t>(column)] =
                std::string_view(PQgetvalue(&rows, row, column),
                                 static_cast<std::size_t>(PQgetlength(&rows, row, column)));
    return out;
}

void set_all(const std::vector<auth::api_key_lookup*>& lookups, auth::lookup_status status,
             const char* reason) {
    for (auto* lookup : lookups) {
        lookup->status = status;
        lookup->reason = reason;
        lookup->record.reset();
    }
}

constexpr const char* unreadable = "the database's answer cannot be read";

} // namespace

void api_key_batch::seal() {
    sort_by_key(lookups_);
    keys_.clear();
    append_bytea_array_header(keys_, lookups_.size());
    for (const auto* lookup : lookups_)
        append_element(keys_, lookup->key);
    what = &statements::find_api_keys;
    parameters.assign(1, {keys_.data(), static_cast<int>(keys_.size()), true});
}

void api_key_batch::succeeded(const pg_result& rows) {
    set_all(lookups_, auth::lookup_status::absent, "");
    bool readable = PQnfields(&rows) == static_cast<int>(api_key_columns);
    for (int row = 0; readable && row < PQntuples(&rows); ++row) {
        const auto values = read_row(rows, row);
        auto facts = decode_api_key_row(values);
        // A row that nobody asked for means that the answer is not ours.
        readable =
            facts &&
            settle(lookups_, std::make_shared<const auth::api_key_record>(std::move(*facts))) > 0;
    }
    if (!readable) set_all(lookups_, auth::lookup_status::unavailable, unreadable);
    end();
}

void api_key_batch::failed(const query_failure& why) {
    const char* reason = why.sqlstate.empty()      ? "the connection to the database broke"
                         : why.sqlstate == "57014" ? "the database took too long"
                                                   : "the database refused the query";
    set_all(lookups_, auth::lookup_status::unavailable, reason);
    end();
}

// The askers may ask again from within: the batch is free before they hear.
void api_key_batch::end() {
    auto ended = std::exchange(lookups_, {});
    pool_.batch_ended(*this);
    for (auto* lookup : ended)
        lookup->complete();
}

} // namespace latchkey::pg
