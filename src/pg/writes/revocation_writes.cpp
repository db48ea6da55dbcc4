#include "pg/writes/revocation_writes.hpp"

#include "pg/connection/wire.hpp"
#include "pg/lookup/token_rows.hpp"
#include "pg/writes/token_statements.hpp"
#include "pg/writes/write_of.hpp"

#include <charconv>

namespace latchkey::pg {

namespace {

using auth::stored_revocation;
using core::failure;
using core::failure_kind;

std::optional<stored_revocation> decode_stored(const PGresult& rows, int row) {
    auto decoded = decode_revocation_row(rows, row);
    if (!decoded) return std::nullopt;
    stored_revocation out{std::to_string(decoded->id), std::move(decoded->what), {}};
    if (!PQgetisnull(&rows, row, 8)) out.reason = std::string(text_at(rows, row, 8));
    return out;
}

class create_revocation final : public write_of<stored_revocation> {
  public:
    create_revocation(auth::revocation asked, std::optional<std::string> reason, completion done)
        : write_of(std::move(done)), asked_(std::move(asked)), reason_(std::move(reason)) {}

    void seal() override {
        what = &statements::create_revocation;
        kind_ = name_of(asked_.kind);
        issued_before_ = timestamp_of(asked_.issued_before);
        expires_at_ = timestamp_of(asked_.expires_at);
        parameters = {text(kind_),         bytes(asked_.issuer),
                      bytes(asked_.value), text(issued_before_),
                      text(expires_at_),   reason_ ? bytes(*reason_) : parameter{}};
    }
    void succeeded(const pg_result& rows) override {
        auto stored = PQntuples(&rows) == 1 ? decode_stored(rows, 0) : std::nullopt;
        if (!stored) return end(unreadable);
        end(std::move(*stored));
    }

  private:
    auth::revocation asked_;
    std::optional<std::string> reason_;
    std::string kind_;
    std::optional<std::string> issued_before_;
    std::optional<std::string> expires_at_;
};

class list_revocations final : public write_of<std::vector<stored_revocation>> {
  public:
    list_revocations(std::int64_t after, std::size_t limit, completion done)
        : write_of(std::move(done)), after_(std::to_string(after)), limit_(std::to_string(limit)) {}

    void seal() override {
        what = &statements::list_revocations;
        parameters = {text(after_), text(limit_)};
    }
    void succeeded(const pg_result& rows) override {
        std::vector<stored_revocation> page;
        for (int row = 0; row < PQntuples(&rows); ++row) {
            auto stored = decode_stored(rows, row);
            if (!stored) return end(unreadable);
            page.push_back(std::move(*stored));
        }
        end(std::move(page));
    }

  private:
    std::string after_;
    std::string limit_;
};

// Returns why a revocation of this kind follows only the state of a key or an organization; null if
// it may be withdrawn.
const char* who_decides(auth::revocation_kind kind) {
    switch (kind) {
    case auth::revocation_kind::credential:
        return "it follows a key that is revoked, disabled or deleted, and goes with its return";
    case auth::revocation_kind::disabled_organization:
        return "it follows an organization that is not active, and goes once it is";
    default:
        return nullptr;
    }
}

class delete_revocation final : public write_of<stored_revocation> {
  public:
    delete_revocation(std::int64_t id, completion done)
        : write_of(std::move(done)), id_(std::to_string(id)) {}

    void seal() override {
        what = &statements::delete_revocation;
        parameters = {text(id_)};
    }
    void succeeded(const pg_result& rows) override {
        if (PQntuples(&rows) == 0) return end(no_such_revocation(id_));
        auto stored = decode_stored(rows, 0);
        const auto gone = decode_bool(text_at(rows, 0, 9));
        if (!stored || !gone) return end(unreadable);
        if (*gone) return end(std::move(*stored));
        const char* why = who_decides(stored->what.kind);
        // Without such a reason, another operator has just withdrawn it.
        end(why ? failure{failure_kind::conflict, "revocation \"" + id_ + "\" stays: " + why}
                : no_such_revocation(id_));
    }

  private:
    std::string id_;
};

} // namespace

std::optional<std::int64_t> revocation_id(std::string_view text) {
    std::int64_t id = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, id);
    if (read.ec != std::errc() || read.ptr != end || id <= 0 || text[0] == '0') return std::nullopt;
    return id;
}

core::failure no_such_revocation(std::string_view id) {
    return {failure_kind::not_found, "there is no revocation \"" + std::string(id) + '"'};
}

std::unique_ptr<operator_write>
make_create_revocation(auth::revocation asked, std::optional<std::string> reason,
                       auth::revocation_store::completion<stored_revocation> done) {
    return std::make_unique<create_revocation>(std::move(asked), std::move(reason),
                                               std::move(done));
}

std::unique_ptr<operator_write>
make_list_revocations(std::int64_t after, std::size_t limit,
                      auth::revocation_store::completion<std::vector<stored_revocation>> done) {
    return std::make_unique<list_revocations>(after, limit, std::move(done));
}

std::unique_ptr<operator_write>
make_delete_revocation(std::int64_t id,
                       auth::revocation_store::completion<stored_revocation> done) {
    return std::make_unique<delete_revocation>(id, std::move(done));
}

} // namespace latchkey::pg
