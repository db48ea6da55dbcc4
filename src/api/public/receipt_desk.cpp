#include "api/public/receipt_desk.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/text/ascii.hpp>
#include <latchkey/http/field_values.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace latchkey::api {

namespace {

http::refusal not_here() {
    return {503, "this node has not applied the change of X-Latchkey-Receipt yet"};
}

bool has_applied_all(const auth::applied_knowledge& known,
                     const std::vector<auth::receipt>& receipts) {
    return std::ranges::all_of(receipts, [&](const auto& r) { return known.has_applied(r); });
}

// Several lines, or a list, are several changes that the asker knows of.
std::optional<http::refusal> read(const http::request& asked, const crypto::secret& key,
                                  std::vector<auth::receipt>& out) {
    const auto list = http::list_of(asked.lines, "x-latchkey-receipt");
    std::string_view rest = list;
    do {
        const auto one = auth::decode_receipt(core::next_part(rest, ','), key);
        if (!one || out.size() == receipt_desk::receipts_max)
            return http::refusal{400, "X-Latchkey-Receipt must be what a change was answered with, "
                                      "or a list of at most " +
                                          std::to_string(receipt_desk::receipts_max)};
        out.push_back(*one);
    } while (!rest.empty());
    return std::nullopt;
}

} // namespace

receipt_desk::receipt_desk(public_api& api, auth::applied_changes& applied,
                           std::function<core::mailbox&()> own_box,
                           const auth::configuration& limits)
    : applied_watcher(std::move(own_box)), waits(api), applied_(applied), limits_(limits) {
    applied.add(*this);
}

bool receipt_desk::admit(http::exchange& ex, core::steady_time now) {
    const auto known = applied_.latest();
    std::vector<auth::receipt> receipts;
    auto why =
        known->key.empty() ? std::optional(not_here()) : read(ex.request, known->key, receipts);
    if (!why && has_applied_all(*known, receipts)) return true;
    if (!why && waiting_.size() >= limits_.receipt_waits_max)
        why = {503, "too many questions wait for changes (auth.receipt_waits_max)"};
    if (why)
        ex.refuse(*why);
    else
        park(ex, std::move(receipts), now);
    return false;
}

void receipt_desk::park(http::exchange& ex, std::vector<auth::receipt> receipts,
                        core::steady_time now) {
    auto& wait = waits.take();
    wait.asker = &ex;
    wait.receipts = std::move(receipts);
    wait.deadline = now + limits_.receipt_wait_max;
    waiting_.push_back(&wait);
    ex.wait_for(wait);
    // The change may have come since it was looked for.
    if (!std::exchange(wants_news_, true)) want_news();
    if (has_applied_all(*applied_.latest(), wait.receipts)) look(now);
}

void receipt_desk::arrived() noexcept {
    wants_news_ = !waiting_.empty();
    if (!wants_news_) return;
    want_news(); // first, so that no news is missed
    look(core::steady_now());
}

void receipt_desk::tick(core::steady_time now) {
    if (!waiting_.empty()) look(now);
}

// One that is woken may ask again at once, so none is woken before all are looked at.
void receipt_desk::look(core::steady_time now) {
    const auto known = applied_.latest();
    std::vector<receipt_wait*> over;
    std::erase_if(waiting_, [&](receipt_wait* one) {
        one->is_in_time = has_applied_all(*known, one->receipts);
        if (!one->is_in_time && now < one->deadline) return false;
        over.push_back(one);
        return true;
    });
    for (auto* one : over)
        one->asker->resume();
}

void receipt_wait::finish(http::exchange& ex) {
    const bool may_be_answered = is_in_time;
    asker = nullptr;
    api_.receipts->waits.give_back(*this);
    if (!may_be_answered) return ex.refuse(not_here());
    api_.answer(ex);
}

} // namespace latchkey::api
