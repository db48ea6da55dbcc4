#include <latchkey/auth/revocation/self_revocation.hpp>

#include <latchkey/auth/api_key/revoke_api_key.hpp>

#include <chrono>
#include <exception>

namespace latchkey::auth {

namespace {

constexpr const char* reason = "revoked by its holder";

template <class T>
std::optional<core::failure> failure_of(const core::result<T>& outcome) {
    return outcome ? std::nullopt : std::optional(outcome.error());
}

} // namespace

void self_revocation::arrived() noexcept {
    if (auto* there = std::exchange(desk, nullptr)) return there->arrived(*this);
    decided();
}

namespace {

struct places {
    lifecycle_store& store;
    revocation_store& revocations;
    change_sink& changes;
    accepted_issuers issuers;
};

core::task<std::optional<core::failure>> revoke(places to, self_revocation& asked) {
    if (asked.key_id) {
        revocation_request request{*asked.key_id, std::string(reason)};
        const auto revoked =
            co_await revoke_api_key(to.store, to.changes, std::move(request), asked.by);
        co_return failure_of(revoked);
    }
    asked.token.reason = reason;
    const auto stored = co_await revoke_tokens(to.revocations, to.changes, to.issuers, asked.token,
                                               std::chrono::system_clock::now(), asked.by);
    co_return failure_of(stored);
}

core::detached answer(places to, self_revocation& asked, std::size_t& under_way) {
    ++under_way;
    asked.failed = core::failure{core::failure_kind::internal, "it could not be written"};
    try {
        asked.failed = co_await revoke(to, asked);
    } catch (const std::exception&) {
        // Only this request fails.
    }
    --under_way;
    asked.answer_box->send(asked);
}

} // namespace

void self_revocation_desk::arrived(self_revocation& asked) noexcept {
    if (under_way_ >= under_way_max) {
        asked.failed = core::failure{core::failure_kind::unavailable, "too many are under way"};
        asked.answer_box->send(asked);
        return;
    }
    answer({store_, revocations_, changes_, {issuers_.now(), own_issuer_}}, asked, under_way_);
}

} // namespace latchkey::auth
