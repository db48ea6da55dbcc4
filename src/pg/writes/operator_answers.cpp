#include <latchkey/pg/writes/operator_answers.hpp>

#include "pg/connection/wire.hpp"
#include "pg/writes/fleet_watch.hpp"
#include "pg/writes/receipt_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <array>
#include <chrono>

namespace latchkey::pg {

namespace {

constexpr std::array answer_statements = {statements::read_fleet, statements::wake_nodes,
                                          statements::find_replay, statements::keep_answer,
                                          statements::forget_claim};

std::optional<auth::kept_answer> decode_kept(const PGresult& rows) {
    const auto status = decode_int4(text_at(rows, 0, 1));
    const auto transaction = auth::parse_transaction(text_at(rows, 0, 4));
    const auto changed = decode_bool(text_at(rows, 0, 5));
    if (!status || !transaction || !changed) return std::nullopt;
    return auth::kept_answer{
        std::string(text_at(rows, 0, 0)), *status,      std::string(text_at(rows, 0, 2)),
        text_or_null(rows, 0, 3),         *transaction, *changed};
}

} // namespace

operator_answers::operator_answers(boost::asio::io_context& loop, const configuration& settings,
                                   core::logger& log, identity_fence* fence)
    : queue_(
          std::make_shared<write_queue>(loop, settings, answer_statements, log, metrics_, fence)),
      watch_(std::make_shared<fleet_watch>(loop, *queue_, fence)) {}

operator_answers::~operator_answers() {
    stop();
}

void operator_answers::stop() {
    watch_->stop();
    queue_->stop();
}

void operator_answers::heed_settings() {
    queue_->heed_settings();
}
void operator_answers::collect(core::metric_sink& sink) const {
    metrics_.collect(sink);
}

core::task<auth::acknowledgement> operator_answers::wait_for_all(std::uint64_t transaction,
                                                                 core::milliseconds at_most) {
    const auto waited =
        co_await watch_->wait(acknowledgement_wait(transaction, core::steady_now() + at_most));
    co_return waited.outcome(std::chrono::system_clock::now());
}

auth::operation<std::optional<auth::kept_answer>> operator_answers::find_answer(std::string claim) {
    const auto answer = co_await queue_->send(statements::find_replay, bytes(claim));
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    if (PQntuples(&rows) == 0) co_return std::optional<auth::kept_answer>();
    auto kept = decode_kept(rows);
    if (!kept) co_return unreadable;
    co_return std::move(kept);
}

auth::operation<bool> operator_answers::keep_answer(std::string claim, int status,
                                                    std::string json) {
    const auto number = std::to_string(status);
    const auto answer =
        co_await queue_->send(statements::keep_answer, bytes(claim), text(number), bytes(json));
    if (!answer) co_return answer.error();
    co_return true;
}

auth::operation<bool> operator_answers::forget_claim(std::string claim, std::string request_id) {
    const auto answer =
        co_await queue_->send(statements::forget_claim, bytes(claim), bytes(request_id));
    if (!answer) co_return answer.error();
    co_return true;
}

} // namespace latchkey::pg
