// Takes devices in: registers one, or imports many.
#include "pg/connection/wire.hpp"
#include "pg/lookup/device_statements.hpp"
#include "pg/writes/device_writes.hpp"
#include "pg/writes/write_of.hpp"

#include <latchkey/core/text/json_member.hpp>

#include <algorithm>

namespace latchkey::pg {

namespace {

using core::append_member;
using core::failure;
using core::failure_kind;

std::string json_of(const std::vector<auth::new_device>& devices) {
    std::string out = "[";
    for (const auto& d : devices) {
        append_member(out, out.size() == 1 ? R"({"device_id":)" : R"(,{"device_id":)", d.device_id);
        append_member(out, R"(,"device_secret":)", d.stored_secret.reveal());
        append_member(out, R"(,"organization_id":)", d.organization_id);
        append_member(out, R"(,"name":)", d.name);
        append_member(out, R"(,"scopes":)", d.scopes);
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

class taking_devices {
  protected:
    explicit taking_devices(std::vector<auth::new_device> devices)
        : devices_(std::move(devices)), json_(json_of(devices_)) {}

    failure why_skipped(const import_answer::skipped& s) const {
        const auto asked = std::ranges::find(devices_, s.id, &auth::new_device::device_id);
        return why_not(s.id, asked == devices_.end() ? "" : asked->organization_id, s.problem);
    }

    std::vector<auth::new_device> devices_;
    crypto::secret json_;
};

class register_device final : public write_of<core::real_time>, taking_devices {
  public:
    register_device(auth::new_device device, completion done)
        : write_of(std::move(done)), taking_devices({std::move(device)}) {}

    void seal() override {
        what = &statements::import_devices;
        parameters = {text(json_)};
    }
    void succeeded(const pg_result& rows) override {
        const auto answer = read_answer(rows);
        if (!answer) return end(unreadable);
        if (!answer->rows.empty()) return end(why_skipped(answer->rows[0]));
        end(answer->at);
    }
};

class import_devices final : public write_of<auth::imported_devices>, taking_devices {
  public:
    import_devices(std::vector<auth::new_device> devices, completion done)
        : write_of(std::move(done)), taking_devices(std::move(devices)) {}

    void seal() override {
        what = &statements::import_devices;
        parameters = {text(json_)};
    }
    void succeeded(const pg_result& rows) override {
        const auto answer = read_answer(rows);
        if (!answer) return end(unreadable);
        auth::imported_devices out;
        for (const auto& s : answer->rows)
            out.skipped.push_back({s.id, why_skipped(s).message});
        out.inserted = devices_.size() - out.skipped.size();
        end(std::move(out));
    }
};

} // namespace

std::unique_ptr<operator_write> make_register_device(auth::new_device device,
                                                     device_completion<core::real_time> done) {
    return std::make_unique<register_device>(std::move(device), std::move(done));
}

std::unique_ptr<operator_write>
make_import_devices(std::vector<auth::new_device> devices,
                    device_completion<auth::imported_devices> done) {
    return std::make_unique<import_devices>(std::move(devices), std::move(done));
}

} // namespace latchkey::pg
