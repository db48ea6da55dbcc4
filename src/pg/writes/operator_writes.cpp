#include "pg/writes/operator_writes.hpp"

#include "pg/connection/wire.hpp"
#include "pg/statements.hpp"
#include "pg/writes/write_of.hpp"

#include <optional>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

class create_organization final : public write_of<auth::organization> {
  public:
    create_organization(auth::new_organization asked, completion done)
        : write_of(std::move(done)), asked_(std::move(asked)) {}

    void seal() override {
        what = &statements::create_organization;
        parameters = {text(*asked_.organization_id), text(asked_.name)};
    }
    void succeeded(const pg_result& rows) override {
        const auto at =
            PQntuples(&rows) == 1 ? decode_timestamptz(text_at(rows, 0, 3)) : std::nullopt;
        if (!at) return end(unreadable);
        end(auth::organization{std::string(text_at(rows, 0, 0)), std::string(text_at(rows, 0, 1)),
                               std::string(text_at(rows, 0, 2)), *at});
    }
    void failed(const query_failure& why) override {
        end(failure_of(why,
                       "there is an organization \"" + *asked_.organization_id + "\" already"));
    }

  private:
    auth::new_organization asked_;
};

class create_api_key final : public write_of<core::real_time> {
  public:
    create_api_key(auth::new_api_key key, completion done)
        : write_of(std::move(done)), key_(std::move(key)) {}

    void seal() override {
        what = &statements::create_api_key;
        scopes_ = text_array_literal(key_.scopes);
        networks_ = text_array_literal(key_.allowed_networks);
        expires_at_ = timestamp_of(key_.expires_at);
        if (const auto& rule = key_.rate_limit) {
            quantity_ = std::to_string(rule->quantity());
            window_ = std::to_string(std::chrono::ceil<core::seconds>(rule->window()).count());
            burst_ = std::to_string(rule->burst());
        }
        parameters = {{reinterpret_cast<const char*>(key_.key_hash.data()),
                       static_cast<int>(key_.key_hash.size()), true},
                      text(key_.key_id),
                      text(key_.organization_id),
                      text(key_.name),
                      text(key_.external_id),
                      text(scopes_),
                      text(key_.metadata),
                      text(networks_),
                      text(expires_at_),
                      text(quantity_),
                      text(window_),
                      text(burst_)};
    }
    void succeeded(const pg_result& rows) override {
        if (PQntuples(&rows) == 0)
            return end(failure{failure_kind::not_found,
                               "there is no organization \"" + key_.organization_id +
                                   "\"; make it first: latchkey org create"});
        const auto at = decode_timestamptz(text_at(rows, 0, 0));
        if (!at) return end(unreadable);
        end(*at);
    }
    void failed(const query_failure& why) override {
        end(failure_of(why,
                       "there is such a key already, or a device with its id: ask again, and it "
                       "gets another id"));
    }

  private:
    auth::new_api_key key_;
    std::string scopes_;
    std::string networks_;
    std::optional<std::string> expires_at_;
    std::optional<std::string> quantity_;
    std::optional<std::string> window_;
    std::optional<std::string> burst_;
};

class revoke_api_key final : public write_of<auth::revoked_api_key> {
  public:
    revoke_api_key(auth::revocation_request asked, bool write_back, completion done)
        : write_of(std::move(done)), asked_(std::move(asked)), write_back_(write_back) {}

    void seal() override {
        what = write_back_ ? &statements::revoke_writing_back : &statements::revoke_api_key;
        parameters = {text(asked_.key_id), asked_.reason ? text(*asked_.reason) : parameter{}};
    }
    void succeeded(const pg_result& rows) override {
        if (PQntuples(&rows) == 0)
            return end(
                failure{failure_kind::not_found, "there is no key \"" + asked_.key_id + '"'});
        const auto hash = decode_fingerprint(text_at(rows, 0, 0));
        const auto at = decode_timestamptz(text_at(rows, 0, 3));
        if (!hash || !at) return end(unreadable);
        auth::revoked_api_key revoked{
            *hash, std::string(text_at(rows, 0, 1)), std::string(text_at(rows, 0, 2)), *at, {}};
        if (!PQgetisnull(&rows, 0, 4)) revoked.reason = std::string(text_at(rows, 0, 4));
        end(std::move(revoked));
    }

  private:
    auth::revocation_request asked_;
    bool write_back_;
};

std::optional<auth::node_entry> decode_node(const PGresult& rows, int row) {
    const auto started = decode_timestamptz(text_at(rows, row, 3));
    const auto heartbeat = decode_timestamptz(text_at(rows, row, 4));
    const auto staleness = decode_int8(text_at(rows, row, 5));
    const auto live = decode_bool(text_at(rows, row, 6));
    const auto lag = decode_int8(text_at(rows, row, 7)); // nullopt for NULL, which has no bytes
    if (!started || !heartbeat || !staleness || !live) return std::nullopt;
    auth::node_entry node{std::string(text_at(rows, row, 0)),
                          std::string(text_at(rows, row, 1)),
                          std::string(text_at(rows, row, 2)),
                          *started,
                          *heartbeat,
                          core::milliseconds(*staleness),
                          *live,
                          {}};
    if (lag) node.lag = core::milliseconds(*lag);
    return node;
}

class list_nodes final : public write_of<std::vector<auth::node_entry>> {
  public:
    using write_of::write_of;

    void seal() override { what = &statements::list_nodes; }
    void succeeded(const pg_result& rows) override {
        std::vector<auth::node_entry> nodes;
        for (int row = 0; row < PQntuples(&rows); ++row) {
            auto node = decode_node(rows, row);
            if (!node) return end(unreadable);
            nodes.push_back(std::move(*node));
        }
        end(std::move(nodes));
    }
};

} // namespace

std::unique_ptr<operator_write>
make_create_organization(auth::new_organization asked,
                         auth::lifecycle_store::completion<auth::organization> done) {
    return std::make_unique<create_organization>(std::move(asked), std::move(done));
}

std::unique_ptr<operator_write>
make_create_api_key(auth::new_api_key key,
                    auth::lifecycle_store::completion<core::real_time> done) {
    return std::make_unique<create_api_key>(std::move(key), std::move(done));
}

std::unique_ptr<operator_write>
make_revoke_api_key(auth::revocation_request asked, bool write_back,
                    auth::lifecycle_store::completion<auth::revoked_api_key> done) {
    return std::make_unique<revoke_api_key>(std::move(asked), write_back, std::move(done));
}

std::unique_ptr<operator_write>
make_list_nodes(auth::lifecycle_store::completion<std::vector<auth::node_entry>> done) {
    return std::make_unique<list_nodes>(std::move(done));
}

} // namespace latchkey::pg
