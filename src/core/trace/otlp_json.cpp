#include <latchkey/core/trace/otlp_json.hpp>

#include <latchkey/core/text/json_text.hpp>

#include <chrono>

namespace latchkey::core {

namespace {

// Writes an array of {"key":…,"value":{…}}.
class attribute_list {
  public:
    explicit attribute_list(std::string& out) : out_(out) { out_ += R"("attributes":[)"; }
    void add(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        begin(name);
        out_ += R"({"stringValue":)";
        append_json_string(out_, value);
        out_ += "}}";
    }
    void add(std::string_view name, int value) {
        begin(name);
        out_ += R"({"intValue":")" + std::to_string(value) + "\"}}";
    }
    void end() { out_ += ']'; }

  private:
    void begin(std::string_view name) {
        if (out_.back() != '[') out_ += ',';
        out_ += R"({"key":)";
        append_json_string(out_, name);
        out_ += R"(,"value":)";
    }
    std::string& out_;
};

std::string hex(std::uint64_t n) {
    std::string out(16, '0');
    write_hex(n, out.data());
    return out;
}

std::string nanoseconds_of(real_time at) {
    return std::to_string(std::chrono::duration_cast<nanoseconds>(at.time_since_epoch()).count());
}

void append(std::string& out, const trace_span& one) {
    out += R"({"traceId":")" + hex(one.id.trace_high) + hex(one.id.trace_low);
    out += R"(","spanId":")" + hex(one.id.span) + '"';
    if (one.parent != 0) out += R"(,"parentSpanId":")" + hex(one.parent) + '"';
    out += R"(,"flags":1,"name":)";
    // A server's span is named by its method and route (semantic conventions for HTTP).
    append_json_string(out, one.name.empty() && !one.route.empty()
                                ? std::string(one.method) + ' ' + std::string(one.route)
                                : std::string(one.name.empty() ? one.method : one.name));
    out += R"(,"kind":)" + std::to_string(static_cast<int>(one.kind));
    out += R"(,"startTimeUnixNano":")" + nanoseconds_of(one.begin);
    out += R"(","endTimeUnixNano":")" + nanoseconds_of(one.end) + "\",";
    attribute_list attributes(out);
    attributes.add("http.request.method", one.method);
    attributes.add("http.route", one.route);
    if (one.status != 0) attributes.add("http.response.status_code", one.status);
    attributes.add("db.system.name", one.system);
    attributes.add("server.address", one.server);
    attributes.end();
    out += one.failed ? R"(,"status":{"code":2}})" : R"(,"status":{}})";
}

} // namespace

std::string otlp_json(std::span<const trace_span> spans, const resource_attributes& from,
                      std::string_view version) {
    std::string out = R"({"resourceSpans":[{"resource":{)";
    attribute_list resource(out);
    for (const auto& [name, value] : from)
        resource.add(name, value);
    resource.end();
    out += R"(},"scopeSpans":[{"scope":{"name":"latchkey","version":)";
    append_json_string(out, version);
    out += R"(},"spans":[)";
    for (const auto& one : spans) {
        if (out.back() == '}') out += ',';
        append(out, one);
    }
    return out + "]}]}]}";
}

} // namespace latchkey::core
