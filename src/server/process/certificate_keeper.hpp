#pragma once
// Keeps the certificate of the TLS listener up to date: checks its files each second, reads them if
// they have changed, and replaces the ticket keys. Files that cannot be used change nothing.

#include "server/process/tls_files.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/slow_work.hpp>
#include <latchkey/net/tls/tls_context.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace latchkey::server {

/// Lives on the control thread; files are read on another thread.
class certificate_keeper {
  public:
    struct surroundings {
        net::tls_configuration settings;
        core::slow_work do_elsewhere;
        /// Makes handshakes that begin from now on use this context.
        std::function<void(const std::shared_ptr<const net::tls_context>&)> publish;
        /// Takes the files with secrets, of those that were read, that every user may open.
        std::function<void(const std::vector<exposed_file>&)> expose;
        core::logger& log;
    };
    /// Publishes `first`, which must have credentials. Throws if it cannot.
    certificate_keeper(surroundings, loaded_tls first);

    /// To be called each second.
    void tick(core::steady_time now, core::real_time real);
    /// Makes the next tick read the files, changed or not.
    void reload() noexcept { forced_ = true; }
    /// Members of the details, as JSON that begins with a comma.
    std::string details() const;

    // --- any thread ---
    /// When the certificate that is shown ends.
    core::real_time ends() const noexcept {
        return core::real_time(core::seconds(not_after_s_.load(std::memory_order_relaxed)));
    }
    void collect(core::metric_sink&) const;

  private:
    struct look;
    void look_at_files(core::steady_time now, core::real_time real);
    void take(look&);
    void refuse(const std::string& reason, core::steady_time now);
    bool change_tickets();
    void tell_end();
    bool publish(const net::tls_credentials&);

    const surroundings around_;
    loaded_tls shown_;
    std::atomic<std::int64_t> not_after_s_{0}; ///< end of the certificate, for metrics
    tls_stamps tried_;                         ///< of the files that were read last, good or bad
    net::tls_ticket_keys tickets_;
    std::optional<core::steady_time> tickets_since_;
    /// When refused files are read again: they may become valid without a change.
    std::optional<core::steady_time> again_at_;
    std::string refusal_; ///< the reason that was logged last
    bool looking_ = false;
    bool forced_ = false;
    core::counter loaded_;
    core::counter refused_;
};

} // namespace latchkey::server
