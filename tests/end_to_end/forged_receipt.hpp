#pragma once
// Receipts of changes that never were, made with the key that only the nodes have.

#include "../integration/support.hpp"

#include <latchkey/auth/receipt/receipt.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstdint>
#include <string>

namespace latchkey::test {

/// Names a transaction of this database; `era` is another life of it if it is not empty.
inline std::string forged_receipt(test_database& database, std::uint64_t transaction,
                                  const std::string& era = {}) {
    auth::change_position change;
    change.place = database.value(
        "select concat((select system_identifier from pg_control_system()), '/', (select oid from"
        " pg_database where datname = current_database()), '/',"
        " substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))");
    change.era = era.empty() ? database.value("select concat(e.id, '.', e.tableoid, '.', e.xmin)"
                                              " from latchkey.era e")
                             : era;
    change.transaction = transaction;
    const auto hex = database.value("select encode(key, 'hex') from latchkey.receipt_key");
    std::string key;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        key += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return auth::encode_receipt(auth::receipt_of(change), crypto::secret(key));
}

/// A transaction that no test comes to.
inline constexpr std::uint64_t far_transaction = 1'000'000'000'000;

} // namespace latchkey::test
