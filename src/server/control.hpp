#pragma once
// The control thread: accepts connections for the workers, answers the admin socket, and takes the
// process from start to a bounded end.

#include <latchkey/auth/beliefs.hpp>
#include <latchkey/auth/change_applier.hpp>
#include <latchkey/auth/scrypt_pool.hpp>
#include <latchkey/auth/signing_key_keeper.hpp>
#include <latchkey/auth/use_flush.hpp>
#include <latchkey/http/admin_api.hpp>
#include <latchkey/http/readiness_pump.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/pg/change_feed.hpp>
#include <latchkey/pg/lifecycle.hpp>
#include <latchkey/pg/use_writer.hpp>
#include <latchkey/server/configuration.hpp>
#include <latchkey/server/exporter.hpp>
#include <latchkey/server/issuers.hpp>
#include <latchkey/server/listener.hpp>
#include <latchkey/server/log_writer.hpp>
#include <latchkey/server/worker.hpp>

#include "issuer_keys.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace latchkey::server {

/// Lives on the thread that calls `run`.
class control {
  public:
    /// `read_issuers` is called on SIGHUP.
    control(const configuration&, log_writer&, auth::key_encryption_key,
            issuer_reader read_issuers);
    ~control();

    /// From now on these issuers count. Before `start`, or on the thread of `run`.
    void trust(const loaded_issuers&);
    /// Opens the listeners, then starts the workers.
    core::result<void> start();
    /// Until SIGTERM or SIGINT, and the drain.
    void run();

  private:
    void make_workers();
    void make_tokens(auth::key_encryption_key);
    void do_elsewhere(std::function<void()> work, std::function<void()> then);
    void make_key_pair(crypto::jws_algorithm, auth::signing_key_keeper::pair_made);
    void adopt_public(int fd);
    void adopt_admin(int fd);
    void await_signal();
    void await_hangup();
    void reload();
    void tick();
    void drain();
    bool drained() const;
    bool may_end(core::steady_time now);
    void collect(core::metric_sink&) const;

    const configuration& settings_;
    log_writer& log_;
    issuer_reader read_issuers_;
    exporter exporter_;
    std::size_t admin_connections_ = 0;
    // Connections that are still open end with their service, and need these until then.
    std::unique_ptr<auth::change_applier> applier_;
    std::unique_ptr<http::admin_api> admin_;
    std::unique_ptr<http::service> admin_service_;
    boost::asio::io_context loop_; // outlives the workers, who send to its mailbox
    std::unique_ptr<http::readiness_pump> admin_pump_;
    std::unique_ptr<auth::beliefs> beliefs_;
    core::mailbox box_;
    std::unique_ptr<auth::issuer_directory> issuers_;
    std::unique_ptr<issuer_keys> issuer_keys_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::unique_ptr<auth::scrypt_pool> passwords_; ///< sends to the workers' mailboxes
    std::vector<std::size_t> loads_;
    std::size_t last_worker_ = 0;

    pg::lifecycle lifecycle_;
    std::unique_ptr<auth::signing_key_keeper> keeper_;
    pg::use_writer use_writer_;
    std::unique_ptr<auth::use_flush> use_flush_;
    boost::asio::thread_pool slow_work_{1}; ///< what would hold the loop up
    std::unique_ptr<pg::change_feed> feed_;
    boost::asio::signal_set signals_;
    boost::asio::signal_set hangups_;
    boost::asio::steady_timer timer_;
    std::unique_ptr<listener> public_listener_;
    std::unique_ptr<listener> admin_listener_;
    core::steady_time sampled_at_{};
    core::steady_time pruned_at_{};
    core::steady_time drain_ends_{};
    bool draining_ = false;
};

} // namespace latchkey::server
