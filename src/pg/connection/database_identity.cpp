#include <latchkey/pg/connection/database_identity.hpp>

#include <utility>

namespace latchkey::pg {

std::string_view database_identity::lineage() const noexcept {
    return std::string_view(place).substr(0, place.rfind('/'));
}

std::string_view database_identity::timeline() const noexcept {
    const auto slash = place.rfind('/');
    return slash == std::string::npos ? std::string_view()
                                      : std::string_view(place).substr(slash + 1);
}

void identity_fence::seen(const database_identity& read) {
    const std::lock_guard lock(mutex_);
    if (current_ == read && !is_current_overtaken_) return;
    current_ = read;
    is_current_overtaken_ = false;
    generation_.fetch_add(1);
}

bool identity_fence::is_overtaken(const database_identity& read, core::steady_time now) const {
    const std::lock_guard lock(mutex_);
    const auto found = latest_.find(read.lineage());
    return found != latest_.end() && found->second.timeline > read.timeline() &&
           now - found->second.at < meeting_counts;
}

void identity_fence::met(const database_identity& reached, core::steady_time now) {
    const std::lock_guard lock(mutex_);
    const std::string timeline(reached.timeline());
    auto& latest = latest_[std::string(reached.lineage())];
    // A server that was met long ago may have been taken out of service.
    if (latest.timeline <= timeline || now - latest.at >= meeting_counts) latest = {timeline, now};
    if (is_current_overtaken_ || !current_ || current_->lineage() != reached.lineage() ||
        current_->timeline() >= timeline)
        return;
    is_current_overtaken_ = true;
    generation_.fetch_add(1);
}

bool identity_fence::admits(const database_identity& own) const {
    const std::lock_guard lock(mutex_);
    return !current_ || (*current_ == own && !is_current_overtaken_);
}

std::optional<database_identity> identity_fence::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

void fenced_identity::set(database_identity own, core::steady_time now) {
    own_ = std::move(own);
    if (!fence_) return;
    fence_->met(own_, now);
    judged_at_ = fence_->generation();
    holds_ = fence_->admits(own_);
}

// The generation is read before the verdict, so that the next call sees a change in between.
bool fenced_identity::holds() const {
    if (!fence_) return true;
    const auto generation = fence_->generation();
    if (generation != judged_at_) {
        judged_at_ = generation;
        holds_ = fence_->admits(own_);
    }
    return holds_;
}

} // namespace latchkey::pg
