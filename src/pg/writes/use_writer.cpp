#include <latchkey/pg/writes/use_writer.hpp>

#include "pg/connection/wire.hpp"
#include "pg/lookup/device_statements.hpp"
#include "pg/writes/write_of.hpp"
#include "pg/writes/write_queue.hpp"

#include <array>
#include <chrono>

namespace latchkey::pg {

namespace {

constexpr std::array use_statements = {statements::write_uses};

class uses_change final : public write_of<bool> {
  public:
    uses_change(std::vector<auth::credential_use> uses, completion done)
        : write_of(std::move(done)), uses_(std::move(uses)) {}

    void seal() override {
        what = &statements::write_uses;
        std::vector<std::string_view> kinds;
        std::vector<std::string_view> ids;
        for (const auto& use : uses_) {
            kinds.push_back(use.kind);
            ids.push_back(use.credential_id);
            append_number(counts_, use.count);
            append_number(
                times_, std::chrono::duration_cast<core::microseconds>(use.last.time_since_epoch())
                            .count());
        }
        append_text_array(kinds_, kinds);
        append_text_array(ids_, ids);
        counts_ += '}';
        times_ += '}';
        parameters = {bytes(kinds_), bytes(ids_), text(counts_), text(times_)};
    }
    void succeeded(const pg_result&) override { end(true); }

  private:
    template <class Integer>
    static void append_number(std::string& literal, Integer n) {
        if (literal.size() > 1) literal += ',';
        literal += std::to_string(n);
    }

    std::vector<auth::credential_use> uses_;
    std::string kinds_;
    std::string ids_;
    std::string counts_ = "{";
    std::string times_ = "{";
};

} // namespace

use_writer::use_writer(boost::asio::io_context& loop, const configuration& settings,
                       core::logger& log, identity_fence* fence)
    : writer_(std::make_shared<write_queue>(loop, settings, use_statements, log, metrics_, fence)) {
}

use_writer::~use_writer() {
    writer_->stop();
}

void use_writer::write_uses(std::vector<auth::credential_use> uses,
                            auth::lifecycle_store::completion<bool> done) {
    writer_->add(std::make_unique<uses_change>(std::move(uses), std::move(done)));
}

void use_writer::stop() {
    writer_->stop();
}
void use_writer::collect(core::metric_sink& sink) const {
    metrics_.collect(sink);
}

} // namespace latchkey::pg
