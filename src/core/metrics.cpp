#include <latchkey/core/metrics.hpp>

#include <charconv>
#include <cmath>

namespace latchkey::core {

namespace {

void append_number(std::string& out, double v) {
    if (std::isnan(v)) {
        out += "NaN";
    } else if (std::isinf(v)) {
        out += v > 0 ? "+Inf" : "-Inf";
    } else {
        char digits[400]; // the longest double, written out
        const bool whole = v == std::floor(v) && std::abs(v) < 1e15;
        const auto end =
            whole ? std::to_chars(digits, digits + sizeof digits, static_cast<std::int64_t>(v)).ptr
                  : std::to_chars(digits, digits + sizeof digits, v, std::chars_format::fixed).ptr;
        out.append(digits, end);
    }
}

// Escapes label values and help texts (Prometheus text format, "Comments, help text, and type
// information"). Quotes are escaped in labels only, and in OpenMetrics help texts.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '\n')
            out += "\\n";
        else if (c == '"' && quotes)
            out += "\\\"";
        else
            out += c;
    }
}

// The text between the braces: `a="b",c="d"`.
std::string render_labels(labels l) {
    std::string out;
    for (const auto& [name, value] : l) {
        if (!out.empty()) out += ',';
        out += name;
        out += "=\"";
        append_escaped(out, value, true);
        out += '"';
    }
    return out;
}

void append_sample(std::string& out, std::string_view name, std::string_view suffix,
                   std::string_view braces, double value) {
    out += name;
    out += suffix;
    if (!braces.empty()) {
        out += '{';
        out += braces;
        out += '}';
    }
    out += ' ';
    append_number(out, value);
    out += '\n';
}

// OpenMetrics writes whole bounds with a fraction, because the label's text, not its number,
// identifies the bucket.
void append_bound(std::string& out, double bound, bool openmetrics) {
    append_number(out, bound);
    if (openmetrics && bound == std::floor(bound) && !std::isinf(bound)) out += ".0";
}

void append_histogram(std::string& out, std::string_view name, const std::string& braces,
                      std::span<const double> bounds, std::span<const std::uint64_t> counts,
                      double sum, bool openmetrics) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        below += counts[i];
        auto bucket = braces;
        if (!bucket.empty()) bucket += ',';
        bucket += "le=\"";
        append_bound(bucket, i < bounds.size() ? bounds[i] : INFINITY, openmetrics);
        bucket += '"';
        append_sample(out, name, "_bucket", bucket, static_cast<double>(below));
    }
    append_sample(out, name, "_sum", braces, sum);
    append_sample(out, name, "_count", braces, static_cast<double>(below));
}

constexpr std::string_view total = "_total";

// The unit that the family's name ends in, as OpenMetrics requires it; empty if there is none.
std::string_view unit_of(std::string_view family) {
    for (const std::string_view unit : {"seconds", "bytes"})
        if (family.size() > unit.size() && family.ends_with(unit) &&
            family[family.size() - unit.size() - 1] == '_')
            return unit;
    return {};
}

} // namespace

metric_sink::family& metric_sink::family_of(std::string_view name, std::string_view help,
                                            type kind) {
    const auto found = families_.find(name);
    if (found != families_.end()) return found->second;
    return families_.emplace(std::string(name), family{kind, std::string(help), {}, {}})
        .first->second;
}

void metric_sink::add_counter(std::string_view name, std::string_view help, labels l,
                              double value) {
    family_of(name, help, type::counter).samples[render_labels(l)].value += value;
}

void metric_sink::add_gauge(std::string_view name, std::string_view help, labels l, double value) {
    family_of(name, help, type::gauge).samples[render_labels(l)].value += value;
}

void metric_sink::add_histogram(std::string_view name, std::string_view help, labels l,
                                std::span<const double> bounds,
                                std::span<const std::uint64_t> counts, double sum) {
    auto& f = family_of(name, help, type::histogram);
    f.bounds = bounds;
    auto& s = f.samples[render_labels(l)];
    s.counts.resize(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i)
        s.counts[i] += counts[i];
    s.value += sum;
}

std::string metric_sink::prometheus() const {
    return render(false);
}
std::string metric_sink::openmetrics() const {
    return render(true);
}

std::string metric_sink::render(bool openmetrics) const {
    std::string out;
    for (const auto& [name, f] : families_) {
        // OpenMetrics names a counter's family without the suffix of its samples.
        std::string_view shown = name;
        if (openmetrics && f.kind == type::counter && shown.ends_with(total))
            shown.remove_suffix(total.size());
        out += "# HELP ";
        out += shown;
        out += ' ';
        append_escaped(out, f.help, openmetrics);
        out += "\n# TYPE ";
        out += shown;
        out += f.kind == type::counter ? " counter\n"
               : f.kind == type::gauge ? " gauge\n"
                                       : " histogram\n";
        if (const auto unit = unit_of(shown); openmetrics && !unit.empty())
            out += "# UNIT " + std::string(shown) + ' ' + std::string(unit) + '\n';
        for (const auto& [braces, s] : f.samples) {
            if (f.kind == type::histogram)
                append_histogram(out, name, braces, f.bounds, s.counts, s.value, openmetrics);
            else
                append_sample(out, name, "", braces, s.value);
        }
    }
    if (openmetrics) out += "# EOF\n";
    return out;
}

} // namespace latchkey::core
