#include "pg/writes/name_lookups.hpp"

#include "pg/connection/wire.hpp"
#include "pg/writes/name_statements.hpp"
#include "pg/writes/write_of.hpp"

#include <utility>

namespace latchkey::pg {

namespace {

class find_name final : public write_of<auth::name_lookup> {
  public:
    find_name(const statement& by, std::string given, completion done)
        : write_of(std::move(done)), by_(by), given_(std::move(given)) {}

    void seal() override {
        what = &by_;
        parameters = {bytes(given_)};
    }
    void succeeded(const pg_result& rows) override {
        const auto known =
            PQntuples(&rows) > 0 ? decode_bool(text_at(rows, 0, 1)) : std::optional<bool>();
        if (!known) return end(unreadable);
        auth::name_lookup found{std::string(text_at(rows, 0, 0)), *known, {}};
        for (int row = 1; row < PQntuples(&rows); ++row)
            found.others.push_back(
                {std::string(text_at(rows, row, 0)), std::string(text_at(rows, row, 2))});
        end(std::move(found));
    }

  private:
    const statement& by_;
    std::string given_;
};

} // namespace

std::unique_ptr<operator_write>
make_find_organization(std::string given,
                       auth::revocation_store::completion<auth::name_lookup> done) {
    return std::make_unique<find_name>(statements::find_organization, std::move(given),
                                       std::move(done));
}

std::unique_ptr<operator_write>
make_find_credential(std::string given,
                     auth::revocation_store::completion<auth::name_lookup> done) {
    return std::make_unique<find_name>(statements::find_credential, std::move(given),
                                       std::move(done));
}

} // namespace latchkey::pg
