#include "pg/writes/device_writes.hpp"

#include "pg/connection/wire.hpp"
#include "pg/lookup/device_statements.hpp"
#include "pg/writes/write_of.hpp"

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

failure no_such_device(const std::string& id) {
    return {failure_kind::not_found, "there is no device \"" + id + '"'};
}

std::optional<std::string> text_or_null(const PGresult& rows, int row, int column) {
    if (PQgetisnull(&rows, row, column)) return std::nullopt;
    return std::string(text_at(rows, row, column));
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

class list_devices final : public write_of<std::vector<auth::device>> {
  public:
    list_devices(auth::device_page page, completion done)
        : write_of(std::move(done)), page_(std::move(page)), limit_(std::to_string(page_.limit)) {}

    void seal() override {
        what = &statements::list_devices;
        parameters = {text(page_.after), text(limit_)};
    }
    void succeeded(const pg_result& rows) override {
        std::vector<auth::device> devices;
        for (int row = 0; row < PQntuples(&rows); ++row) {
            auto device = decode_device(rows, row);
            if (!device) return end(unreadable);
            devices.push_back(std::move(*device));
        }
        end(std::move(devices));
    }

  private:
    auth::device_page page_;
    std::string limit_;
};

// A write or question about one device, answered with its row.
class about_device : public write_of<auth::device> {
  public:
    about_device(std::string id, completion done) : write_of(std::move(done)), id_(std::move(id)) {}

    void succeeded(const pg_result& rows) override {
        if (PQntuples(&rows) == 0) return end(no_such_device(id_));
        auto device = decode_device(rows, 0);
        if (!device) return end(unreadable);
        finish(std::move(*device));
    }

  protected:
    virtual void finish(auth::device found) { end(std::move(found)); }
    const std::string id_;
};

class show_device final : public about_device {
  public:
    using about_device::about_device;

    void seal() override {
        what = &statements::show_device;
        parameters = {bytes(id_)};
    }
};

class rotate_device final : public about_device {
  public:
    rotate_device(auth::device_rotation asked, completion done)
        : about_device(asked.device_id, std::move(done)),
          secret_(std::move(asked.stored_secret)),
          overlap_(seconds_text(asked.overlap)) {}

    void seal() override {
        what = &statements::rotate_device;
        parameters = {bytes(id_), bytes(secret_), text(overlap_)};
    }

  private:
    void finish(auth::device found) override {
        if (found.revoked_at)
            return end(failure{failure_kind::conflict,
                               "device \"" + id_ + "\" is revoked: it gets no new secret"});
        end(std::move(found));
    }

    crypto::secret secret_;
    std::string overlap_;
};

class revoke_device final : public about_device {
  public:
    revoke_device(std::string id, std::optional<std::string> reason, completion done)
        : about_device(std::move(id), std::move(done)), reason_(std::move(reason)) {}

    void seal() override {
        what = &statements::revoke_device;
        parameters = {bytes(id_), reason_ ? bytes(*reason_) : parameter{}};
    }

  private:
    std::optional<std::string> reason_;
};

class legacy_device_page final : public write_of<std::vector<auth::legacy_device>> {
  public:
    legacy_device_page(auth::device_page page, completion done)
        : write_of(std::move(done)), page_(std::move(page)), limit_(std::to_string(page_.limit)) {}

    void seal() override {
        what = &statements::legacy_devices;
        parameters = {page_.after ? bytes(*page_.after) : parameter{}, text(limit_)};
    }
    void succeeded(const pg_result& rows) override {
        std::vector<auth::legacy_device> page;
        for (int row = 0; row < PQntuples(&rows); ++row) {
            auto stored = decode_text_array(text_at(rows, row, 1));
            if (!stored) return end(unreadable);
            auto& device = page.emplace_back();
            device.device_id = text_at(rows, row, 0);
            for (auto& one : *stored)
                device.stored.emplace_back(std::move(one));
        }
        end(std::move(page));
    }

  private:
    auth::device_page page_;
    std::string limit_;
};

class count_bare_secrets final : public write_of<auth::bare_secret_counts> {
  public:
    using write_of::write_of;

    void seal() override { what = &statements::count_bare_secrets; }
    void succeeded(const pg_result& rows) override {
        std::size_t counts[3];
        for (int column = 0; column < 3; ++column) {
            const auto count = decode_int8(text_at(rows, 0, column));
            if (!count || *count < 0) return end(unreadable);
            counts[column] = static_cast<std::size_t>(*count);
        }
        end(auth::bare_secret_counts{counts[0], counts[1], counts[2]});
    }
};

class rehash_device final : public write_of<bool> {
  public:
    rehash_device(auth::device_rehash asked, completion done)
        : write_of(std::move(done)), asked_(std::move(asked)) {}

    void seal() override {
        what = &statements::rehash_device;
        parameters = {bytes(asked_.device_id), bytes(asked_.expected), bytes(asked_.replacement)};
    }
    void succeeded(const pg_result& rows) override { end(PQntuples(&rows) > 0); }

  private:
    auth::device_rehash asked_;
};

} // namespace

std::unique_ptr<operator_write>
make_list_devices(auth::device_page page, device_completion<std::vector<auth::device>> done) {
    return std::make_unique<list_devices>(std::move(page), std::move(done));
}

std::unique_ptr<operator_write> make_show_device(std::string id,
                                                 device_completion<auth::device> done) {
    return std::make_unique<show_device>(std::move(id), std::move(done));
}

std::unique_ptr<operator_write> make_rotate_device(auth::device_rotation asked,
                                                   device_completion<auth::device> done) {
    return std::make_unique<rotate_device>(std::move(asked), std::move(done));
}

std::unique_ptr<operator_write> make_revoke_device(std::string id,
                                                   std::optional<std::string> reason,
                                                   device_completion<auth::device> done) {
    return std::make_unique<revoke_device>(std::move(id), std::move(reason), std::move(done));
}

std::unique_ptr<operator_write>
make_count_bare_secrets(device_completion<auth::bare_secret_counts> done) {
    return std::make_unique<count_bare_secrets>(std::move(done));
}

std::unique_ptr<operator_write>
make_legacy_device_page(auth::device_page page,
                        device_completion<std::vector<auth::legacy_device>> done) {
    return std::make_unique<legacy_device_page>(std::move(page), std::move(done));
}

std::unique_ptr<operator_write> make_rehash_device(auth::device_rehash asked,
                                                   device_completion<bool> done) {
    return std::make_unique<rehash_device>(std::move(asked), std::move(done));
}

} // namespace latchkey::pg
