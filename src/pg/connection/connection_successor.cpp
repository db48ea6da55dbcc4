#include "pg/connection/connection_successor.hpp"

#include <latchkey/pg/lookup/pool_plan.hpp>

#include <utility>

namespace latchkey::pg {

void connection_successor::begin_anew(core::steady_time now) {
    drop();
    address_ = settings_.database.uri;
    retry_at_ = now;
}

void connection_successor::tick(core::steady_time now) {
    old_.reset();
    if (!(address_ == settings_.database.uri)) begin_anew(now);
    if (conn_) return conn_->tick(now);
    if (now < retry_at_) return;
    conn_ = std::make_unique<connection>(loop_, settings_, log_, metrics_, owner_);
    conn_->open(now);
}

void connection_successor::closed(const std::string& why, core::steady_time now) {
    old_ = std::move(conn_);
    problem_ = why;
    ++attempt_;
    const double jitter = static_cast<double>(attempt_ * 37 % 100) / 100;
    retry_at_ = now + backoff(attempt_, settings_.database.backoff_min,
                              settings_.database.backoff_max, jitter);
}

std::unique_ptr<connection> connection_successor::take() noexcept {
    auto taken = std::move(conn_);
    drop();
    return taken;
}

void connection_successor::drop() noexcept {
    conn_.reset();
    old_.reset();
    address_ = {};
    problem_.clear();
    attempt_ = 0;
}

} // namespace latchkey::pg
