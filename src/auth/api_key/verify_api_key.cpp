#include <latchkey/auth/api_key/verify_api_key.hpp>

#include "auth/cache/ask_owner.hpp"

namespace latchkey::auth {

const api_key_record& api_key_verifier::nobody() {
    static const api_key_record none{api_key_facts()};
    return none;
}

void api_key_verifier::count(verdict v) noexcept {
    metrics_.api_keys.verdicts[static_cast<std::size_t>(v)].add();
}

std::optional<core::fingerprint> api_key_verifier::fingerprint(std::string_view presented) {
    auto found = api_key_fingerprint(presented, settings_.accept_foreign_keys);
    if (!found) count(verdict::invalid_format);
    return found;
}

void api_key_verifier::ask(api_key_inquiry& i) {
    metrics_.api_keys.misses.add();
    ask_owner(state_, worker_, i);
}

void api_key_verifier::ask(api_key_inquiry& i, core::mailbox& answer_box) {
    ask_owner(state_, answer_box, i);
}

void api_key_verifier::ask_for_refresh(const api_key_inquiry& i) {
    refresh_at_owner(state_, i);
}

} // namespace latchkey::auth
