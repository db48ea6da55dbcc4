#include "pg/writes/signing_key_writes.hpp"

#include "pg/connection/wire.hpp"
#include "pg/lookup/token_rows.hpp"
#include "pg/writes/token_statements.hpp"
#include "pg/writes/write_of.hpp"

namespace latchkey::pg {

namespace {

class list_signing_keys final : public write_of<std::vector<auth::signing_key>> {
  public:
    using write_of::write_of;

    void seal() override { what = &statements::list_signing_keys; }
    void succeeded(const pg_result& rows) override {
        auto keys = decode_signing_key_rows(rows);
        if (!keys) return end(unreadable);
        end(std::move(*keys));
    }
};

// The answer is one boolean.
class signing_step : public write_of<bool> {
  public:
    using write_of::write_of;

    void succeeded(const pg_result& rows) final {
        const auto done = PQntuples(&rows) == 1 ? decode_bool(text_at(rows, 0, 0)) : std::nullopt;
        if (!done) return end(unreadable);
        end(*done);
    }
};

// A step that adds a signing key.
class keyed_step : public signing_step {
  public:
    keyed_step(auth::new_signing_key key, completion done)
        : signing_step(std::move(done)), key_(std::move(key)) {}

    void failed(const query_failure& why) final {
        end(failure_of(why, "there is a signing key \"" + key_.key_id + "\" already"));
    }

  protected:
    std::vector<parameter> key_parameters() {
        algorithm_ = crypto::traits_of(key_.algorithm).name;
        return {text(key_.key_id), text(algorithm_),
                key_.public_jwk.empty() ? parameter{} : text(key_.public_jwk), bytes(key_.sealed),
                text(key_.kek_id)};
    }

  private:
    auth::new_signing_key key_;
    std::string algorithm_;
};

class add_signing_key final : public keyed_step {
  public:
    add_signing_key(auth::new_signing_key key, std::optional<core::real_time> activates_at,
                    completion done)
        : keyed_step(std::move(key), std::move(done)),
          is_first_(activates_at ? "false" : "true"),
          activates_at_(timestamp_of(activates_at)) {}

    void seal() override {
        what = &statements::add_signing_key;
        parameters = key_parameters();
        parameters.push_back(text(is_first_));
        parameters.push_back(text(activates_at_));
    }

  private:
    std::string is_first_;
    std::optional<std::string> activates_at_;
};

class rotate_signing_key final : public keyed_step {
  public:
    rotate_signing_key(auth::new_signing_key key, bool at_once, core::seconds publish_ahead,
                       completion done)
        : keyed_step(std::move(key), std::move(done)),
          at_once_(at_once ? "true" : "false"),
          publish_ahead_(seconds_text(publish_ahead)) {}

    void seal() override {
        what = &statements::rotate_signing_key;
        parameters = key_parameters();
        parameters.push_back(text(at_once_));
        parameters.push_back(text(publish_ahead_));
    }

  private:
    std::string at_once_;
    std::string publish_ahead_;
};

// A step of an existing signing key.
class timed_step final : public signing_step {
  public:
    timed_step(const statement& s, std::string key_id, core::seconds time, completion done)
        : signing_step(std::move(done)),
          statement_(s),
          key_id_(std::move(key_id)),
          time_(seconds_text(time)) {}

    void seal() override {
        what = &statement_;
        parameters = {text(key_id_), text(time_)};
    }

  private:
    const statement& statement_;
    std::string key_id_;
    std::string time_;
};

} // namespace

std::unique_ptr<operator_write>
make_list_signing_keys(auth::signing_key_store::completion<std::vector<auth::signing_key>> done) {
    return std::make_unique<list_signing_keys>(std::move(done));
}

std::unique_ptr<operator_write> make_add_signing_key(auth::new_signing_key key,
                                                     std::optional<core::real_time> activates_at,
                                                     signing_step_done done) {
    return std::make_unique<add_signing_key>(std::move(key), activates_at, std::move(done));
}

std::unique_ptr<operator_write>
make_promote_signing_key(std::string key_id, core::seconds publish_ahead, signing_step_done done) {
    return std::make_unique<timed_step>(statements::promote_signing_key, std::move(key_id),
                                        publish_ahead, std::move(done));
}

std::unique_ptr<operator_write>
make_retire_signing_key(std::string key_id, core::seconds retire_after, signing_step_done done) {
    return std::make_unique<timed_step>(statements::retire_signing_key, std::move(key_id),
                                        retire_after, std::move(done));
}

std::unique_ptr<operator_write> make_rotate_signing_key(auth::new_signing_key key, bool at_once,
                                                        core::seconds publish_ahead,
                                                        signing_step_done done) {
    return std::make_unique<rotate_signing_key>(std::move(key), at_once, publish_ahead,
                                                std::move(done));
}

} // namespace latchkey::pg
