#pragma once
// Runs pg::lifecycle on an event loop of its own, and waits for each write.

#include "../support/by_nobody.hpp"
#include "../support/run_task.hpp"
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
        return wait(lifecycle_.create_organization(std::move(asked), by_nobody()));
    }
    core::result<core::real_time> create(auth::new_api_key asked) {
        return wait(lifecycle_.create_api_key(std::move(asked), by_nobody()));
    }
    core::result<auth::revoked_api_key> revoke(const std::string& key_id,
                                               std::optional<std::string> reason = {}) {
        return wait(lifecycle_.revoke_api_key({key_id, std::move(reason)}, by_nobody()));
    }
    core::result<auth::stored_revocation> create(auth::revocation asked,
                                                 std::optional<std::string> reason = {}) {
        return wait(lifecycle_.create_revocation(std::move(asked), std::move(reason), by_nobody()));
    }
    core::result<std::vector<auth::stored_revocation>> revocations(auth::revocation_page page) {
        return wait(lifecycle_.list_revocations(std::move(page)));
    }
    core::result<auth::found_page<auth::stored_revocation>>
    own_revocations(auth::revocation_page page, auth::revocation_reach reach) {
        return wait(lifecycle_.list_own_revocations(std::move(page), std::move(reach)));
    }
    core::result<auth::stored_revocation>
    withdraw(const std::string& id, std::optional<auth::revocation_reach> only = {}) {
        return wait(lifecycle_.delete_revocation(id, std::move(only), by_nobody()));
    }
    core::result<std::vector<auth::signing_key>> signing_keys() {
        return wait(lifecycle_.list_signing_keys());
    }
    core::result<std::vector<auth::node_entry>> nodes() { return wait(lifecycle_.list_nodes()); }
    /// As a reload does.
    void set_uri(crypto::secret uri) {
        settings_.uri = std::move(uri);
        lifecycle_.heed_settings();
    }
    /// Runs the loop until the condition holds; throws after 30 s.
    template <class Condition>
    void run_until(Condition condition) {
        const auto give_up = std::chrono::steady_clock::now() + core::seconds(30);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > give_up)
                throw std::runtime_error("waited in vain");
            loop_.restart();
            loop_.run_one_for(core::milliseconds(50));
        }
    }
    /// For calls without a function here: `begin` gets the stores and returns the operation.
    template <class Begin>
    auto ask(Begin begin) {
        return wait(begin(lifecycle_));
    }

  private:
    template <class T>
    T wait(core::task<T> operation) {
        std::optional<T> outcome;
        when_done(std::move(operation), [&](T r) { outcome = std::move(r); });
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
