#pragma once
// Fetches documents over HTTPS on a loop and a thread of its own: resolving a name may take long
// and holds up whatever else resolves names on its loop.

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

/// Made, asked and destroyed on one thread, whose loop `back` is.
class https_fetcher {
  public:
    using completion = std::function<void(core::result<net::https_answer>)>;

    explicit https_fetcher(boost::asio::io_context& back);
    ~https_fetcher(); ///< what is under way is dropped

    /// The completion runs on `back`, once, unless the fetcher is gone by then.
    void get(net::tls_trust, net::https_request, completion);

  private:
    void start();

    boost::asio::io_context& back_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::thread thread_; ///< begun with the first fetch

    // --- of its thread ---
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, std::unique_ptr<net::https_get>> under_way_;
};

} // namespace latchkey::server
