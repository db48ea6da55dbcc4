#include "pg/lookup/lookup_queue.hpp"

#include <chrono>
#include <utility>

namespace latchkey::pg {

void lookup_queue::push(auth::any_lookup& lookup) noexcept {
    lookup.next = nullptr;
    (last_ ? last_->next : first_) = &lookup;
    last_ = &lookup;
    ++waiting_;
}

void lookup_queue::push_apart(std::vector<auth::any_lookup*> group) {
    waiting_apart_ += group.size();
    apart_.push_back(std::move(group));
}

auth::any_lookup& lookup_queue::pop() noexcept {
    if (!apart_.empty()) {
        auto& group = apart_.front();
        auto& lookup = *group.front();
        group.erase(group.begin());
        if (group.empty()) apart_.pop_front();
        --waiting_apart_;
        return lookup;
    }
    auto& lookup = *first_;
    first_ = std::exchange(lookup.next, nullptr);
    if (!first_) last_ = nullptr;
    --waiting_;
    return lookup;
}

lookup_batch& lookup_queue::free_batch() {
    if (free_batches_.empty()) {
        batches_.push_back(std::make_unique<lookup_batch>(*this, *reader_));
        free_batches_.push_back(batches_.back().get());
    }
    auto& batch = *free_batches_.back();
    free_batches_.pop_back();
    return batch;
}

query& lookup_queue::begin_batch(std::size_t size_max) {
    auto& batch = free_batch();
    batch.permit = front()->permit;
    if (!apart_.empty()) size_max = apart_.front().size();
    while (front() && batch.size() < size_max && front()->permit == batch.permit) {
        auto& lookup = pop();
        batch.add(lookup);
        lookup.sent();
    }
    batch.seal();
    gate_.sent(batch.size());
    metrics_.batch_size.observe(static_cast<double>(batch.size()));
    return batch;
}

query& lookup_queue::begin_probe(core::circuit_breaker::permit given) {
    auto& batch = free_batch();
    batch.permit = given;
    batch.seal();
    return batch;
}

void lookup_queue::is_refused(const query_failure& why) {
    const auto what =
        why.hint.empty() ? database_problem::unusable : database_problem::right_missing;
    status_.refuses(kind_, what,
                    "the database refuses " + std::string(reader_->query().name) + ": " +
                        std::string(why.message) + " (SQLSTATE " + std::string(why.sqlstate) + ")" +
                        std::string(why.hint));
}

void lookup_queue::batch_ended(lookup_batch& batch, bool answered) {
    const auto now = core::steady_now();
    const auto took = now - batch.sent_at;
    metrics_.observe(batch.what->name, std::chrono::duration<double>(took).count());
    free_batches_.push_back(&batch);
    gate_.ended({batch.permit, batch.ended_size(), answered, took}, now);
}

} // namespace latchkey::pg
