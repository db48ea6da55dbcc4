#pragma once
// Runs pg::store on an event loop of its own, and asks it questions.

#include <latchkey/crypto/digest.hpp>
#include <latchkey/pg/lookup/store.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace latchkey::test {

/// The keys of `fill_with_keys`: the hash of number n, and the key_id for a hash.
inline core::fingerprint key_number(std::size_t n) {
    return crypto::sha256("key-" + std::to_string(n));
}
inline std::string key_id_of(const core::fingerprint& key) {
    return "key_" + crypto::to_hex(key).substr(0, 24);
}
/// Makes the organization and its keys from 1 to `count`.
inline std::string fill_with_keys(std::size_t count, const std::string& organization = "acme") {
    return "insert into public.organizations (organization_id, name) values ('" + organization +
           "', 'Acme');"
           "insert into latchkey.api_keys (key_hash, key_id, organization_id)"
           " select hash, 'key_' || left(encode(hash, 'hex'), 24), '" +
           organization +
           "' from (select sha256(('key-' || n)::bytea) as hash"
           " from generate_series(1, " +
           std::to_string(count) + ") n) as hashes";
}

/// The look-up key of a device with this id.
inline core::fingerprint device_key(const std::string& id) {
    return crypto::sha256(id);
}

template <class Record>
struct question_of final : auth::lookup<Record> {
    bool complete_called = false;
    std::function<void(question_of&)> then;

    explicit question_of(const core::fingerprint& asked) { this->key = asked; }
    void complete() noexcept override {
        complete_called = true;
        if (then) then(*this);
    }
    /// "found", "absent", or the reason why it is not decided.
    std::string outcome() const {
        if (!complete_called) return "not told";
        if (this->status == auth::lookup_status::unavailable) return this->reason;
        return this->status == auth::lookup_status::found ? "found" : "absent";
    }
};
using question = question_of<auth::api_key_record>;
using device_question = question_of<auth::device_record>;

class recording_logger final : public core::logger {
  public:
    std::string text;

  private:
    void write(core::log_level, std::string_view message,
               std::span<const core::log_field> values) noexcept override {
        text += message;
        for (const auto& f : values)
            if (const auto* value = std::get_if<std::string_view>(&f.value))
                text += " " + std::string(*value);
        text += '\n';
    }
};

class running_store {
  public:
    explicit running_store(pg::configuration c, pg::pool_share share = {2, 0},
                           auth::legacy_device_secret legacy = auth::legacy_device_secret::unset,
                           const core::breaker_configuration& breaking = {.enabled = false},
                           pg::identity_fence* fence = nullptr)
        : settings(std::move(c)),
          breaker(breaking),
          store(loop, settings, share, breaker, log, 42, legacy, fence) {
        store.start();
    }
    ~running_store() {
        store.stop();
        loop.run_for(core::milliseconds(10));
    }

    /// Runs the loop until the condition holds; throws after 30 s.
    template <class Condition>
    void run_until(Condition condition) {
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(30);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > give_up)
                throw std::runtime_error("waited in vain; the log: " + log.text);
            loop.run_one_for(core::milliseconds(50));
        }
    }
    void wait_until_reachable() {
        run_until([&] { return store.status().reachable; });
    }
    std::string ask(const core::fingerprint& key) {
        question q(key);
        store.find_api_key(q);
        run_until([&] { return q.complete_called; });
        return q.outcome();
    }
    std::shared_ptr<const auth::api_key_record> record_of(const core::fingerprint& key) {
        question q(key);
        store.find_api_key(q);
        run_until([&] { return q.complete_called; });
        return q.record;
    }
    /// Returns null if the device is not found; throws if that is not decided.
    std::shared_ptr<const auth::device_record> device(const std::string& id) {
        device_question q(device_key(id));
        store.find_device(q);
        run_until([&] { return q.complete_called; });
        if (q.status == auth::lookup_status::unavailable) throw std::runtime_error(q.outcome());
        return q.record;
    }

    pg::configuration settings;
    recording_logger log;
    boost::asio::io_context loop{1};
    core::circuit_breaker breaker;
    pg::store store;
};

} // namespace latchkey::test
