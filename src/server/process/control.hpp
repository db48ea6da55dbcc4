#pragma once
// The control thread: accepts connections for the workers, answers the admin socket, polls the feed
// of changes, and runs the process from its start to a bounded end.

#include "server/process/cached_answers.hpp"
#include "server/process/certificate_keeper.hpp"
#include "server/process/connection_gate.hpp"
#include "server/process/exporter.hpp"
#include "server/process/issuer_jwks.hpp"
#include "server/process/issuers.hpp"
#include "server/process/listener.hpp"
#include "server/process/log_writer.hpp"
#include "server/process/passed_sockets.hpp"
#include "server/process/reloader.hpp"
#include "server/process/service_manager.hpp"
#include "server/process/worker.hpp"
#include "server/settings/configuration.hpp"
#include "server/settings/loaded_configuration.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/rate_limits.hpp>
#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/device/scrypt_pool.hpp>
#include <latchkey/auth/token/signing_key_keeper.hpp>
#include <latchkey/auth/usage/use_flush.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>
#include <latchkey/core/set_back_watch.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/net/epoll_pump.hpp>
#include <latchkey/pg/feed/change_feed.hpp>
#include <latchkey/pg/writes/lifecycle.hpp>
#include <latchkey/pg/writes/use_writer.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace latchkey::server {

/// Lives on the thread that calls `run`.
class control {
  public:
    /// `read` is called for each reload, on another thread.
    control(loaded_configuration, log_writer&, configuration_reader read);
    ~control();

    /// Opens the listeners, or takes the passed ones, then starts the workers.
    core::result<void> start(passed_sockets);
    /// Runs until SIGTERM or SIGINT and the end of the drain.
    void run();

  private:
    void make_workers();
    void make_tokens(auth::key_encryption_key);
    void do_elsewhere(std::function<void()> work, std::function<void()> then);
    void secure(loaded_tls);
    void secure_workers(const std::shared_ptr<const net::tls_context>&);
    void make_key_pair(crypto::jws_algorithm, auth::signing_key_keeper::pair_made);
    void adopt_admin(int fd);
    void await_signal();
    void await_hangup();
    void make_reloader(configuration_reader);
    core::result<reload_report> apply(loaded_configuration);
    void trust(const loaded_issuers&);
    void tell_exposures();
    /// Replaces the exposed files of the settings whose names begin with `settings`.
    void expose(std::string_view settings, const std::vector<exposed_file>&);
    core::result<void> listen(passed_sockets);
    void tick();
    void sample(core::steady_time at, const core::moment&);
    void look_at_clock();
    void tell_cached_answers(const core::moment&);
    void look_at_revocations(const core::moment&);
    std::string details() const;
    void prune_revocations(const core::moment&);
    void look_at_condition();
    void drain();
    bool drained() const;
    bool may_end(core::steady_time now);
    void collect(core::metric_sink&) const;

    std::vector<exposed_file> exposed_; ///< files of the configuration in use
    configuration settings_;            ///< in use; the workers have copies of it
    log_writer& log_;
    exporter exporter_;
    std::size_t admin_connections_ = 0;
    // Open connections end with their service, and need the next members until then.
    std::unique_ptr<auth::change_applier> applier_;
    std::unique_ptr<api::admin_api> admin_;
    std::unique_ptr<http::service> admin_service_;
    boost::asio::io_context loop_; // outlives the workers, which send to its mailbox
    std::unique_ptr<net::epoll_pump> admin_pump_;
    std::unique_ptr<auth::node_state> node_;
    core::mailbox box_;
    core::circuit_breaker breaker_; ///< shared by the workers' look-ups
    pg::identity_fence fence_;      ///< admits only the database that the feed reads
    std::unique_ptr<auth::issuer_directory> issuers_;
    std::unique_ptr<issuer_jwks> issuer_jwks_;
    core::rate_limiter rate_table_; ///< counts of all rate policies
    std::unique_ptr<api::rate_limits> limits_;
    std::unique_ptr<connection_gate> gate_; ///< outlives the connections, which it counts
    std::vector<std::unique_ptr<worker>> workers_;
    std::unique_ptr<auth::scrypt_pool> passwords_; ///< sends to the workers' mailboxes

    pg::lifecycle lifecycle_;
    std::unique_ptr<auth::signing_key_keeper> keeper_;
    pg::use_writer use_writer_;
    std::unique_ptr<auth::use_flush> use_flush_;
    boost::asio::thread_pool slow_work_{1}; ///< for work that would block the loop
    std::unique_ptr<certificate_keeper> certificates_;
    std::unique_ptr<pg::change_feed> feed_;
    bool start_over_ = false; ///< the feed shall read everything again
    boost::asio::signal_set signals_;
    boost::asio::signal_set hangups_;
    boost::asio::steady_timer timer_;
    std::unique_ptr<reloader> reloader_;
    service_manager manager_;
    service_notice notice_;
    std::vector<core::steady_time> turns_; ///< last turns of the workers' loops
    std::unique_ptr<listener> admin_listener_;
    core::set_back_watch clock_watch_;
    cached_answers_watch cached_answers_;
    bool revocations_are_whole_ = true; ///< as was logged last
    core::steady_time sampled_at_{};
    core::steady_time pruned_at_{};
    core::steady_time drain_ends_{};
    core::steady_time accepts_at_{}; ///< accepts then, ready or not
    std::string condition_;          ///< why the server is not ready; empty: it is
    bool ready_ = false;
    bool draining_ = false;
};

} // namespace latchkey::server
