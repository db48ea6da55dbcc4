#include "server/process/span_exporter.hpp"

#include "server/cli/commands.hpp"
#include "server/settings/pairs.hpp"

#include <latchkey/crypto/random.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace latchkey::server {

namespace {

constexpr std::size_t attempts_max = 3;
constexpr std::size_t answer_bytes_max = 65536;

core::resource_attributes resource_of(const tracing_configuration& settings,
                                      const std::string& node) {
    core::resource_attributes out = {{"service.name", settings.service_name},
                                     {"service.version", std::string(version())},
                                     {"service.instance.id", node}};
    // What is given wins; but a service's name of its own wins over one among the attributes.
    const bool is_named = settings.service_name != tracing_configuration().service_name;
    for (auto& [name, value] :
         read_pairs(settings.attributes).value_or(core::resource_attributes())) {
        if (name == "service.name" && is_named) continue;
        std::erase_if(out,
                      [n = std::string_view(name)](const auto& one) { return one.first == n; });
        out.emplace_back(std::move(name), std::move(value));
    }
    return out;
}

std::string fields_of(const tracing_configuration& settings) {
    std::string out;
    for (const auto& [name, value] :
         read_pairs(settings.headers.reveal()).value_or(core::resource_attributes()))
        out += name + ": " + value + "\r\n";
    return out;
}

double ratio_of(const std::string& text) {
    double out = 1;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

} // namespace

span_exporter::span_exporter(boost::asio::io_context& loop, const tracing_configuration& settings,
                             const std::string& node, core::logger& log)
    : settings_(settings),
      log_(log),
      resource_(resource_of(settings, node)),
      fields_(fields_of(settings)),
      queue_(settings.queue_max),
      fetcher_(loop) {
    if (settings.endpoint.empty()) return;
    auto trust = net::tls_trust::load(settings.ca_file);
    if (trust)
        trust_ = std::move(*trust);
    else
        log_.error("nothing is traced: tracing.ca_file cannot be used",
                   {{"reason", trust.error().message}});
}

std::unique_ptr<core::tracer> span_exporter::make_tracer() {
    return std::make_unique<core::tracer>(trust_ ? &queue_ : nullptr, settings_.sampler,
                                          ratio_of(settings_.ratio), crypto::random_number());
}

void span_exporter::tick(core::steady_time now, bool at_once) {
    if (!trust_ || under_way_) return;
    const auto waiting = queue_.waiting();
    if (waiting == 0 && kept_.empty()) return;
    const bool is_full = waiting >= settings_.batch_max && kept_.empty();
    if (now >= next_ || is_full || at_once) begin(now);
}

void span_exporter::begin(core::steady_time now) {
    under_way_ = true;
    next_ = now + settings_.delay;
    if (kept_.empty()) {
        const auto spans = queue_.take(settings_.batch_max);
        kept_ = core::otlp_json(spans, resource_, version());
        kept_spans_ = spans.size();
        attempts_ = 0;
    }
    ++attempts_;
    fetcher_.get(*trust_,
                 {.url = settings_.endpoint,
                  .deadline = settings_.timeout,
                  .body_bytes_max = answer_bytes_max,
                  .allow_private = true,
                  .allow_http = true,
                  .fields = fields_,
                  .posted = kept_},
                 [this](const core::result<net::https_answer>& answer) {
                     ended(answer, core::steady_now());
                 });
}

void span_exporter::ended(const core::result<net::https_answer>& answer, core::steady_time now) {
    under_way_ = false;
    auto why = answer ? std::string() : answer.error().message;
    if (!why.empty() && why != why_)
        log_.warning("spans cannot be sent to the collector (tracing.endpoint)", {{"reason", why}});
    if (why.empty() && !why_.empty()) log_.info("spans are sent to the collector again");
    why_ = std::move(why);
    if (answer) sent_.add(kept_spans_);
    const bool may_help = !answer && answer.error().kind == core::failure_kind::unavailable;
    if (may_help && attempts_ < attempts_max) return; // sent again
    if (!answer) lost_.add(kept_spans_);
    kept_.clear();
    if (answer && queue_.waiting() >= settings_.batch_max) next_ = now;
}

void span_exporter::collect(core::metric_sink& sink) const {
    if (!trust_) return;
    sink.add_counter("auth_trace_spans_sent_total", "Spans that a collector has taken.", {},
                     static_cast<double>(sent_.value()));
    constexpr auto dropped = "auth_trace_spans_dropped_total";
    constexpr auto help = "Spans that were lost.";
    sink.add_counter(dropped, help, {{"reason", "queue_full"}},
                     static_cast<double>(queue_.dropped()));
    sink.add_counter(dropped, help, {{"reason", "export_failed"}},
                     static_cast<double>(lost_.value()));
}

} // namespace latchkey::server
