#pragma once
// A strict reader of what a collector gets: an ExportTraceServiceRequest in OTLP's JSON encoding
// (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding").

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test {

struct received_span {
    std::string trace_id, span_id, parent_id, name;
    std::int64_t kind = 0;
    std::uint64_t begin = 0, end = 0;
    std::map<std::string, std::string> attributes;
    bool failed = false;
};

/// Reads one request's body. What is wrong with it is in `complaints`.
class otlp_reader {
  public:
    std::vector<received_span> spans;
    std::map<std::string, std::string> resource;
    std::vector<std::string> complaints;

    void read(std::string_view body) {
        boost::system::error_code wrong;
        const auto root = boost::json::parse({body.data(), body.size()}, wrong);
        if (wrong || !root.is_object()) return complain("it is no JSON object");
        for (const auto& one : list(root, "resourceSpans", {"resourceSpans"})) {
            expect_members(one, {"resource", "scopeSpans"});
            if (const auto* from = one.as_object().if_contains("resource")) {
                expect_members(*from, {"attributes"});
                resource = attributes_of(*from);
            }
            if (resource["service.name"].empty()) complain("the resource has no service.name");
            for (const auto& scope : list(one, "scopeSpans", {"resource", "scopeSpans"})) {
                expect_members(scope, {"scope", "spans"});
                for (const auto& span : list(scope, "spans", {"scope", "spans"}))
                    read_span(span);
            }
        }
        if (spans.empty()) complain("there is no span in it");
    }

  private:
    using value = boost::json::value;

    void complain(std::string what) { complaints.push_back(std::move(what)); }
    void expect_members(const value& v, std::initializer_list<std::string_view> known) {
        if (!v.is_object()) return complain("an object is expected");
        for (const auto& [name, ignored] : v.as_object())
            if (std::ranges::find(known, std::string_view(name.data(), name.size())) == known.end())
                complain("unknown member " + std::string(name));
    }
    boost::json::array list(const value& in, std::string_view name,
                            std::initializer_list<std::string_view> known) {
        expect_members(in, known);
        const auto* found = in.is_object() ? in.as_object().if_contains(name) : nullptr;
        if (found && found->is_array() && !found->as_array().empty()) return found->as_array();
        complain(std::string(name) + " is no list, or empty");
        return {};
    }
    std::string text(const value& in, std::string_view name) {
        const auto* found = in.as_object().if_contains(name);
        if (found && found->is_string()) return std::string(found->as_string());
        if (found) complain(std::string(name) + " is no text");
        return {};
    }
    std::string id(const value& in, std::string_view name, std::size_t digits, bool required) {
        const auto out = text(in, name);
        if (out.empty() && !required) return out;
        const bool is_hex = out.find_first_not_of("0123456789abcdef") == out.npos;
        const bool is_zero = out.find_first_not_of('0') == out.npos;
        if (out.size() != digits || !is_hex || is_zero) complain(std::string(name) + ": " + out);
        return out;
    }
    std::uint64_t number(const value& in, std::string_view name) {
        const auto digits = text(in, name); // 64-bit numbers are texts
        if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) {
            complain(std::string(name) + " is no decimal number");
            return 0;
        }
        return std::stoull(digits);
    }
    std::map<std::string, std::string> attributes_of(const value& in) {
        std::map<std::string, std::string> out;
        const auto* all = in.as_object().if_contains("attributes");
        if (!all || !all->is_array()) return out;
        for (const auto& one : all->as_array()) {
            expect_members(one, {"key", "value"});
            const auto key = text(one, "key");
            const auto& held = one.at("value").as_object();
            if (held.size() != 1) complain(key + " has not one value");
            std::string read;
            if (const auto* s = held.if_contains("stringValue"); s && s->is_string())
                read = s->as_string();
            else if (const auto* n = held.if_contains("intValue"); n && n->is_string())
                read = n->as_string();
            else
                complain(key + " has a value of another type");
            if (!out.emplace(key, read).second) complain(key + " is repeated");
        }
        return out;
    }
    void read_span(const value& v) {
        expect_members(v, {"traceId", "spanId", "parentSpanId", "flags", "name", "kind",
                           "startTimeUnixNano", "endTimeUnixNano", "attributes", "status"});
        received_span out;
        out.trace_id = id(v, "traceId", 32, true);
        out.span_id = id(v, "spanId", 16, true);
        out.parent_id = id(v, "parentSpanId", 16, false);
        out.name = text(v, "name");
        if (out.name.empty()) complain("a span has no name");
        const auto* kind = v.as_object().if_contains("kind"); // enumerations are numbers
        if (!kind || !kind->is_int64() || kind->as_int64() < 1 || kind->as_int64() > 5)
            complain("kind is no number of a kind");
        else
            out.kind = kind->as_int64();
        out.begin = number(v, "startTimeUnixNano");
        out.end = number(v, "endTimeUnixNano");
        if (out.end < out.begin) complain(out.name + " ends before it begins");
        out.attributes = attributes_of(v);
        const auto& status = v.at("status").as_object();
        if (const auto* code = status.if_contains("code")) out.failed = code->as_int64() == 2;
        spans.push_back(std::move(out));
    }
};

} // namespace latchkey::test
