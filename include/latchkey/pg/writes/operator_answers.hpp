#pragma once
// auth::operator_answers on PostgreSQL, on a connection of its own: what is asked here does not
// wait behind a slow write.

#include <latchkey/auth/operator_answers.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

class fleet_watch;
class identity_fence;
class write_queue;

/// Lives on the control thread. Connects when it is first asked.
class operator_answers final : public auth::operator_answers {
  public:
    /// Configuration and fence must outlive it.
    operator_answers(boost::asio::io_context&, const configuration&, core::logger&,
                     identity_fence* fence = nullptr);
    ~operator_answers() override;

    core::task<auth::acknowledgement> wait_for_all(std::uint64_t transaction,
                                                   core::milliseconds at_most) override;
    auth::operation<std::optional<auth::kept_answer>> find_answer(std::string claim) override;
    auth::operation<bool> keep_answer(std::string claim, int status, std::string json) override;
    auth::operation<bool> forget_claim(std::string claim, std::string request_id) override;

    /// Ends all waits and closes the connection.
    void stop();
    /// Call it when the settings may have changed: the connection then follows database.uri.
    void heed_settings();
    void collect(core::metric_sink&) const;

  private:
    metrics metrics_;
    std::shared_ptr<write_queue> queue_;
    std::shared_ptr<fleet_watch> watch_;
};

} // namespace latchkey::pg
