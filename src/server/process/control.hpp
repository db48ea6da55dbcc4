#pragma once
// The control thread: accepts connections for the workers, answers the admin socket, polls the feed
// of changes, and runs the process from its start to a bounded end.

#include "server/doctor/findings_watch.hpp"
#include "server/process/admin_server.hpp"
#include "server/process/certificate_keeper.hpp"
#include "server/process/connection_gate.hpp"
#include "server/process/exporter.hpp"
#include "server/process/exposure_watch.hpp"
#include "server/process/issuer_jwks.hpp"
#include "server/process/issuers.hpp"
#include "server/process/log_writer.hpp"
#include "server/process/node_watch.hpp"
#include "server/process/passed_sockets.hpp"
#include "server/process/readiness.hpp"
#include "server/process/reloader.hpp"
#include "server/process/remote_admin.hpp"
#include "server/process/revocation_keeper.hpp"
#include "server/process/slow_worker.hpp"
#include "server/process/span_exporter.hpp"
#include "server/process/supervision.hpp"
#include "server/process/worker.hpp"
#include "server/settings/configuration.hpp"
#include "server/settings/loaded_configuration.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/rate_limits.hpp>
#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/device/scrypt_pool.hpp>
#include <latchkey/auth/revocation/self_revocation.hpp>
#include <latchkey/auth/token/signing_key_keeper.hpp>
#include <latchkey/auth/usage/use_flush.hpp>
#include <latchkey/core/flow/circuit_breaker.hpp>
#include <latchkey/pg/feed/change_feed.hpp>
#include <latchkey/pg/writes/lease_writer.hpp>
#include <latchkey/pg/writes/lifecycle.hpp>
#include <latchkey/pg/writes/operator_answers.hpp>
#include <latchkey/pg/writes/use_writer.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
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
    core::lease_keeper::settings lease_settings() const;
    core::lease_keeper::settings credit_settings() const;
    void make_workers();
    void make_tokens(auth::key_encryption_key);
    void make_key_pair(crypto::jws_algorithm, auth::signing_key_keeper::pair_made);
    void make_admin();
    void configure_admin_callers();
    void make_reloader(configuration_reader);
    void secure(loaded_tls);
    void secure_workers(const std::shared_ptr<const net::tls_context>&);
    void trust(const loaded_issuers&);
    core::result<reload_report> apply(loaded_configuration);
    void await_signal();
    void await_hangup();
    void tick();
    void look_each_second(core::steady_time at, const core::moment&);
    void look_at_readiness(core::steady_time at);
    void bound_waits();
    void tell_exposures();
    examination begin_examination() const;
    void drain();
    bool draining() const noexcept { return drain_ends_.has_value(); }
    bool drained() const;
    void leave();
    bool may_end(core::steady_time now);
    void collect(core::metric_sink&) const;

    configuration settings_; ///< in use; the workers have copies of it
    log_writer& log_;
    exporter exporter_;
    exposure_watch exposures_;
    boost::asio::io_context loop_;         // outlives the workers, which send to its mailbox
    span_exporter spans_;                  // outlives all who record spans
    std::unique_ptr<core::tracer> tracer_; ///< of the control thread
    // Operators' connections end with their servers, and need the next three until then.
    std::unique_ptr<auth::change_applier> applier_;
    std::unique_ptr<api::admin_callers> admin_callers_;
    std::unique_ptr<api::admin_api> admin_;
    std::unique_ptr<admin_server> admin_server_;
    std::unique_ptr<remote_admin> remote_admin_;
    std::unique_ptr<auth::node_state> node_;
    revocation_keeper revocations_;
    node_watch watch_;
    core::mailbox box_;
    core::circuit_breaker breaker_; ///< shared by the workers' look-ups
    pg::identity_fence fence_;      ///< admits only the database that the feed reads
    std::unique_ptr<auth::issuer_directory> issuers_;
    std::unique_ptr<auth::self_revocation_desk> endings_;
    std::unique_ptr<issuer_jwks> issuer_jwks_;
    core::rate_limiter rate_table_; ///< counts of all rate policies
    pg::lease_writer lease_writer_;
    std::unique_ptr<auth::fleet_limits> fleet_; ///< limits that hold for all nodes
    pg::lease_writer credit_writer_;
    std::unique_ptr<auth::fleet_limits> credits_; ///< what keys and owners may spend
    std::unique_ptr<api::rate_limits> limits_;
    std::unique_ptr<connection_gate> gate_; ///< outlives the connections, which it counts
    std::vector<std::unique_ptr<worker>> workers_;
    std::unique_ptr<auth::scrypt_pool> passwords_; ///< sends to the workers' mailboxes

    pg::lifecycle lifecycle_;
    pg::operator_answers answers_;
    std::unique_ptr<auth::signing_key_keeper> keeper_;
    pg::use_writer use_writer_;
    std::unique_ptr<auth::use_flush> use_flush_;
    slow_worker slow_work_;
    std::string kek_id_; ///< of the key-encryption key; empty: there is none
    std::unique_ptr<findings_watch> findings_;
    std::unique_ptr<certificate_keeper> certificates_;
    std::unique_ptr<auth::remembered_revocations> remembered_;
    std::unique_ptr<pg::change_feed> feed_;
    boost::asio::signal_set signals_;
    boost::asio::signal_set hangups_;
    boost::asio::steady_timer timer_;
    std::unique_ptr<reloader> reloader_;
    supervision manager_;
    readiness readiness_;
    core::steady_time looked_at_{};
    std::optional<core::steady_time> started_at_;
    bool was_ready_ = false;
    bool is_news_ = false; ///< a reload may have changed what examinations find
    std::optional<core::steady_time> drain_ends_; ///< set while the server drains
};

} // namespace latchkey::server
