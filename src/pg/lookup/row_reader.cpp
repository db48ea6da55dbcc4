#include "pg/lookup/row_reader.hpp"

#include "pg/lookup/api_key_rows.hpp"
#include "pg/lookup/device_rows.hpp"
#include "pg/lookup/device_statements.hpp"
#include "pg/statements.hpp"

namespace latchkey::pg {

namespace {

class api_key_reader final : public row_reader {
  public:
    const statement& query() const noexcept override { return statements::find_api_keys; }
    std::size_t columns() const noexcept override { return api_key_columns; }
    bool settle_row(row_values values, std::span<auth::any_lookup* const> sorted) override {
        auto row = decode_api_key_row(values);
        if (!row) return false;
        std::size_t askers = 0;
        if (row->previous) askers += settle_previous(row->facts, *row->previous, sorted);
        return askers + settle_one(std::move(row->facts), sorted) > 0;
    }

  private:
    static std::size_t settle_one(auth::api_key_facts facts,
                                  std::span<auth::any_lookup* const> sorted) {
        const auto key = facts.key_hash;
        if (askers_of(sorted, key).empty()) return 0;
        return settle(sorted, key, std::make_shared<const auth::api_key_record>(std::move(facts)));
    }
    // The secret before the last rotation has a record of its own.
    static std::size_t settle_previous(auth::api_key_facts facts,
                                       const api_key_row::previous_secret& previous,
                                       std::span<auth::any_lookup* const> sorted) {
        facts.key_hash = previous.hash;
        facts.retires_at = previous.until;
        return settle_one(std::move(facts), sorted);
    }
};

class device_reader final : public row_reader {
  public:
    device_reader(auth::legacy_device_secret legacy, metrics& cells)
        : legacy_(legacy), metrics_(cells) {}

    const statement& query() const noexcept override { return statements::find_devices; }
    std::size_t columns() const noexcept override { return device_columns; }
    bool settle_row(row_values values, std::span<auth::any_lookup* const> sorted) override {
        auto row = decode_device_row(values, legacy_);
        if (!row) return false;
        if (row->facts.secret.is_legacy()) metrics_.bare_secrets.add();
        return settle(sorted, row->key,
                      std::make_shared<const auth::device_record>(std::move(row->facts))) > 0;
    }

  private:
    auth::legacy_device_secret legacy_;
    metrics& metrics_;
};

} // namespace

std::unique_ptr<row_reader> make_api_key_reader() {
    return std::make_unique<api_key_reader>();
}

std::unique_ptr<row_reader> make_device_reader(auth::legacy_device_secret legacy, metrics& cells) {
    return std::make_unique<device_reader>(legacy, cells);
}

} // namespace latchkey::pg
