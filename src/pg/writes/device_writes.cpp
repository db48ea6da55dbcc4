// The operator's writes of devices.
#include "pg/connection/wire.hpp"
#include "pg/lookup/device_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::operation;
using core::failure;
using core::failure_kind;

namespace {

failure no_such_device(const std::string& id) {
    return {failure_kind::not_found, "there is no device \"" + id + '"'};
}

// The columns are statements::device_columns. Returns nullopt if the row is malformed.
std::optional<auth::device> decode_device(const PGresult& rows, int row) {
    auto scopes = decode_text_array(text_at(rows, row, 3));
    const auto form = decode_int4(text_at(rows, row, 6));
    if (!scopes || !form || *form < 0 || *form > 3) return std::nullopt;
    return auth::device{std::string(text_at(rows, row, 0)),
                        std::string(text_at(rows, row, 1)),
                        text_or_null(rows, row, 2),
                        std::move(*scopes),
                        std::string(text_at(rows, row, 4)),
                        std::string(text_at(rows, row, 5)),
                        static_cast<auth::device_secret_form>(*form),
                        decode_timestamptz(text_at(rows, row, 7)), // nullopt for NULL
                        decode_timestamptz(text_at(rows, row, 8)),
                        text_or_null(rows, row, 9)};
}

std::optional<auth::legacy_device> decode_legacy(const PGresult& rows, int row) {
    auto stored = decode_text_array(text_at(rows, row, 1));
    if (!stored) return std::nullopt;
    auth::legacy_device device{std::string(text_at(rows, row, 0)), {}};
    for (auto& one : *stored)
        device.stored.emplace_back(std::move(one));
    return device;
}

// An answer about one device is its row.
core::result<auth::device> the_device(const core::result<const pg_result*>& answer,
                                      const std::string& id) {
    if (!answer) return answer.error();
    if (PQntuples(*answer) == 0) return no_such_device(id);
    auto device = decode_device(**answer, 0);
    if (!device) return unreadable;
    return std::move(*device);
}

} // namespace

operation<std::vector<auth::device>> lifecycle::list_devices(auth::device_page page) {
    const auto limit = std::to_string(page.limit);
    const auto answer =
        co_await writer_->send(statements::list_devices, text(page.after), text(limit));
    if (!answer) co_return answer.error();
    co_return decode_all(**answer, decode_device);
}

operation<auth::device> lifecycle::show_device(std::string id) {
    const auto answer = co_await writer_->send(statements::show_device, bytes(id));
    co_return the_device(answer, id);
}

operation<auth::device> lifecycle::rotate_device(auth::device_rotation asked,
                                                 auth::operator_request& by) {
    const auto overlap = seconds_text(asked.overlap);
    const auto answer =
        co_await writer_->send_for(by, statements::rotate_device, bytes(asked.device_id),
                                   bytes(asked.stored_secret), text(overlap));
    auto device = the_device(answer, asked.device_id);
    if (device && device->revoked_at)
        co_return failure{failure_kind::conflict,
                          "device \"" + asked.device_id + "\" is revoked: it gets no new secret"};
    co_return device;
}

operation<auth::device> lifecycle::revoke_device(std::string id, std::optional<std::string> reason,
                                                 auth::operator_request& by) {
    const auto answer =
        co_await writer_->send_for(by, statements::revoke_device, bytes(id), bytes(reason));
    co_return the_device(answer, id);
}

operation<std::vector<auth::legacy_device>> lifecycle::legacy_device_page(auth::device_page page) {
    const auto limit = std::to_string(page.limit);
    const auto answer =
        co_await writer_->send(statements::legacy_devices, bytes(page.after), text(limit));
    if (!answer) co_return answer.error();
    co_return decode_all(**answer, decode_legacy);
}

operation<auth::bare_secret_counts> lifecycle::count_bare_secrets() {
    const auto answer = co_await writer_->send(statements::count_bare_secrets);
    if (!answer) co_return answer.error();
    std::size_t counts[3];
    for (int column = 0; column < 3; ++column) {
        const auto count = decode_int8(text_at(**answer, 0, column));
        if (!count || *count < 0) co_return unreadable;
        counts[column] = static_cast<std::size_t>(*count);
    }
    co_return auth::bare_secret_counts{counts[0], counts[1], counts[2]};
}

operation<bool> lifecycle::rehash_device(auth::device_rehash asked, auth::operator_request& by) {
    const auto answer =
        co_await writer_->send_for(by, statements::rehash_device, bytes(asked.device_id),
                                   bytes(asked.expected), bytes(asked.replacement));
    if (!answer) co_return answer.error();
    co_return PQntuples(*answer) > 0;
}

} // namespace latchkey::pg
