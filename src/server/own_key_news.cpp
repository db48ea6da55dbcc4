#include <latchkey/server/own_key_news.hpp>

#include <utility>

namespace latchkey::server {

void own_key_news::asked(auth::key_inquiry& inquiry, core::boot_time now) {
    if (waiting_.empty()) {
        if (now < state_->read().not_before) return inquiry.answer_box->send(inquiry);
        began_ = now;
        state_->began(now + patience);
    }
    waiting_.push_back(&inquiry);
}

void own_key_news::tick(core::boot_time freshness, core::boot_time now) {
    if (waiting_.empty()) return;
    const bool came = freshness >= began_;
    if (!came && now - began_ < patience) return;
    state_->ended(came, now + (came ? cooldown_ : core::nanoseconds(pause)));
    for (auto* asker : std::exchange(waiting_, {}))
        asker->answer_box->send(*asker);
}

} // namespace latchkey::server
