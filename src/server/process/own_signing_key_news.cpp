#include "server/process/own_signing_key_news.hpp"

#include <algorithm>

namespace latchkey::server {

void own_signing_key_news::asked(auth::jwks_inquiry& inquiry, core::boot_time now) {
    if (const auto state = state_->read(); !state.under_way) {
        if (now < state.not_before) return inquiry.answer_box->send(inquiry);
        began_ = now;
        state_->began(now + patience);
    }
    waiting_.push_back({&inquiry, now});
}

void own_signing_key_news::tick(core::boot_time freshness, core::boot_time now) {
    const auto is_over = [&](core::boot_time since) {
        return freshness >= since || now - since >= patience;
    };
    if (state_->read().under_way && is_over(began_)) {
        const bool came = freshness >= began_;
        state_->ended(came, now + (came ? cooldown_ : core::nanoseconds(pause)));
    }
    const auto staying =
        std::ranges::find_if(waiting_, [&](const asker& a) { return !is_over(a.at); });
    std::for_each(waiting_.begin(), staying,
                  [](const asker& done) { done.inquiry->answer_box->send(*done.inquiry); });
    waiting_.erase(waiting_.begin(), staying);
}

} // namespace latchkey::server
