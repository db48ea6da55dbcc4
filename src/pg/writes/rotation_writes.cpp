// The operator's rotations of API keys.
#include "pg/connection/wire.hpp"
#include "pg/writes/rotation_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::operation;
using core::failure;
using core::failure_kind;

namespace {

failure no_such_key(const std::string& id) {
    return {failure_kind::not_found, "there is no key \"" + id + '"'};
}

failure conflict_of(statements::rotation_obstacle obstacle, const std::string& id,
                    const std::optional<core::real_time>& works_until) {
    using enum statements::rotation_obstacle;
    const auto key = "key \"" + id + "\" ";
    if (obstacle == revoked)
        return {failure_kind::conflict, key + "is revoked: it gets no new secret"};
    if (obstacle == of_array)
        return {failure_kind::conflict,
                key + "belongs to the array organizations.api_keys: adopt it first (latchkey key "
                      "import --adopt-from-organizations)"};
    const auto until = timestamp_of(works_until).value_or("its end");
    return {failure_kind::conflict,
            key + "has a secret from before its last rotation that works until " + until +
                ": end it first (finish)"};
}

// The columns are statements::rotated_columns, from `first` on.
core::result<auth::rotated_api_key> decode_rotated(const PGresult& rows, int first) {
    auto hashes = decode_fingerprint_array(text_at(rows, 0, first + 2));
    if (!hashes) return unreadable;
    return auth::rotated_api_key{
        std::string(text_at(rows, 0, first)),
        decode_timestamptz(text_at(rows, 0, first + 1)), // nullopt for NULL
        std::move(*hashes)};
}

} // namespace

operation<auth::rotated_api_key> lifecycle::rotate_api_key(auth::key_rotation asked,
                                                           auth::operator_request& by) {
    const auto overlap = seconds_text(asked.overlap);
    const parameter hash{reinterpret_cast<const char*>(asked.key_hash.data()),
                         static_cast<int>(asked.key_hash.size()), true};
    const auto answer = co_await writer_->send_for(
        by, statements::rotate_api_key, bytes(asked.key_id), text(asked.only_organization), hash,
        text(overlap), text(asked.hint));
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    if (PQntuples(&rows) == 0) co_return no_such_key(asked.key_id);
    const auto obstacle = decode_int4(text_at(rows, 0, 0));
    if (!obstacle || *obstacle < 0 || *obstacle > 3) co_return unreadable;
    if (*obstacle != 0)
        co_return conflict_of(static_cast<statements::rotation_obstacle>(*obstacle), asked.key_id,
                              decode_timestamptz(text_at(rows, 0, 1)));
    co_return decode_rotated(rows, 2);
}

operation<auth::rotated_api_key>
lifecycle::finish_key_rotation(std::string key_id, std::optional<std::string> only_organization,
                               auth::operator_request& by) {
    const auto answer = co_await writer_->send_for(by, statements::finish_key_rotation,
                                                   bytes(key_id), text(only_organization));
    if (!answer) co_return answer.error();
    if (PQntuples(*answer) == 0) co_return no_such_key(key_id);
    co_return decode_rotated(**answer, 0);
}

} // namespace latchkey::pg
