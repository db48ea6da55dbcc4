#include "changes.hpp"

#include <latchkey/core/json_text.hpp>
#include <latchkey/pg/wire.hpp>

#include <libpq-fe.h>

#include <optional>
#include <string_view>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

std::string_view text_at(const PGresult& r, int row, int column) {
    return {PQgetvalue(&r, row, column), static_cast<std::size_t>(PQgetlength(&r, row, column))};
}
std::string_view text_at(const PGresult& r, int column) {
    return text_at(r, 0, column);
}

parameter text(const std::string& value) {
    return {value.c_str(), 0, false};
}

// PostgreSQL's codes (appendix A of its manual) as kinds of failure.
failure failure_of(const query_failure& why, const std::string& conflict) {
    const std::string message(why.message);
    const auto state = why.sqlstate;
    if (state == "23505") return {failure_kind::conflict, conflict};
    if (state == "22P02" || state == "22021") // no uuid, no UTF-8
        return {failure_kind::invalid, "the database does not take the id: " + message};
    const bool transient = state.empty() || state.starts_with("08") || state.starts_with("53") ||
                           state.starts_with("57") || state.starts_with("40") || state == "55P03";
    if (transient) return {failure_kind::unavailable, "the database cannot do it now: " + message};
    return {failure_kind::internal, "the database refused the change: " + message + " (SQLSTATE " +
                                        std::string(state) + ")"};
}

const failure unreadable{failure_kind::internal, "the database's answer cannot be read"};

template <class T>
class change_of : public change {
  public:
    using completion = auth::lifecycle_store::completion<T>;
    explicit change_of(completion done) : done_(std::move(done)) {}

    void fail(const std::string& why) override {
        end(failure{failure_kind::unavailable, "the database cannot do it now: " + why});
    }

  protected:
    void end(core::result<T> outcome) {
        ended_ = true;
        done_(std::move(outcome));
    }

  private:
    completion done_;
};

class create_organization final : public change_of<auth::organization> {
  public:
    create_organization(auth::new_organization asked, completion done)
        : change_of(std::move(done)), asked_(std::move(asked)) {}

    void seal() override {
        what = &statements::create_organization;
        parameters = {text(*asked_.organization_id), text(asked_.name)};
    }
    void succeeded(const pg_result& rows) override {
        const auto at = PQntuples(&rows) == 1 ? decode_timestamptz(text_at(rows, 3)) : std::nullopt;
        if (!at) return end(unreadable);
        end(auth::organization{std::string(text_at(rows, 0)), std::string(text_at(rows, 1)),
                               std::string(text_at(rows, 2)), *at});
    }
    void failed(const query_failure& why) override {
        end(failure_of(why,
                       "there is an organization \"" + *asked_.organization_id + "\" already"));
    }

  private:
    auth::new_organization asked_;
};

class create_api_key final : public change_of<core::real_time> {
  public:
    create_api_key(auth::new_api_key key, completion done)
        : change_of(std::move(done)), key_(std::move(key)) {}

    void seal() override {
        what = &statements::create_api_key;
        scopes_ = text_array_literal(key_.scopes);
        networks_ = text_array_literal(key_.allowed_networks);
        if (key_.expires_at) {
            core::append_rfc3339(expires_at_, *key_.expires_at);
            std::erase(expires_at_, '"'); // a time, not JSON
        }
        parameters = {{reinterpret_cast<const char*>(key_.key_hash.data()),
                       static_cast<int>(key_.key_hash.size()), true},
                      text(key_.key_id),
                      text(key_.organization_id),
                      text(key_.name),
                      key_.external_id ? text(*key_.external_id) : parameter{},
                      text(scopes_),
                      text(key_.metadata),
                      text(networks_),
                      key_.expires_at ? text(expires_at_) : parameter{}};
    }
    void succeeded(const pg_result& rows) override {
        if (PQntuples(&rows) == 0)
            return end(failure{failure_kind::not_found,
                               "there is no organization \"" + key_.organization_id +
                                   "\"; make it first: latchkey org create"});
        const auto at = decode_timestamptz(text_at(rows, 0));
        if (!at) return end(unreadable);
        end(*at);
    }
    void failed(const query_failure& why) override {
        end(failure_of(why, "there is such a key already"));
    }

  private:
    auth::new_api_key key_;
    std::string scopes_;
    std::string networks_;
    std::string expires_at_;
};

class revoke_api_key final : public change_of<auth::revoked_api_key> {
  public:
    revoke_api_key(auth::revocation_request asked, completion done)
        : change_of(std::move(done)), asked_(std::move(asked)) {}

    void seal() override {
        what = &statements::revoke_api_key;
        parameters = {text(asked_.key_id), asked_.reason ? text(*asked_.reason) : parameter{}};
    }
    void succeeded(const pg_result& rows) override {
        if (PQntuples(&rows) == 0)
            return end(
                failure{failure_kind::not_found, "there is no key \"" + asked_.key_id + '"'});
        const auto hash = decode_fingerprint(text_at(rows, 0));
        const auto at = decode_timestamptz(text_at(rows, 3));
        if (!hash || !at) return end(unreadable);
        auth::revoked_api_key revoked{
            *hash, std::string(text_at(rows, 1)), std::string(text_at(rows, 2)), *at, {}};
        if (!PQgetisnull(&rows, 0, 4)) revoked.reason = std::string(text_at(rows, 4));
        end(std::move(revoked));
    }
    void failed(const query_failure& why) override {
        end(failure_of(why, "it conflicts with another change"));
    }

  private:
    auth::revocation_request asked_;
};

std::optional<auth::node_state> decode_node(const PGresult& rows, int row) {
    const auto started = decode_timestamptz(text_at(rows, row, 3));
    const auto heartbeat = decode_timestamptz(text_at(rows, row, 4));
    const auto staleness = decode_int8(text_at(rows, row, 5));
    const auto live = decode_bool(text_at(rows, row, 6));
    const auto lag = decode_int8(text_at(rows, row, 7)); // NULL has no bytes
    if (!started || !heartbeat || !staleness || !live) return std::nullopt;
    auth::node_state node{std::string(text_at(rows, row, 0)),
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

class list_nodes final : public change_of<std::vector<auth::node_state>> {
  public:
    using change_of::change_of;

    void seal() override { what = &statements::list_nodes; }
    void succeeded(const pg_result& rows) override {
        std::vector<auth::node_state> nodes;
        for (int row = 0; row < PQntuples(&rows); ++row) {
            auto node = decode_node(rows, row);
            if (!node) return end(unreadable);
            nodes.push_back(std::move(*node));
        }
        end(std::move(nodes));
    }
    void failed(const query_failure& why) override {
        end(failure_of(why, "it conflicts with another change"));
    }
};

} // namespace

std::unique_ptr<change>
make_create_organization(auth::new_organization asked,
                         auth::lifecycle_store::completion<auth::organization> done) {
    return std::make_unique<create_organization>(std::move(asked), std::move(done));
}

std::unique_ptr<change>
make_create_api_key(auth::new_api_key key,
                    auth::lifecycle_store::completion<core::real_time> done) {
    return std::make_unique<create_api_key>(std::move(key), std::move(done));
}

std::unique_ptr<change>
make_revoke_api_key(auth::revocation_request asked,
                    auth::lifecycle_store::completion<auth::revoked_api_key> done) {
    return std::make_unique<revoke_api_key>(std::move(asked), std::move(done));
}

std::unique_ptr<change>
make_list_nodes(auth::lifecycle_store::completion<std::vector<auth::node_state>> done) {
    return std::make_unique<list_nodes>(std::move(done));
}

} // namespace latchkey::pg
