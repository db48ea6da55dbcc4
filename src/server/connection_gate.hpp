#pragma once
// The public listener's connections, from accept to the worker that serves them.

#include <latchkey/auth/network.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/server/address_counts.hpp>
#include <latchkey/server/configuration.hpp>
#include <latchkey/server/listener.hpp>
#include <latchkey/server/worker.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// Each connection goes to the worker that has the fewest, unless it is one too many. Lives on the
/// control thread.
class connection_gate {
  public:
    connection_gate(std::span<const std::unique_ptr<worker>>, bool speaks_tls, core::logger&);

    void configure(const configuration&);
    /// Binds, or takes what was passed; accepts nothing yet. The failure says what to do about it.
    core::result<void> listen(boost::asio::io_context&, const std::string& address,
                              std::vector<passed_socket> passed);
    /// Begins to accept; further calls do nothing.
    void open();
    void close();
    /// Where it listens, separated by commas.
    std::string addresses() const;
    void collect(core::metric_sink&) const;

  private:
    void adopt(int fd);
    void turn_away(int fd, std::string_view why) const;
    address_counts::place* place_for(int fd, bool& refused);

    const std::span<const std::unique_ptr<worker>> workers_;
    const bool speaks_tls_;
    core::logger& log_;
    std::vector<std::unique_ptr<listener>> listeners_;
    bool open_ = false;
    std::vector<std::size_t> loads_;
    std::size_t last_worker_;
    std::size_t in_all_max_ = 0;
    std::size_t by_address_max_ = 0;
    address_counts by_address_;
    std::vector<auth::network> unlimited_; ///< addresses that may have any number of connections
    core::counter refused_in_all_;
    core::counter refused_by_address_;
    core::counter without_descriptor_;
};

} // namespace latchkey::server
