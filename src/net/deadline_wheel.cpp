#include <latchkey/net/deadline_wheel.hpp>

#include <algorithm>

namespace latchkey::net {

void deadline_wheel::link(deadline_entry& head, deadline_entry& entry) noexcept {
    entry.previous_ = head.previous_;
    entry.next_ = &head;
    entry.previous_->next_ = &entry;
    head.previous_ = &entry;
}

void deadline_wheel::unlink(deadline_entry& entry) noexcept {
    entry.previous_->next_ = entry.next_;
    entry.next_->previous_ = entry.previous_;
    entry.previous_ = entry.next_ = nullptr;
}

void deadline_wheel::take(deadline_entry& from, deadline_entry& to) noexcept {
    while (from.next_ != &from) {
        auto& entry = *from.next_;
        unlink(entry);
        link(to, entry);
    }
}

// A deadline further off than one round waits in the furthest slot, and is looked at again there.
std::size_t deadline_wheel::slot_for(core::steady_time deadline) const noexcept {
    const auto away = deadline <= now_ ? core::steady_time::duration::zero() : deadline - now_;
    const auto ticks = std::min<std::int64_t>(away / tick, slots - 2);
    return (current_ + 1 + static_cast<std::size_t>(ticks)) % slots;
}

void deadline_wheel::insert(deadline_entry& entry) noexcept {
    link(heads_[slot_for(entry.deadline)], entry);
}

void deadline_wheel::remove(deadline_entry& entry) noexcept {
    if (entry.next_) unlink(entry);
}

void deadline_wheel::hasten(deadline_entry& entry) noexcept {
    if (!entry.next_) return;
    unlink(entry);
    insert(entry);
}

void deadline_wheel::visit(std::size_t slot) {
    list_head due;
    due.previous_ = due.next_ = &due;
    take(heads_[slot], due);
    while (due.next_ != &due) {
        auto& entry = *due.next_;
        unlink(entry);
        link(entry.deadline <= now_ ? late_ : heads_[slot_for(entry.deadline)], entry);
    }
}

// Each entry is unlinked before it is called, because the call may remove this entry or any other.
// Its deadline may have been moved later in the meantime.
bool deadline_wheel::tell_late(std::size_t most) {
    for (std::size_t told = 0; told < most && late_.next_ != &late_;) {
        auto& entry = *late_.next_;
        unlink(entry);
        insert(entry);
        if (entry.deadline > now_) continue;
        ++told;
        entry.deadline_passed();
    }
    return late_.next_ != &late_;
}

void deadline_wheel::abandon_all() {
    const auto abandon = [](list_head& head) {
        while (head.next_ != &head)
            head.next_->abandon();
    };
    for (auto& head : heads_)
        abandon(head);
    abandon(late_);
}

void deadline_wheel::advance(core::steady_time now) {
    while (now_ + tick <= now) {
        now_ += tick;
        current_ = (current_ + 1) % slots;
        visit(current_);
    }
}

} // namespace latchkey::net
