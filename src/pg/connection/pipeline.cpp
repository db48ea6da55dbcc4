#include "pg/connection/pipeline.hpp"

namespace latchkey::pg {

pipeline::action pipeline::received(event e) {
    if (entries_.empty()) return action::close;
    auto& front = entries_.front();
    switch (e) {
    case event::result:
    case event::error:
        if (front.expects == stage::settings) {
            front.expects = stage::settings_end_mark;
            return action::settings;
        }
        if (front.expects == stage::before) {
            front.expects = stage::before_end_mark;
            front.told_early = e == event::error;
            return front.told_early ? action::deliver : action::before;
        }
        if (front.expects == stage::result && front.told_early) {
            front.expects = stage::end_mark;
            return e == event::error ? action::carry_on : action::close;
        }
        // The commit has failed.
        if (e == event::error && front.expects == stage::sync && front.waits_for_commit) {
            front.waits_for_commit = false;
            front.expects = stage::end_mark;
            return action::deliver;
        }
        if (front.expects != stage::result) return action::close;
        front.expects = stage::end_mark;
        front.waits_for_commit = e == event::result && front.whose->until_commit;
        return front.waits_for_commit ? action::keep : action::deliver;
    case event::end_mark:
        if (front.expects == stage::settings_end_mark) {
            front.expects = first_stage(*front.whose);
            return action::carry_on;
        }
        if (front.expects == stage::before_end_mark) {
            front.expects = stage::result;
            return action::carry_on;
        }
        if (front.expects != stage::end_mark) return action::close;
        front.expects = stage::sync;
        return action::carry_on;
    case event::sync:
        if (front.expects != stage::sync) return action::close;
        committed_ = front.waits_for_commit ? front.whose : nullptr;
        entries_.pop_front();
        return committed_ ? action::committed : action::carry_on;
    }
    return action::close;
}

std::vector<query*> pipeline::abandon() {
    std::vector<query*> unanswered;
    for (const auto& e : entries_)
        if (e.is_unanswered()) unanswered.push_back(e.whose);
    entries_.clear();
    return unanswered;
}

std::optional<core::steady_time> pipeline::waiting_since() const noexcept {
    for (const auto& e : entries_)
        if (e.is_unanswered()) return e.whose->sent_at;
    return std::nullopt;
}

} // namespace latchkey::pg
