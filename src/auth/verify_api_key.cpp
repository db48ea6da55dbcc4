#include <latchkey/auth/verify_api_key.hpp>

namespace latchkey::auth {

std::optional<core::fingerprint> api_key_verifier::fingerprint(std::string_view presented) {
    auto found = api_key_fingerprint(sha256_, presented, settings_.accept_foreign_keys);
    if (!found) metrics_.api_key_verdicts[static_cast<std::size_t>(verdict::invalid_format)].add();
    return found;
}

std::optional<verdict> api_key_verifier::conclude(const api_key_lookup& lookup,
                                                  const api_key_request& request,
                                                  core::real_time now) {
    if (lookup.status == lookup_status::unavailable) {
        metrics_.api_keys_undecided.add();
        return std::nullopt;
    }
    const auto v = lookup.status == lookup_status::found ? judge(*lookup.record, request, now)
                                                         : verdict::not_found;
    metrics_.api_key_verdicts[static_cast<std::size_t>(v)].add();
    return v;
}

void metrics::collect(core::metric_sink& sink) const {
    constexpr auto name = "auth_verdicts_total";
    constexpr auto help = "Questions decided, by kind of credential and code.";
    for (std::size_t i = 0; i < verdict_codes.size(); ++i)
        sink.add_counter(name, help, {{"kind", "api_key"}, {"code", verdict_codes[i]}},
                         static_cast<double>(api_key_verdicts[i].value()));
    sink.add_counter(name, help, {{"kind", "api_key"}, {"code", "UNAVAILABLE"}},
                     static_cast<double>(api_keys_undecided.value()));
}

} // namespace latchkey::auth
