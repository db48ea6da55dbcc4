#include "server/cli/status_screen.hpp"

#include "server/cli/relative_time.hpp"
#include "server/cli/table.hpp"

#include <latchkey/core/text/printable.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::server {

namespace {

namespace json = boost::json;

constexpr std::size_t margin = 14; // of the names on the left

const json::object* object_at(const json::object& in, std::string_view name) {
    const auto* found = in.if_contains(name);
    return found ? found->if_object() : nullptr;
}
const json::array* array_at(const json::object& in, std::string_view name) {
    const auto* found = in.if_contains(name);
    return found ? found->if_array() : nullptr;
}
std::optional<double> number_at(const json::object& in, std::string_view name) {
    const auto* found = in.if_contains(name);
    if (!found || !found->is_number()) return std::nullopt;
    return found->to_number<double>();
}

std::string fixed(double v, int digits) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, v, std::chars_format::fixed, digits);
    if (end.ec != std::errc()) return "-";
    return {text, end.ptr};
}
std::string number(const json::object& in, std::string_view name, int digits = 0) {
    const auto v = number_at(in, name);
    return v ? fixed(*v, digits) : "-";
}
std::string ms(const json::object& in, std::string_view name) {
    const auto v = number_at(in, name);
    return v ? fixed(*v, *v < 10 ? 2 : 0) + " ms" : "-";
}
std::string mib(const json::object& in, std::string_view name) {
    return fixed(number_at(in, name).value_or(0) / (1 << 20), 0);
}
std::string when(const json::object& in, std::string_view name, core::real_time now) {
    const auto text = text_at(in, name);
    const auto at = core::parse_rfc3339(text);
    return at ? relative_time(*at, now) : text;
}

// libpq begins further lines of a message with a tab. A line feed could make a line that we did not
// write.
std::string on_one_line(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool breaks = text[i] == '\n' || text[i] == '\t';
        if (!breaks)
            out += text[i];
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    return core::printable_line(out);
}

// {"a":1,"b":"x"} as "a 1, b x".
std::string pairs_of(const json::value& object) {
    std::string out;
    if (const auto* members = object.if_object())
        for (const auto& one : *members)
            out += (out.empty() ? "" : ", ") + std::string(one.key()) + ' ' + text_of(one.value());
    return out;
}

class screen {
  public:
    screen(painter& out, core::real_time now) : out_(out), now_(now) {}

    void show(const json::object& status) {
        head(status);
        failing(status);
        if (const auto* t = object_at(status, "traffic")) traffic(*t);
        if (const auto* d = object_at(status, "database")) database(*d, status);
        if (const auto* f = object_at(status, "feed")) feed(*f);
        if (const auto* c = object_at(status, "caches")) caches(*c);
        limits(status);
        if (const auto* c = object_at(status, "certificate"))
            line("certificate", text_at(*c, "subject") + ", ends " + when(*c, "ends_at", now_));
        if (const auto* i = object_at(status, "issuing")) signing(*i);
        issuers(status);
        mirror(status);
        found(status);
    }

  private:
    void line(std::string_view name, const std::string& text, tint colour = tint::plain) {
        std::string left(name);
        left.resize(std::max(margin, left.size() + 1), ' ');
        out_.write(core::printable_line(left), tint::heading);
        out_.write(on_one_line(text) + '\n', colour);
    }
    void below(const std::string& text, tint colour = tint::plain) {
        out_.write(std::string(margin, ' ') + on_one_line(text) + '\n', colour);
    }

    void head(const json::object& status) {
        out_.write(on_one_line("latchkey " + text_at(status, "version") + ", node " +
                               text_at(status, "node") + ", started " +
                               when(status, "started_at", now_)) +
                       ": ",
                   tint::heading);
        const auto* ready = status.if_contains("ready");
        const bool is_ready = ready && ready->is_bool() && ready->get_bool();
        if (!is_ready)
            out_.write("not ready: " + on_one_line(text_at(status, "reason")) + '\n', tint::bad);
        else if (fails(status))
            out_.write("ready, degraded\n", tint::warning);
        else
            out_.write("ready, all is well\n", tint::good);
    }
    static bool is_failing(const json::object& check) {
        return text_at(check, "status") == "failing";
    }
    static bool fails(const json::object& status) {
        const auto* checks = object_at(status, "checks");
        if (!checks) return false;
        for (const auto& one : *checks)
            if (const auto* check = one.value().if_object(); check && is_failing(*check))
                return true;
        return false;
    }
    void failing(const json::object& status) {
        const auto* checks = object_at(status, "checks");
        if (!checks) return;
        for (const auto& one : *checks) {
            const auto* check = one.value().if_object();
            if (!check || !is_failing(*check)) continue;
            const auto since = when(*check, "since", now_);
            line(one.key(), text_at(*check, "code") + (since.empty() ? "" : ", since " + since),
                 tint::bad);
            if (const auto detail = text_at(*check, "detail"); !detail.empty()) below(detail);
            if (const auto mend = text_at(*check, "mend"); !mend.empty()) below("mend: " + mend);
        }
    }
    void traffic(const json::object& t) {
        const auto hits = number_at(t, "hit_rate");
        line("traffic", number(t, "requests_per_second", 1) + " requests/s over " +
                            number(t, "seconds") + " s, p50 " + ms(t, "p50_ms") + ", p99 " +
                            ms(t, "p99_ms") + ", hit rate " +
                            (hits ? fixed(*hits * 100, 1) + " %" : "-") + ", failed " +
                            number(t, "failed_per_second", 1) + "/s");
        std::string codes;
        if (const auto* verdicts = object_at(t, "verdicts"))
            for (const auto& one : *verdicts)
                codes += (codes.empty() ? "" : ", ") + std::string(one.key()) + ' ' +
                         text_of(one.value());
        line("verdicts", codes.empty() ? "none" : codes);
    }
    void database(const json::object& d, const json::object& status) {
        const auto* reachable = d.if_contains("reachable");
        const bool good = reachable && reachable->is_bool() && reachable->get_bool();
        std::string text = text_at(d, "host");
        if (const auto port = text_at(d, "port"); !port.empty()) text += ':' + port;
        if (const auto name = text_at(d, "name"); !name.empty()) text += '/' + name;
        if (d.contains("timeline")) text += ", timeline " + number(d, "timeline");
        if (d.contains("since")) text += ", since " + when(d, "since", now_);
        if (!good) text += (text.empty() ? "" : "; ") + ("unreachable: " + text_at(d, "reason"));
        line("database", text, good ? tint::plain : tint::bad);
        std::string more;
        if (const auto breaker = text_at(status, "breaker"); !breaker.empty())
            more = "breaker " + breaker;
        if (const auto* l = object_at(d, "lookups"))
            more += "; look-ups: " + number(*l, "queries_per_second", 1) + " queries/s, p50 " +
                    ms(*l, "p50_ms") + ", p99 " + ms(*l, "p99_ms") + ", refused " +
                    number(*l, "refused_per_second", 1) + "/s";
        if (d.contains("clock_ahead_ms")) more += "; its clock +" + ms(d, "clock_ahead_ms");
        if (!more.empty()) below(more);
    }
    void feed(const json::object& f) {
        const auto age = number_at(f, "age_seconds");
        line("feed", (age ? fixed(*age, 1) + " s old" : std::string("not read yet")) + ", " +
                         text_at(f, "cached_answers"));
    }
    void caches(const json::object& all) {
        std::string text;
        for (const auto& one : all)
            if (const auto* c = one.value().if_object())
                text += (text.empty() ? "" : "; ") + std::string(one.key()) + ' ' +
                        number(*c, "entries") + " in " + mib(*c, "bytes") + " of " +
                        mib(*c, "bytes_max") + " MiB";
        line("caches", text);
    }
    void limits(const json::object& status) {
        auto text = number(status, "connections") + " connections";
        if (status.contains("connections_max")) text += " of " + number(status, "connections_max");
        std::string refused;
        if (const auto* all = array_at(status, "limits"))
            for (const auto& one : *all)
                if (const auto* limit = one.if_object())
                    refused +=
                        "; " + text_at(*limit, "policy") + " refused " + number(*limit, "refused");
        text += refused + (refused.empty() ? "" : " since the start");
        line("limits", text);
    }
    void signing(const json::object& i) {
        const auto* possible = i.if_contains("possible");
        if (!possible || !possible->is_bool() || !possible->get_bool())
            return line("signing keys", "none can be used: " + text_at(i, "reason"), tint::bad);
        std::string text;
        if (const auto* keys = array_at(i, "keys"))
            for (const auto& one : *keys)
                if (const auto* key = one.if_object()) {
                    text += (text.empty() ? "" : "; ") + text_at(*key, "key_id") + ' ' +
                            text_at(*key, "state");
                    if (key->contains("activates_at"))
                        text += ", signs " + when(*key, "activates_at", now_);
                }
        line("signing keys", text);
    }
    void issuers(const json::object& status) {
        const auto* all = array_at(status, "issuers");
        if (!all) return;
        for (const auto& one : *all)
            if (const auto* i = one.if_object()) {
                const auto why = text_at(*i, "reason");
                line("issuer",
                     text_at(*i, "issuer") + ", " + number(*i, "keys") + " keys, " +
                         number(*i, "age_seconds") + " s old" + (why.empty() ? "" : ": " + why),
                     why.empty() ? tint::plain : tint::warning);
            }
    }
    // Elements of the older service's arrays that an operator has to repair.
    void mirror(const json::object& status) {
        const auto* m = object_at(status, "mirror");
        if (!m || number_at(*m, "skipped").value_or(0) + number_at(*m, "disabled").value_or(0) == 0)
            return;
        line("mirror",
             number(*m, "skipped") + " elements of organizations.api_keys skipped, " +
                 number(*m, "disabled") + " disabled; the first:",
             tint::warning);
        if (const auto* first = array_at(*m, "first"))
            for (const auto& one : *first)
                below(pairs_of(one));
    }
    // The check of the database tells the same.
    static bool is_told(const json::object& status, const json::object& finding) {
        const auto* checks = object_at(status, "checks");
        const auto* database = checks ? object_at(*checks, "database") : nullptr;
        return database && is_failing(*database) &&
               text_at(finding, "name") == "database_unreachable";
    }
    void found(const json::object& status) {
        const auto* examined = object_at(status, "examined");
        if (const auto* all = examined ? array_at(*examined, "findings") : nullptr)
            for (const auto& one : *all)
                if (const auto* f = one.if_object(); f && !is_told(status, *f)) {
                    const bool error = text_at(*f, "severity") == "error";
                    line("finding", text_at(*f, "name"), error ? tint::bad : tint::warning);
                    below(text_at(*f, "message"));
                    below("mend: " + text_at(*f, "mend"));
                }
        for (const auto name : {"findings", "warnings"})
            if (const auto* all = array_at(status, name))
                for (const auto& one : *all)
                    line("note", text_of(one), tint::warning);
    }

    painter& out_;
    const core::real_time now_;
};

} // namespace

void show_status(painter& out, const json::object& status, core::real_time now) {
    screen(out, now).show(status);
}

} // namespace latchkey::server
