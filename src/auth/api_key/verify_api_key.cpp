#include <latchkey/auth/api_key/verify_api_key.hpp>

#include "auth/cache/ask_owner.hpp"

namespace latchkey::auth {

verdict api_key_verifier::counted(verdict v) noexcept {
    metrics_.api_keys.verdicts[static_cast<std::size_t>(v)].add();
    return v;
}

std::optional<core::fingerprint> api_key_verifier::fingerprint(std::string_view presented) {
    auto found = api_key_fingerprint(presented, settings_.accept_foreign_keys);
    if (!found) counted(verdict::invalid_format);
    return found;
}

void api_key_verifier::ask(api_key_inquiry& i) {
    metrics_.api_keys.misses.add();
    ask_owner(state_, worker_, i);
}

void api_key_verifier::ask_for_refresh(const api_key_inquiry& i) {
    refresh_at_owner(state_, i);
}

std::optional<verdict> api_key_verifier::conclude(const api_key_inquiry& i,
                                                  const api_key_request& request,
                                                  const core::moment& now, const admission& admit) {
    if (i.status == lookup_status::unavailable) {
        metrics_.api_keys.undecided.add();
        return std::nullopt;
    }
    auto decided =
        i.status == lookup_status::found ? judge(*i.record, request, now.real) : verdict::not_found;
    limit_.reset();
    const auto admits = [&](const api_key_record& found) { return !admit || admit(found); };
    if (decided == verdict::valid && !may_pass(*i.record, request.cost, now.boot, admits))
        decided = verdict::rate_limited;
    if (decided == verdict::valid) count_use(i, *i.record, now.real);
    return counted(decided);
}

} // namespace latchkey::auth
