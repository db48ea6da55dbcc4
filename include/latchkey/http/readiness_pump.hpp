#pragma once
// Lets an Asio loop wait for a readiness set, and deliver it.

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::http {

class readiness;

/// Ends before the loop and the set.
class readiness_pump {
  public:
    /// Runs on the loop from now on.
    readiness_pump(boost::asio::io_context& loop, readiness& set);
    ~readiness_pump();

  private:
    struct shell;
    std::unique_ptr<shell> shell_;
};

} // namespace latchkey::http
