#pragma once
// A strict reader of metrics pages: Prometheus's text format 0.0.4 with promtool's rules for names,
// and OpenMetrics 1.0.0. It accepts only what Latchkey writes: counters, gauges and histograms,
// without timestamps and exemplars.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

class exposition {
  public:
    enum class format { prometheus, openmetrics };

    /// What is wrong with the page; empty if it is right.
    static std::string complaint(std::string_view page, format f) {
        exposition reader(f);
        try {
            reader.read(page);
        } catch (const std::runtime_error& e) {
            return std::string(e.what()) + ": " + std::string(reader.line_);
        }
        return {};
    }

  private:
    using labels = std::map<std::string, std::string>;

    explicit exposition(format f) : openmetrics_(f == format::openmetrics) {}

    static void demand(bool good, const char* what) {
        if (!good) throw std::runtime_error(what);
    }

    void read(std::string_view page) {
        demand(page.ends_with('\n'), "the last line has no end");
        while (!page.empty()) {
            line_ = page.substr(0, page.find('\n'));
            page.remove_prefix(line_.size() + 1);
            demand(!ended_, "something is behind # EOF");
            read_line();
        }
        end_family();
        demand(ended_ == openmetrics_, "# EOF ends OpenMetrics, and nothing else");
    }

    void read_line() {
        demand(!line_.empty() && line_.find('\r') == line_.npos, "an empty line, or a CR");
        rest_ = line_;
        if (line_ == "# EOF") {
            ended_ = true;
        } else if (take("# HELP ")) {
            begin_family(take_name());
            demand(take(" ") && !rest_.empty(), "HELP says nothing");
            demand(std::exchange(help_, true) == false && kind_.empty(), "HELP comes once, first");
            check_escapes(rest_, openmetrics_);
        } else if (take("# TYPE ")) {
            demand(take_name() == family_ && help_ && take(" "), "TYPE follows HELP");
            demand(kind_.empty(), "TYPE comes once");
            kind_ = rest_;
            check_family();
        } else if (take("# UNIT ")) {
            demand(openmetrics_, "UNIT is OpenMetrics");
            demand(take_name() == family_ && !kind_.empty() && samples_ == 0, "UNIT follows TYPE");
            demand(take(" ") && unit_.empty() && is_unit(rest_), "a unit that is none");
            unit_ = rest_;
            demand(family_.ends_with("_" + unit_), "a unit that is not in the name");
        } else {
            demand(line_.front() != '#', "a comment");
            read_sample();
        }
    }

    // --- families ---
    void begin_family(const std::string& name) {
        end_family();
        demand(families_.insert(name).second, "a family comes twice");
        family_ = name;
        help_ = false;
        kind_.clear();
        unit_.clear();
        samples_ = 0;
        seen_.clear();
        histograms_.clear();
    }
    void end_family() {
        if (family_.empty()) return;
        demand(!kind_.empty() && samples_ > 0, "a family without a type or samples");
        for (const auto& unit : {"seconds", "bytes"})
            if (openmetrics_ && family_.ends_with(std::string("_") + unit))
                demand(unit_ == unit, "a unit is not told");
        for (const auto& [of, h] : histograms_) {
            demand(!h.buckets.empty() && std::isinf(h.buckets.back().first), "no bucket +Inf");
            demand(h.has_sum && h.count == h.buckets.back().second, "no sum, or another count");
        }
    }
    void check_family() {
        const bool total = family_.ends_with("_total");
        if (kind_ == "counter")
            demand(total != openmetrics_, "a counter's name and _total");
        else
            demand(kind_ == "gauge" || kind_ == "histogram", "a type that is not known");
        for (const auto* reserved : {"_total", "_count", "_sum", "_bucket", "_created"})
            demand(kind_ == "counter" || !family_.ends_with(reserved), "a name that is reserved");
    }

    // --- samples ---
    struct histogram {
        std::vector<std::pair<double, double>> buckets;
        bool has_sum = false;
        double count = -1;
    };

    void read_sample() {
        ++samples_;
        const auto name = take_name();
        auto of = take_labels();
        demand(seen_.insert({name, of}).second, "a sample comes twice");
        demand(take(" "), "no value");
        const auto value = number(rest_);
        if (kind_ == "histogram") return read_histogram(name, of, value);
        const auto suffix = kind_ == "counter" && openmetrics_ ? "_total" : "";
        demand(name == family_ + suffix, "a sample of another family");
        demand(kind_ != "counter" || value >= 0, "a counter below 0");
    }
    void read_histogram(const std::string& name, labels of, double value) {
        const auto bound = of.extract("le");
        auto& h = histograms_[of];
        if (name == family_ + "_sum") {
            demand(bound.empty(), "a sum with a bound");
            h.has_sum = true;
        } else if (name == family_ + "_count") {
            demand(bound.empty(), "a count with a bound");
            h.count = value;
        } else {
            demand(name == family_ + "_bucket" && !bound.empty(), "a sample of another family");
            const auto& text = bound.mapped();
            const auto at = number(text);
            demand(!openmetrics_ || text == "+Inf" || text.find('.') != text.npos,
                   "a bound without a fraction");
            demand(h.buckets.empty() ||
                       (at > h.buckets.back().first && value >= h.buckets.back().second),
                   "buckets that do not ascend");
            h.buckets.emplace_back(at, value);
        }
    }

    // --- words ---
    bool take(std::string_view word) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    std::string take_name() {
        const auto end =
            std::min(rest_.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"),
                     rest_.size());
        const std::string name(rest_.substr(0, end));
        demand(!name.empty() && (name[0] < '0' || name[0] > '9'), "a name is missing");
        rest_.remove_prefix(end);
        return name;
    }
    labels take_labels() {
        labels out;
        if (!take("{")) return out;
        do {
            const auto name = take_name();
            demand(!name.starts_with("__") && take("=\""), "a label that is none");
            std::size_t end = 0;
            while (end < rest_.size() && rest_[end] != '"')
                end += rest_[end] == '\\' ? 2 : 1;
            demand(end < rest_.size(), "a label without its end");
            check_escapes(rest_.substr(0, end), true);
            demand(out.emplace(name, rest_.substr(0, end)).second, "a label comes twice");
            rest_.remove_prefix(end + 1);
        } while (take(","));
        demand(take("}"), "labels without their end");
        return out;
    }
    static void check_escapes(std::string_view text, bool quotes) {
        for (std::size_t at = 0; at < text.size(); ++at) {
            demand(!quotes || text[at] != '"', "a quote that is not escaped");
            if (text[at] != '\\') continue;
            demand(++at < text.size(), "half an escape");
            const char c = text[at];
            demand(c == '\\' || c == 'n' || (quotes && c == '"'), "an escape that is none");
        }
    }
    static bool is_unit(std::string_view text) { return text == "seconds" || text == "bytes"; }
    static double number(std::string_view text) {
        if (text == "+Inf") return INFINITY;
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        demand(error == std::errc() && end == text.data() + text.size() && std::isfinite(value),
               "a value that is no number");
        return value;
    }

    const bool openmetrics_;
    std::string_view line_;
    std::string_view rest_; // of `line_`
    bool ended_ = false;
    std::set<std::string> families_;
    // The family that is being read.
    std::string family_;
    bool help_ = false;
    std::string kind_;
    std::string unit_;
    std::size_t samples_ = 0;
    std::set<std::pair<std::string, labels>> seen_;
    std::map<labels, histogram> histograms_;
};

} // namespace latchkey::test
