#include "pg/lookup/pool_status.hpp"

#include <utility>

namespace latchkey::pg {

database_status pool_status::latest() const {
    const std::lock_guard lock(mutex_);
    const auto* worst = &down_;
    for (const auto* next : {&refusals_[0], &refusals_[1], &address_})
        if (worst->why.empty()) worst = next;
    return {contacted_, reachable_, worst->why, worst->what};
}

void pool_status::up() {
    const std::lock_guard lock(mutex_);
    contacted_ = reachable_ = true;
    down_ = {};
}

void pool_status::down(database_problem what, const std::string& why) {
    const std::lock_guard lock(mutex_);
    reachable_ = false;
    down_ = {what, why};
}

void pool_status::set_address_problem(const std::string& why) {
    const std::lock_guard lock(mutex_);
    address_ = {};
    if (!why.empty()) address_ = {database_problem::uri_unusable, std::string(uri_unusable) + why};
}

void pool_status::refuses(std::size_t kind, database_problem what, std::string why) {
    const std::lock_guard lock(mutex_);
    refusals_[kind] = {what, std::move(why)};
}

void pool_status::answers(std::size_t kind) {
    if (!is_refused(kind)) return;
    const std::lock_guard lock(mutex_);
    refusals_[kind] = {};
}

} // namespace latchkey::pg
