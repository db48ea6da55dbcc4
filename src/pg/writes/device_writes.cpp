// The operator's writes of devices.
#include "pg/connection/wire.hpp"
#include "pg/writes/column_reader.hpp"
#include "pg/writes/device_object_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/core/text/json_member.hpp>
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
std::optional<auth::device> decode_device(const PGresult& rows, int number, int first) {
    column_reader row(rows, number, first);
    auth::device device;
    device.device_id = row.text();
    device.organization_id = row.text();
    device.name = row.text_or_null();
    device.scopes = row.texts();
    device.metadata = row.text();
    device.status = row.text();
    const auto form = row.int4();
    device.previous_until = row.time_or_null();
    device.revoked_at = row.time_or_null();
    device.revoked_reason = row.text_or_null();
    device.enabled = row.boolean();
    device.state = row.text();
    device.generation = static_cast<std::uint32_t>(row.int4());
    const bool has_previous = row.boolean();
    const auto previous_used_at = row.time_or_null();
    if (has_previous && device.previous_until)
        device.previous = {*device.previous_until, previous_used_at};
    device.created_at = row.time_or_null();
    device.last_used_at = row.time_or_null();
    device.uses = row.int8();
    device.read_at = row.time();
    device.roles = row.texts();
    if (!row.is_good() || form < 0 || form > 3) return std::nullopt;
    device.secret_form = static_cast<auth::device_secret_form>(form);
    return device;
}

std::optional<auth::legacy_device> decode_legacy(const PGresult& rows, int row) {
    auto stored = decode_text_array(text_at(rows, row, 1));
    if (!stored) return std::nullopt;
    auth::legacy_device device{std::string(text_at(rows, row, 0)), {}};
    for (auto& one : *stored)
        device.stored.emplace_back(std::move(one));
    return device;
}

std::optional<auth::stored_device> decode_stored(const PGresult& rows, int number) {
    column_reader row(rows, number);
    auth::stored_device out{row.text(), {}, {}, {}};
    out.secret = crypto::secret(row.text_or_null().value_or(""));
    out.previous_secret = crypto::secret(row.text_or_null().value_or(""));
    auto shown = decode_device(rows, number, 3);
    if (!row.is_good() || !shown) return std::nullopt;
    out.shown = std::move(*shown);
    return out;
}

// An answer about one device is its row.
core::result<auth::device> the_device(const core::result<const pg_result*>& answer,
                                      const std::string& id) {
    if (!answer) return answer.error();
    if (PQntuples(*answer) == 0) return no_such_device(id);
    auto device = decode_device(**answer, 0, 0);
    if (!device) return unreadable;
    return std::move(*device);
}

} // namespace

operation<auth::found_page<auth::device>> lifecycle::list_devices(auth::object_page page) {
    const auto limit = std::to_string(page.limit);
    std::optional<std::string> unused;
    if (page.unused_for) unused = seconds_text(*page.unused_for);
    core::result<const pg_result*> answer{nullptr};
    if (page.organization_id)
        answer = co_await writer_->send(statements::list_devices_of_organization, text(page.after),
                                        text(limit), text(page.name), text(page.state),
                                        text(unused), text(page.organization_id));
    else
        answer = co_await writer_->send(statements::list_all_devices, text(page.after), text(limit),
                                        text(page.name), text(page.state), text(unused));
    if (!answer) co_return answer.error();
    co_return decode_page(**answer, decode_device);
}

operation<std::vector<auth::stored_device>> lifecycle::export_devices(auth::object_page page) {
    const auto limit = std::to_string(page.limit);
    core::result<const pg_result*> answer{nullptr};
    if (page.organization_id)
        answer = co_await writer_->send(statements::export_devices_of_organization,
                                        text(page.after), text(limit), text(page.organization_id));
    else
        answer =
            co_await writer_->send(statements::export_all_devices, text(page.after), text(limit));
    if (!answer) co_return answer.error();
    co_return decode_all(**answer, decode_stored);
}

operation<auth::device> lifecycle::show_device(std::string id,
                                               std::optional<std::string> only_organization) {
    const auto answer =
        co_await writer_->send(statements::show_device, bytes(id), text(only_organization));
    co_return the_device(answer, id);
}

operation<auth::device> lifecycle::change_device(auth::device_change asked,
                                                 auth::operator_request& by) {
    std::string json;
    if (asked.name) core::append_member(json, R"(,"name":)", *asked.name);
    if (asked.scopes) core::append_member(json, R"(,"scopes":)", *asked.scopes);
    if (asked.metadata) json += R"(,"metadata":)" + *asked.metadata;
    if (asked.enabled) json += *asked.enabled ? R"(,"enabled":true)" : R"(,"enabled":false)";
    if (json.empty()) json = ",";
    json[0] = '{';
    json += '}';
    const auto answer =
        co_await writer_->send_for(by, statements::change_device, bytes(asked.device_id),
                                   text(asked.only_organization), text(json));
    auto device = the_device(answer, asked.device_id);
    if (device && device->revoked_at)
        co_return failure{failure_kind::conflict, "device \"" + asked.device_id +
                                                      "\" is revoked: nothing of it changes any "
                                                      "more"};
    co_return device;
}

operation<auth::device> lifecycle::rotate_device(auth::device_rotation asked,
                                                 auth::operator_request& by) {
    const auto overlap = seconds_text(asked.overlap);
    const auto answer = co_await writer_->send_for(
        by, statements::rotate_device, bytes(asked.device_id), bytes(asked.stored_secret),
        text(overlap), text(asked.only_organization));
    auto device = the_device(answer, asked.device_id);
    if (!device) co_return device;
    const auto named = "device \"" + asked.device_id + "\" ";
    if (device->revoked_at)
        co_return failure{failure_kind::conflict, named + "is revoked: it gets no new secret"};
    if (decode_bool(text_at(**answer, 0, PQnfields(*answer) - 1)) != true)
        co_return failure{failure_kind::conflict,
                          named + "has a secret from before its last rotation that works until " +
                              timestamp_of(device->previous_until).value_or("its end") +
                              ": end it first (finish)"};
    co_return device;
}

operation<auth::device>
lifecycle::finish_device_rotation(std::string id, std::optional<std::string> only_organization,
                                  auth::operator_request& by) {
    const auto answer = co_await writer_->send_for(by, statements::finish_device_rotation,
                                                   bytes(id), text(only_organization));
    co_return the_device(answer, id);
}

operation<auth::device> lifecycle::revoke_device(std::string id, std::optional<std::string> reason,
                                                 std::optional<std::string> only_organization,
                                                 auth::operator_request& by) {
    const auto answer = co_await writer_->send_for(by, statements::revoke_device, bytes(id),
                                                   bytes(reason), text(only_organization));
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
