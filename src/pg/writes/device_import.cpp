// Takes devices in: registers one, or imports many.
#include "pg/connection/wire.hpp"
#include "pg/lookup/device_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/pg/writes/lifecycle.hpp>

#include <algorithm>

namespace latchkey::pg {

using auth::operation;
using core::append_member;
using core::failure;
using core::failure_kind;

namespace {

std::string json_of(const std::vector<auth::new_device>& devices) {
    std::string out = "[";
    for (const auto& d : devices) {
        append_member(out, out.size() == 1 ? R"({"device_id":)" : R"(,{"device_id":)", d.device_id);
        append_member(out, R"(,"device_secret":)", d.stored_secret.reveal());
        append_member(out, R"(,"organization_id":)", d.organization_id);
        append_member(out, R"(,"name":)", d.name);
        append_member(out, R"(,"scopes":)", d.scopes);
        if (d.previous) {
            append_member(out, R"(,"previous_secret":)", d.previous->stored.reveal());
            append_member(out, R"(,"previous_secret_until":)", d.previous->until);
        }
        if (d.revoked_at) append_member(out, R"(,"revoked_at":)", *d.revoked_at);
        if (d.revoked_reason) append_member(out, R"(,"revoked_reason":)", *d.revoked_reason);
        if (!d.enabled) out += R"(,"enabled":false)";
        out += R"(,"metadata":)" + d.metadata + '}';
    }
    return out += ']';
}

// `problem` is as latchkey.import_devices names it.
failure why_not(const std::string& id, const std::string& organization, std::string_view problem) {
    if (problem == "taken")
        return {failure_kind::conflict, "there is a device \"" + id + "\" already"};
    if (problem == "key")
        return {failure_kind::conflict, "there is an API key with the id \"" + id +
                                            "\": give the device another, since tokens name "
                                            "either by its id"};
    if (problem == "organization")
        return {failure_kind::not_found, "there is no organization \"" + organization +
                                             "\"; make it first: latchkey org create"};
    return {failure_kind::invalid, "the database does not take the id \"" + id +
                                       "\", its organization's, or another of its values"};
}

// An answer of import_devices: its first row has the time; each further one is a skipped device.
struct import_answer {
    core::real_time at;
    struct skipped {
        std::string id;
        std::string_view problem;
    };
    std::vector<skipped> rows;
};
std::optional<import_answer> read_answer(const PGresult& rows) {
    const auto at = PQntuples(&rows) > 0 ? decode_timestamptz(text_at(rows, 0, 0)) : std::nullopt;
    if (!at) return std::nullopt;
    import_answer out{*at, {}};
    for (int row = 1; row < PQntuples(&rows); ++row)
        out.rows.push_back({std::string(text_at(rows, row, 1)), text_at(rows, row, 2)});
    return out;
}

failure why_skipped(const import_answer::skipped& s, const std::vector<auth::new_device>& devices) {
    const auto asked = std::ranges::find(devices, s.id, &auth::new_device::device_id);
    return why_not(s.id, asked == devices.end() ? "" : asked->organization_id, s.problem);
}

} // namespace

operation<core::real_time> lifecycle::register_device(auth::new_device device,
                                                      auth::operator_request& by) {
    by.will_make("device_id", device.device_id);
    std::vector<auth::new_device> devices;
    devices.push_back(std::move(device));
    const crypto::secret json(json_of(devices));
    const auto answer = co_await writer_->send_for(by, statements::import_devices, text(json));
    if (!answer) co_return answer.error();
    const auto read = read_answer(**answer);
    if (!read) co_return unreadable;
    if (!read->rows.empty()) co_return why_skipped(read->rows[0], devices);
    co_return read->at;
}

operation<auth::imported_devices> lifecycle::import_devices(std::vector<auth::new_device> devices,
                                                            auth::operator_request& by) {
    const crypto::secret json(json_of(devices));
    const auto answer = co_await writer_->send_for(by, statements::import_devices, text(json));
    if (!answer) co_return answer.error();
    const auto read = read_answer(**answer);
    if (!read) co_return unreadable;
    auth::imported_devices out;
    for (const auto& s : read->rows)
        out.skipped.push_back({s.id, why_skipped(s, devices).message});
    out.inserted = devices.size() - out.skipped.size();
    co_return out;
}

} // namespace latchkey::pg
