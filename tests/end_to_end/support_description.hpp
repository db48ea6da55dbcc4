#pragma once
// Holds all exchanges of the tests' connections against schema/openapi.json, while they happen.

#include "support_watch.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace latchkey::test {

/// A request as it was sent.
struct sent_request {
    std::string method;
    std::string target;
    std::string head; ///< request line and fields
    std::string body;
};

/// Takes requests out of what is sent on one connection, where they are framed beyond doubt.
class sent_requests {
  public:
    /// Returns false if the bytes cannot be told apart with certainty.
    bool add(std::string_view bytes);
    bool empty() const noexcept { return whole_.empty(); }
    sent_request take();
    bool has_part() const noexcept { return !rest_.empty(); }

  private:
    bool take_one();
    std::string rest_;
    std::deque<sent_request> whole_;
};

/// Returns what the description does not say of this exchange; empty if it says all. `body` is
/// empty for HEAD.
std::string undescribed(const sent_request&, int status, std::string_view head,
                        std::string_view body);

/// Fails the test case with what was found. On the test's own thread, since Boost.Test wants that:
/// what another thread finds is told by the next call on the test's thread.
void tell_undescribed();

/// The exchanges of one connection. It gives up as soon as it cannot tell which request an answer
/// belongs to.
class described_exchanges final : public connection_watch {
  public:
    ~described_exchanges() override { tell_undescribed(); }
    void sent(std::string_view bytes) override;
    void received(int status, std::string_view head, std::string_view body) override;
    void give_up() noexcept override { given_up_ = true; }

  private:
    sent_requests requests_;
    bool given_up_ = false;
};

} // namespace latchkey::test
