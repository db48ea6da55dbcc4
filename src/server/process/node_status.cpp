#include "server/process/node_status.hpp"

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <chrono>

namespace latchkey::server {

namespace {

api::check revocations_check(const auth::revocation_set& revocations) {
    if (revocations.whole()) return {"revocations", true, ""};
    return {"revocations", false,
            "there are more revocations of tokens than cache.revocations_max, " +
                std::to_string(revocations.entries_max()) + ": raise it and restart",
            "REVOCATIONS_INCOMPLETE"};
}

api::check breaker_check(const core::circuit_breaker& breaker) {
    const auto state = breaker.state();
    if (state == core::breaker_state::closed) return {"breaker", true, ""};
    return {"breaker", false,
            std::string(core::name_of(state)) +
                ": the database does not answer; look-ups get 503, cached answers go on",
            state == core::breaker_state::open ? "BREAKER_OPEN" : "BREAKER_HALF_OPEN"};
}

} // namespace

std::vector<api::check> checks_of(const issuer_jwks& keys, const auth::revocation_set& revocations,
                                  const core::circuit_breaker& breaker) {
    const auto problem = keys.problem();
    return {{"issuers", problem.empty(), problem, "ISSUER_KEYS_UNAVAILABLE"},
            revocations_check(revocations),
            breaker_check(breaker)};
}

std::string details_of(const auth::revocation_set& revocations,
                       const auth::signing_key_keeper& keeper) {
    std::string out = R"(,"revocations":{"entries":)";
    out += std::to_string(revocations.entries.value()) + R"(,"entries_max":)";
    out += std::to_string(revocations.entries_max());
    out += revocations.whole() ? R"(,"whole":true})" : R"(,"whole":false})";
    const auto why_not = keeper.why_not_issuing();
    out += why_not.empty() ? R"(,"issuing":{"possible":true)"
                           : R"(,"issuing":{"possible":false,"reason":)";
    if (!why_not.empty()) core::append_json_string(out, why_not);
    out += R"(,"keys":[)";
    for (const auto& key : keeper.keys()) {
        if (out.back() != '[') out += ',';
        out += R"({"key_id":)";
        core::append_json_string(out, key.key_id);
        out += R"(,"state":)";
        core::append_json_string(out, auth::name_of(key.state));
        if (key.activates_at) {
            out += R"(,"activates_at":)";
            core::append_rfc3339(out, std::chrono::floor<core::seconds>(*key.activates_at));
        }
        out += '}';
    }
    return out + "]}";
}

std::string details_of(const issuer_jwks& keys) {
    std::string out = R"(,"issuers":[)";
    for (const auto& one : keys.states()) {
        if (out.back() != '[') out += ',';
        out += R"({"issuer":)";
        core::append_json_string(out, one.issuer);
        out += R"(,"keys":)" + std::to_string(one.keys);
        out += R"(,"age_seconds":)";
        out += std::to_string(
            std::chrono::duration_cast<core::seconds>(core::boot_clock::now() - one.as_of).count());
        if (!one.why.empty()) {
            out += R"(,"reason":)";
            core::append_json_string(out, one.why);
        }
        out += '}';
    }
    return out + ']';
}

namespace {

struct cache_size {
    std::int64_t entries = 0;
    std::int64_t bytes = 0;
    void add(const core::cache_shard& shard) {
        entries += shard.entries.value();
        bytes += shard.bytes.value();
    }
};

} // namespace

std::string details_of(const auth::node_state& node) {
    cache_size keys, devices, negative, tokens;
    for (std::size_t i = 0; i < node.where.owner_cores(); ++i) {
        keys.add(node.api_keys.facts().shard(i));
        devices.add(node.devices.facts().shard(i));
        negative.add(node.api_keys.negative_entries().shard(i));
        negative.add(node.devices.negative_entries().shard(i));
        tokens.add(node.tokens.shard(i));
    }
    std::string out = R"(,"caches":{)";
    const auto add = [&](const char* name, const cache_size& size, std::size_t bytes_max) {
        if (out.back() != '{') out += ',';
        out += '"' + std::string(name) + R"(":{"entries":)" + std::to_string(size.entries);
        out += R"(,"bytes":)" + std::to_string(size.bytes);
        out += R"(,"bytes_max":)" + std::to_string(bytes_max) + '}';
    };
    add("api_key", keys, node.settings.max_bytes);
    add("device", devices, node.settings.device_max_bytes);
    add("token", tokens, node.settings.token_max_bytes);
    add("negative", negative, 2 * node.settings.negative_max_bytes);
    return out + '}';
}

std::string details_of(const api::rate_limits& limits, const core::circuit_breaker& breaker,
                       const connection_gate& gate) {
    std::string out = R"(,"breaker":)";
    core::append_json_string(out, core::name_of(breaker.state()));
    out += R"(,"connections_max":)" + std::to_string(gate.connections_max());
    out += R"(,"limits":[)";
    for (const auto& [policy, refused] : limits.refused()) {
        if (out.back() != '[') out += ',';
        out += R"({"policy":)";
        core::append_json_string(out, policy);
        out += R"(,"refused":)" + std::to_string(refused) + '}';
    }
    return out + ']';
}

} // namespace latchkey::server
