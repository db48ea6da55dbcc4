#pragma once
// Keeps what the TLS listener shows up to date: looks at its files each second, reads them when
// they have changed, and changes the ticket keys. What cannot be used changes nothing.

#include "server/process/tls_files.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/net/tls/tls_context.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace latchkey::server {

/// Lives on the control thread; the files are looked at elsewhere.
class certificate_keeper {
  public:
    struct surroundings {
        net::tls_configuration settings;
        /// Runs the first on another thread, then the second on this one.
        std::function<void(std::function<void()>, std::function<void()>)> do_elsewhere;
        /// Handshakes that begin from now on are by this.
        std::function<void(const std::shared_ptr<const net::tls_context>&)> publish;
        /// Of the files that were read, those with secrets that every user may open.
        std::function<void(const std::vector<exposed_file>&)> expose;
        core::logger& log;
    };
    /// Publishes what was loaded; it has credentials. Throws when it cannot.
    certificate_keeper(surroundings, loaded_tls first);

    /// Each second.
    void tick(core::steady_time now, core::real_time real);
    /// Reads the files at the next tick, changed or not.
    void reload() noexcept { forced_ = true; }
    /// Any thread.
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
    std::atomic<std::int64_t> not_after_s_{0}; ///< of it, for those who read metrics
    tls_stamps tried_;                         ///< of the files that were read last, good or bad
    net::tls_ticket_keys tickets_;
    std::optional<core::steady_time> tickets_since_;
    /// What was refused is read again then: it may become good as it is.
    std::optional<core::steady_time> again_at_;
    std::string refusal_; ///< that was told
    bool looking_ = false;
    bool forced_ = false;
    core::counter loaded_;
    core::counter refused_;
};

} // namespace latchkey::server
