#include "pg/migrate/bare_secrets.hpp"

#include "pg/connection/blocking_connection.hpp"

#include <cstdint>
#include <string>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

// The table or the column may not exist yet.
constexpr const char* has_secrets =
    "select exists (select from pg_attribute where attname = (parse_ident('DEVICE_SECRET'))[1]"
    " and not attisdropped and attrelid = to_regclass('public.device_credentials'))";
// Counts, lengths and alphabets; nothing of the secrets themselves. The last row is the total.
constexpr const char* shapes =
    "select count(*), length, alphabet from ("
    " select length(secret), case when secret ~ '^[0-9a-fA-F]{64}$' then 'hex-64'"
    " when secret ~ '^[0-9a-fA-F]+$' then 'hex'"
    " when secret ~ '^[A-Za-z0-9+/_=-]+$' then 'base64-ish' else 'other' end as alphabet"
    " from (select s as secret from public.device_credentials d,"
    " unnest(array[d.DEVICE_SECRET::text, to_jsonb(d) ->> 'previous_secret']) as s) as each"
    " where secret <> '' and secret !~ '^(sha256|scrypt):') as bare"
    " group by grouping sets ((length, alphabet), ())"
    " order by grouping(length), count(*) desc, length, alphabet";
constexpr int shapes_said_max = 20;

struct counts {
    std::uint64_t hex_64 = 0;
    std::uint64_t others = 0;
};

// Leaves out the last row, which is the total.
counts count(const PGresult& rows) {
    counts out;
    for (int row = 0; row < PQntuples(&rows) - 1; ++row) {
        const bool is_hex = std::string_view(PQgetvalue(&rows, row, 2)) == "hex-64";
        (is_hex ? out.hex_64 : out.others) += std::stoull(PQgetvalue(&rows, row, 0));
    }
    return out;
}

std::string text_of(const counts& found) {
    return std::to_string(found.hex_64) + " bare secrets of 64 hexadecimal digits and " +
           std::to_string(found.others) + " others";
}

// The table may be newer than the setting, or another service's than the one that was meant.
void say_how_they_are_read(const counts& found, auth::legacy_device_secret legacy,
                           const std::function<void(std::string_view)>& say) {
    if (found.hex_64 == 0 || found.others == 0) return;
    const char* reading = legacy == auth::legacy_device_secret::plaintext
                              ? "all of them are the secrets themselves, the digits too"
                          : legacy == auth::legacy_device_secret::sha256_hex
                              ? "the digits are SHA-256, and the others open nothing"
                              : "the digits are SHA-256, and the others the secrets themselves";
    say("device_secret: " + text_of(found) + ": with auth.legacy_device_secret = \"" +
        std::string(name_of(legacy)) + "\" " + reading);
}

void say_shapes(const PGresult& rows, const std::function<void(std::string_view)>& say) {
    const int count = PQntuples(&rows) - 1;
    for (int row = 0; row < count && row < shapes_said_max; ++row)
        say(std::string("device_secret: ") + PQgetvalue(&rows, row, 0) + " of " +
            PQgetvalue(&rows, row, 1) + " characters, " + PQgetvalue(&rows, row, 2));
    if (count > shapes_said_max)
        say("device_secret: and " + std::to_string(count - shapes_said_max) + " more shapes");
}

} // namespace

core::result<void> judge_bare_secrets(PGconn& pg, const legacy_names& names,
                                      auth::legacy_device_secret legacy,
                                      const std::function<void(std::string_view)>& say) {
    const result_ptr has(PQexec(&pg, names.apply(has_secrets).c_str()));
    if (PQresultStatus(has.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    if (std::string_view(PQgetvalue(has.get(), 0, 0)) != "t") return {};
    const result_ptr rows(PQexec(&pg, names.apply(shapes).c_str()));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    const std::string total = PQgetvalue(rows.get(), PQntuples(rows.get()) - 1, 0);
    if (total == "0") return {};
    const auto found = count(*rows);
    if (legacy != auth::legacy_device_secret::unset) {
        say_how_they_are_read(found, legacy, say);
        return {};
    }
    say_shapes(*rows, say);
    return failure{failure_kind::invalid,
                   names.devices + " holds " + total +
                       " secrets that are neither sha256: nor scrypt:, and nobody has said what "
                       "they are: " +
                       text_of(found) +
                       "; nothing was done. Set auth.legacy_device_secret to \"plaintext\" (the "
                       "secret itself), \"sha256-hex\" (its SHA-256) or \"mixed\" (64 hexadecimal "
                       "digits are a SHA-256, anything else is the secret itself), and migrate "
                       "again"};
}

} // namespace latchkey::pg
