#include <latchkey/auth/verify_api_key.hpp>

#include <memory>

namespace latchkey::auth {

namespace {

// On its way to the key's home core.
struct refresh_request final : core::mail {
    core::fingerprint key;
    std::uint64_t hash;
    api_key_home& home;

    refresh_request(const core::fingerprint& k, std::uint64_t h, api_key_home& there)
        : key(k), hash(h), home(there) {}
    void arrived() noexcept override {
        const std::unique_ptr<refresh_request> self(this);
        home.refresh(key, hash);
    }
};

} // namespace

verdict api_key_verifier::counted(verdict v) noexcept {
    metrics_.api_keys.verdicts[static_cast<std::size_t>(v)].add();
    return v;
}

std::optional<core::fingerprint> api_key_verifier::fingerprint(std::string_view presented) {
    auto found = api_key_fingerprint(sha256_, presented, settings_.accept_foreign_keys);
    if (!found) counted(verdict::invalid_format);
    return found;
}

void api_key_verifier::ask(api_key_inquiry& i) {
    metrics_.api_keys.misses.add();
    const auto home = beliefs_.where.home(i.hash);
    auto& there = *beliefs_.homes[home];
    i.answer_box = &beliefs_.homes[worker_]->box();
    if (home == worker_) return there.api_keys.ask(i);
    i.home = &there.api_keys;
    there.box().send(i);
}

void api_key_verifier::ask_for_refresh(const api_key_inquiry& i) {
    auto& there = *beliefs_.homes[beliefs_.where.home(i.hash)];
    auto request = std::make_unique<refresh_request>(i.key, i.hash, there.api_keys);
    there.box().send(*request.release());
}

std::optional<verdict> api_key_verifier::conclude(const api_key_inquiry& i,
                                                  const api_key_request& request,
                                                  core::real_time now) {
    if (i.status == lookup_status::unavailable) {
        metrics_.api_keys.undecided.add();
        return std::nullopt;
    }
    const auto decided =
        i.status == lookup_status::found ? judge(*i.record, request, now) : verdict::not_found;
    if (decided == verdict::valid) count_use(i, *i.record, now);
    return counted(decided);
}

} // namespace latchkey::auth
