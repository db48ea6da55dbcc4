#include <latchkey/pg/writes/use_writer.hpp>

#include "pg/connection/wire.hpp"
#include "pg/lookup/device_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <array>
#include <chrono>

namespace latchkey::pg {

namespace {

constexpr std::array use_statements = {statements::write_uses};

template <class Integer>
void append_number(std::string& literal, Integer n) {
    if (literal.size() > 1) literal += ',';
    literal += std::to_string(n);
}

} // namespace

use_writer::use_writer(boost::asio::io_context& loop, const configuration& settings,
                       core::logger& log, identity_fence* fence)
    : writer_(std::make_shared<write_queue>(loop, settings, use_statements, log, metrics_, fence)) {
}

use_writer::~use_writer() {
    writer_->stop();
}

auth::operation<bool> use_writer::write_uses(std::vector<auth::credential_use> uses) {
    std::vector<std::string_view> kinds;
    std::vector<std::string_view> ids;
    std::string counts = "{";
    std::string times = "{";
    std::string costs = "{";
    for (const auto& use : uses) {
        kinds.push_back(use.kind);
        ids.push_back(use.credential_id);
        append_number(counts, use.count);
        append_number(costs, use.cost);
        append_number(
            times,
            std::chrono::duration_cast<core::microseconds>(use.last.time_since_epoch()).count());
    }
    std::string all_kinds;
    std::string all_ids;
    append_text_array(all_kinds, kinds);
    append_text_array(all_ids, ids);
    counts += '}';
    times += '}';
    costs += '}';

    const auto answer =
        co_await writer_->send(statements::write_uses, bytes(all_kinds), bytes(all_ids),
                               text(counts), text(times), text(costs));
    if (!answer) co_return answer.error();
    co_return true;
}

void use_writer::stop() {
    writer_->stop();
}
void use_writer::heed_settings() {
    writer_->heed_settings();
}
void use_writer::collect(core::metric_sink& sink) const {
    metrics_.collect(sink);
}

} // namespace latchkey::pg
