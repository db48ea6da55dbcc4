#pragma once
// Runs pg::lifecycle on an event loop of its own, and waits for each write.

#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace latchkey::test {

class changing {
  public:
    std::function<void()> while_waiting; ///< called repeatedly until a write is done

    explicit changing(pg::configuration c)
        : settings_(std::move(c)), lifecycle_(loop_, settings_, log_) {}
    ~changing() {
        lifecycle_.stop();
        loop_.run_for(core::milliseconds(10));
    }

    core::result<auth::organization> create(auth::new_organization asked) {
        return wait<auth::organization>(
            [&](auto done) { lifecycle_.create_organization(std::move(asked), std::move(done)); });
    }
    core::result<core::real_time> create(auth::new_api_key asked) {
        return wait<core::real_time>(
            [&](auto done) { lifecycle_.create_api_key(std::move(asked), std::move(done)); });
    }
    core::result<auth::revoked_api_key> revoke(const std::string& key_id,
                                               std::optional<std::string> reason = {}) {
        return wait<auth::revoked_api_key>([&](auto done) {
            lifecycle_.revoke_api_key({key_id, std::move(reason)}, std::move(done));
        });
    }
    core::result<auth::stored_revocation> create(auth::revocation asked,
                                                 std::optional<std::string> reason = {}) {
        return wait<auth::stored_revocation>([&](auto done) {
            lifecycle_.create_revocation(std::move(asked), std::move(reason), std::move(done));
        });
    }
    core::result<std::vector<auth::stored_revocation>> revocations(auth::revocation_page page) {
        return wait<std::vector<auth::stored_revocation>>(
            [&](auto done) { lifecycle_.list_revocations(std::move(page), std::move(done)); });
    }
    core::result<auth::stored_revocation> withdraw(const std::string& id) {
        return wait<auth::stored_revocation>(
            [&](auto done) { lifecycle_.delete_revocation(id, std::move(done)); });
    }
    /// For the steps of signing keys: `start` gets the store and the completion to call.
    core::result<bool>
    step(const std::function<void(auth::signing_key_store&,
                                  std::function<void(core::result<bool>)>)>& start) {
        return wait<bool>([&](auto done) { start(lifecycle_, std::move(done)); });
    }
    core::result<std::vector<auth::signing_key>> signing_keys() {
        return wait<std::vector<auth::signing_key>>(
            [&](auto done) { lifecycle_.list_signing_keys(std::move(done)); });
    }
    core::result<std::vector<auth::node_entry>> nodes() {
        return wait<std::vector<auth::node_entry>>(
            [&](auto done) { lifecycle_.list_nodes(std::move(done)); });
    }
    /// For calls without a function here: `start` gets the store and the completion to call.
    template <class T>
    core::result<T>
    devices(const std::function<void(auth::device_store&, std::function<void(core::result<T>)>)>&
                start) {
        return wait<T>([&](auto done) { start(lifecycle_, std::move(done)); });
    }

    template <class T>
    core::result<T> find(const std::function<void(auth::revocation_store&,
                                                  std::function<void(core::result<T>)>)>& start) {
        return wait<T>([&](auto done) { start(lifecycle_, std::move(done)); });
    }

  private:
    template <class T, class Start>
    core::result<T> wait(Start start) {
        std::optional<core::result<T>> outcome;
        start([&](core::result<T> r) { outcome = std::move(r); });
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(30);
        while (!outcome) {
            if (std::chrono::steady_clock::now() > give_up)
                throw std::runtime_error("no change within 30 s");
            if (while_waiting) while_waiting();
            loop_.restart();
            loop_.run_one_for(core::milliseconds(50));
        }
        return *outcome;
    }

    pg::configuration settings_;
    recording_logger log_;
    boost::asio::io_context loop_{1};
    pg::lifecycle lifecycle_;
};

} // namespace latchkey::test
