#pragma once
// Fetches documents over HTTPS on its own loop and thread, because resolving a name may take long
// and delays all other look-ups of names on the same loop.

#include <latchkey/core/result.hpp>
#include <latchkey/net/https/https_client.hpp>
#include <latchkey/net/tls/tls_trust.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>

namespace latchkey::server {

/// Must be made, used and destroyed on one thread, the one of the loop `back`.
class https_fetcher {
  public:
    using completion = std::function<void(core::result<net::https_answer>)>;

    explicit https_fetcher(boost::asio::io_context& back);
    ~https_fetcher(); ///< drops the fetches under way

    /// The completion runs once, on `back`, unless the fetcher has been destroyed by then.
    void get(net::tls_trust, net::https_request, completion);

  private:
    void start();

    boost::asio::io_context& back_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::thread thread_; ///< started with the first fetch

    // --- used on its own thread only ---
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, std::unique_ptr<net::https_get>> under_way_;
};

} // namespace latchkey::server
