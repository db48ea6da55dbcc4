#include <latchkey/auth/metrics.hpp>

namespace latchkey::auth {

namespace {

void add_hits(core::metric_sink& sink, std::string_view cache, const core::counter& c) {
    sink.add_counter("auth_cache_hits_total", "Questions answered from the cache.",
                     {{"cache", cache}}, static_cast<double>(c.value()));
}

} // namespace

void verification_cells::collect(core::metric_sink& sink, std::string_view kind) const {
    constexpr auto name = "auth_verdicts_total";
    constexpr auto help = "Questions decided, by kind of credential and code.";
    for (std::size_t i = 0; i < verdict_codes.size(); ++i)
        sink.add_counter(name, help, {{"kind", kind}, {"code", verdict_codes[i]}},
                         static_cast<double>(verdicts[i].value()));
    sink.add_counter(name, help, {{"kind", kind}, {"code", "UNAVAILABLE"}},
                     static_cast<double>(undecided.value()));
    add_hits(sink, kind, hits);
    sink.add_counter("auth_cache_misses_total", "Questions that the cache did not answer.",
                     {{"cache", kind}}, static_cast<double>(misses.value()));
}

void metrics::add_to(verdict_totals& out) const {
    for (const auto* kind : {&api_keys, &tokens, &devices}) {
        for (std::size_t i = 0; i < verdict_codes.size(); ++i)
            out.by_code[i] += kind->verdicts[i].value();
        out.undecided += kind->undecided.value();
        out.hits += kind->hits.value() + kind->repeats.value();
        out.misses += kind->misses.value();
    }
    out.hits += negative_hits.value();
}

void metrics::collect(core::metric_sink& sink) const {
    api_keys.collect(sink, "api_key");
    tokens.collect(sink, "token");
    devices.collect(sink, "device");
    add_hits(sink, "negative", negative_hits);
    add_hits(sink, "proof", tokens.repeats);
    const auto add_checks = [&](std::string_view outcome, const core::counter& c) {
        sink.add_counter("auth_signature_checks_total", "Signatures of tokens that were checked.",
                         {{"outcome", outcome}}, static_cast<double>(c.value()));
    };
    add_checks("good", tokens.good_checks);
    add_checks("bad", tokens.bad_checks);
    sink.add_counter("auth_signature_checks_refused_total",
                     "Tokens left undecided past tokens.bad_checks_percent.", {},
                     static_cast<double>(tokens.over_budget.value()));
    sink.add_counter("auth_tokens_issued_total", "Tokens that were issued.", {},
                     static_cast<double>(tokens_issued.value()));
}

} // namespace latchkey::auth
