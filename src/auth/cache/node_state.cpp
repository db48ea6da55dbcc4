#include <latchkey/auth/cache/node_state.hpp>

#include <string_view>

namespace latchkey::auth {

namespace {

void collect_shard(core::metric_sink& sink, std::string_view cache, const core::cache_shard& s) {
    const auto gauge = [&](const char* name, const char* help, const core::gauge& g) {
        sink.add_gauge(name, help, {{"cache", cache}}, static_cast<double>(g.value()));
    };
    gauge("auth_cache_entries", "Entries in the cache.", s.entries);
    gauge("auth_cache_bytes", "Memory of the cache: entries and tables.", s.bytes);
    gauge("auth_cache_retired_bytes", "Memory of entries taken out but perhaps still being read.",
          s.retired_bytes);
    sink.add_counter("auth_cache_evictions_total", "Entries that made room for others.",
                     {{"cache", cache}}, static_cast<double>(s.evictions.value()));
    sink.add_counter("auth_cache_refused_total", "Answers that the cache had no room for.",
                     {{"cache", cache}}, static_cast<double>(s.refused.value()));
}

void collect_owner(core::metric_sink& sink, const owner_metrics& m) {
    const auto count = [&](const char* name, const char* help, const core::counter& c) {
        sink.add_counter(name, help, {}, static_cast<double>(c.value()));
    };
    count("auth_coalesced_total", "Questions that joined another's look-up.", m.coalesced);
    count("auth_cache_refreshed_total", "Look-ups begun to keep an entry from expiring.",
          m.refreshed);
    count("auth_cache_unkept_total", "Answers not cached: something had changed meanwhile.",
          m.unkept);
}

} // namespace

void node_state::collect(core::metric_sink& sink) const {
    for (std::size_t i = 0; i < where.owner_cores(); ++i) {
        collect_shard(sink, "api_key", api_keys.facts().shard(i));
        collect_shard(sink, "device", devices.facts().shard(i));
        collect_shard(sink, "negative", api_keys.negative_entries().shard(i));
        collect_shard(sink, "negative", devices.negative_entries().shard(i));
        collect_shard(sink, "token", tokens.shard(i));
        collect_shard(sink, "proof", proofs.shard(i));
    }
    sink.add_gauge("auth_revocations", "Revocations of tokens that are known.", {},
                   static_cast<double>(revocations.entries.value()));
    sink.add_gauge("auth_revocations_bytes", "Memory of the revocations of tokens.", {},
                   static_cast<double>(revocations.bytes.value()));
    for (const auto* owner : owner_cores) {
        collect_owner(sink, owner->api_keys.metrics);
        collect_owner(sink, owner->devices.metrics);
    }
}

} // namespace latchkey::auth
