// The bytes of a request, as any peer may send them.
//
// Must hold, under the usual limits and under small ones:
// - The header's end, its refusal, and a chunked body are the same however the bytes are cut.
// - What is accepted is framed as a simple implementation of the RFC's rules frames it: one Host,
//   no Content-Length beside Transfer-Encoding, a decimal length within the limit, no control
//   characters, no space before a colon.
// - All views lie within the header.
// - A field that is not used changes nothing; the case of field names changes nothing.
// - A chunked body is complete if and only if a simple implementation of its grammar says so; then
//   both decode it to the same bytes, within the limit, and these decode to themselves when encoded
//   again.
// - What is accepted, Boost.Beast accepts too, and reads the same: method, target, version, Host,
//   Authorization, how the body is framed, whether the connection stays open, and a chunked body to
//   its last byte.
// - The weight by an Accept field is the same after a range that matches nothing is put before it.

#include "beast_reader.hpp"
#include "http/chunked_decoder.hpp"
#include "http/head_scanner.hpp"
#include "http/request_parser.hpp"
#include "support.hpp"

#include <latchkey/http/accept.hpp>
#include <latchkey/http/field_values.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace latchkey::fuzz;
namespace http = latchkey::http;

namespace {

using scan_outcome = http::head_scanner::outcome;
using decode_outcome = http::chunked_decoder::outcome;

http::configuration small_limits() {
    http::configuration limits;
    limits.target_bytes_max = 24;
    limits.header_bytes_max = 160;
    limits.header_fields_max = 4;
    limits.body_bytes_max = 48;
    limits.long_body_bytes_max = 64;
    return limits;
}

// --- the header's end ---

struct scanned {
    scan_outcome outcome = scan_outcome::incomplete;
    std::size_t begin = 0;
    std::size_t end = 0;
    int status = 0;
    bool operator==(const scanned&) const = default;
};

template <class Length>
scanned scan(std::string_view bytes, const http::configuration& limits, Length length) {
    http::head_scanner scanner;
    scanned out;
    std::size_t received = 0;
    cut(bytes, length, [&](std::string_view piece) {
        received += piece.size();
        out.outcome = scanner.scan(bytes.substr(0, received), limits);
        return out.outcome == scan_outcome::incomplete;
    });
    if (out.outcome == scan_outcome::complete) out.begin = scanner.begin(), out.end = scanner.end();
    if (out.outcome == scan_outcome::refused) out.status = scanner.why().status;
    return out;
}

// --- a simple implementation that reads a header ---

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
    return out;
}

struct field_line {
    std::string name; // in lower case
    std::string value;
};

std::vector<std::string_view> lines_of(std::string_view head) {
    std::vector<std::string_view> lines;
    for (auto end = head.find("\r\n"); end != head.npos; end = head.find("\r\n")) {
        lines.push_back(head.substr(0, end));
        head.remove_prefix(end + 2);
    }
    expect(head.empty(), "the header ends in CR LF");
    expect(!lines.empty() && lines.back().empty(), "and in a blank line");
    lines.pop_back();
    return lines;
}

field_line read_field(std::string_view line) {
    const auto colon = line.find(':');
    expect(colon != line.npos && colon > 0, "a field has a name and a colon");
    const auto name = line.substr(0, colon);
    expect(name.find_first_of(" \t\"(),/;<=>?@[\\]{}") == name.npos, "a field's name is a token");
    for (const char c : line)
        expect((c >= ' ' || c < 0 || c == '\t') && c != '\x7f', "no control characters in a field");
    auto value = line.substr(colon + 1);
    const auto first = value.find_first_not_of(" \t");
    if (first == value.npos) return {lower(name), {}};
    return {lower(name),
            std::string(value.substr(first, value.find_last_not_of(" \t") - first + 1))};
}

struct framing {
    std::size_t hosts = 0;
    std::size_t authorizations = 0;
    std::vector<std::string> lengths;
    std::vector<std::string> codings;
};

framing read_framing(const std::vector<std::string_view>& lines) {
    framing out;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto field = read_field(lines[i]);
        if (field.name == "host") ++out.hosts;
        if (field.name == "authorization") ++out.authorizations;
        if (field.name == "content-length") out.lengths.push_back(field.value);
        if (field.name == "transfer-encoding") out.codings.push_back(lower(field.value));
    }
    return out;
}

void check_framing(std::string_view head, const http::configuration& limits,
                   const http::request& r) {
    const auto lines = lines_of(head);
    expect(lines.size() <= limits.header_fields_max + 1, "no more fields than the limit");
    expect(lines[0].ends_with(r.http_1_0 ? " HTTP/1.0" : " HTTP/1.1"), "the version is the line's");
    const auto f = read_framing(lines);
    expect(f.hosts == 1 || (f.hosts == 0 && r.http_1_0), "one Host");
    expect(r.repeats_authorization == (f.authorizations > 1), "a repeated Authorization is seen");
    expect(f.lengths.size() + f.codings.size() <= 1, "one way to frame the body");
    expect(r.has_content_length == !f.lengths.empty(), "a length is seen");
    expect(r.chunked == !f.codings.empty(), "a coding is seen");
    if (r.chunked) expect(f.codings[0] == "chunked" && !r.http_1_0, "it is chunked, of HTTP/1.1");
    if (!r.has_content_length) return expect(r.content_length == 0, "no length is none");
    const auto& digits = f.lengths[0];
    expect(!digits.empty() && digits.find_first_not_of("0123456789") == digits.npos,
           "a length is decimal digits");
    const auto significant = digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
    expect(std::to_string(r.content_length) == (significant.empty() ? "0" : significant),
           "the length is the digits'");
}

void check_views(std::string_view head, const http::request& r) {
    const auto within = [&](std::string_view view) {
        return view.empty() || (view.data() >= head.data() &&
                                view.data() + view.size() <= head.data() + head.size());
    };
    expect(r.path == "/" || within(r.path), "the path lies within the header");
    expect(!r.path.empty(), "the path is not empty");
    expect(r.path.size() + r.query.size() <= head.size(), "the target is within the header");
    for (const auto view : r.fields)
        expect(within(view), "a field lies within the header");
    expect(within(r.query) && within(r.forwarded) && within(r.lines), "and the rest");
    expect(head.ends_with(std::string(r.lines) + "\r\n"), "the lines are all fields'");
    expect(r.body.empty(), "the body is not the parser's");
}

bool same(const http::request& a, const http::request& b) {
    return a.method == b.method && a.path == b.path && a.query == b.query &&
           a.http_1_0 == b.http_1_0 && a.keep_alive == b.keep_alive && a.chunked == b.chunked &&
           a.has_content_length == b.has_content_length && a.content_length == b.content_length &&
           a.expects_continue == b.expects_continue && a.fields == b.fields &&
           http::list_of(a.lines, "accept") == http::list_of(b.lines, "accept");
}

void check_likeness(std::string_view head, const http::configuration& limits,
                    const std::optional<http::refusal>& why, const http::request& r) {
    const auto agrees = [&](const std::string& other) {
        http::request again;
        const auto why_again = http::parse_request(other, limits, again);
        return why.has_value() == why_again.has_value() &&
               (why ? why->status == why_again->status : same(r, again));
    };
    auto longer = std::string(head);
    longer.insert(longer.size() - 2, "X-Nobody-Reads: this\r\n");
    expect(agrees(longer), "a field that nobody reads changes nothing");
    auto swapped = std::string(head);
    for (auto at = swapped.find("\r\n") + 2; at < swapped.size() && swapped[at] != '\r';) {
        for (; at < swapped.size() && swapped[at] != ':' && swapped[at] != '\r'; ++at)
            swapped[at] = lower(swapped[at]);
        at = std::min(swapped.find("\r\n", at), swapped.size() - 2) + 2;
    }
    expect(agrees(swapped), "the case of field names changes nothing");
}

// --- what Beast makes of it ---

// Beast alone checks this field (of no standard), which the server ignores.
bool has_proxy_connection(std::string_view head) {
    for (const auto line : lines_of(head))
        if (lower(line).starts_with("proxy-connection:")) return true;
    return false;
}

void check_with_beast(std::string_view head, const http::request& r) {
    if (has_proxy_connection(head)) return;
    const beast_reader beast(head);
    expect(!beast.refused() && beast.is_header_done(), "Beast accepts what is accepted");
    expect(r.method == http::method::other || beast.method() == name_of(r.method),
           "Beast reads the same method");
    expect(r.path == "/" || beast.target().find(r.path) != beast.target().npos,
           "Beast's target has the path");
    expect(beast.target().ends_with(r.query), "Beast's target has the query");
    expect(beast.http_1_0() == r.http_1_0, "Beast reads the same version");
    expect(beast.host() == r.get(http::field::host), "Beast reads the same Host");
    expect(beast.authorization() == r.get(http::field::authorization), "and Authorization");
    expect(beast.chunked() == r.chunked, "Beast sees the same coding");
    expect(beast.content_length().has_value() == r.has_content_length &&
               beast.content_length().value_or(0) == r.content_length,
           "Beast sees the same length");
    // In HTTP/1.0, Beast lets keep-alive win over close.
    expect(r.http_1_0 || beast.keep_alive() == r.keep_alive, "Beast ends where this one ends");
    expect(!r.keep_alive || beast.keep_alive(), "nothing stays open that Beast would close");
}

void check_accept(const http::request& r) {
    const auto accept = http::list_of(r.lines, "accept");
    for (const http::media_form& form : {http::media_form{"text", "plain", "0.0.4"},
                                         {"application", "openmetrics-text", "1.0.0"}}) {
        const auto given = http::weigh(accept, form);
        expect(given.thousandths >= 0 && given.thousandths <= 1000, "a weight is one");
        const auto behind = http::weigh("nobody/s;a=\",\\\"\", " + accept, form);
        expect(behind.thousandths == given.thousandths && behind.by == given.by,
               "a range of nobody's changes nothing");
    }
}

// --- a simple implementation that reads a chunked body ---

class slow_chunks {
  public:
    explicit slow_chunks(std::string_view raw) : rest_(raw) {}

    /// Returns the body, or nullopt if it is incomplete or malformed.
    std::optional<std::string> read(std::size_t bytes_max) {
        std::string body;
        for (;;) {
            const auto size = read_line();
            if (!size || *size + body.size() > bytes_max) return std::nullopt;
            if (*size > rest_.size()) return std::nullopt;
            body += rest_.substr(0, *size);
            rest_.remove_prefix(*size);
            if (!take("\r\n")) return std::nullopt;
            if (*size == 0) return body;
        }
    }
    std::size_t left() const { return rest_.size(); }

  private:
    std::optional<std::size_t> read_line() {
        const auto digits = take_while("0123456789abcdefABCDEF");
        if (digits.empty() || digits.size() > 8) return std::nullopt;
        const auto before = rest_.size();
        while (!rest_.starts_with("\r\n"))
            if (!take_extension()) return std::nullopt;
        extensions_ += before - rest_.size();
        if (before - rest_.size() > 256 || extensions_ > 8192) return std::nullopt;
        rest_.remove_prefix(2);
        return std::stoul(std::string(digits), nullptr, 16);
    }
    bool take_extension() {
        take_while(" \t");
        if (!take(";")) return false;
        take_while(" \t");
        if (take_while(token).empty()) return false;
        const auto behind_name = rest_;
        take_while(" \t");
        if (!take("=")) {
            rest_ = behind_name;
            return true;
        }
        take_while(" \t");
        return take("\"") ? take_quoted() : !take_while(token).empty();
    }
    bool take_quoted() {
        while (!rest_.empty()) {
            const bool escaped = take("\\");
            if (rest_.empty()) return false;
            const char c = rest_.front();
            if ((c >= 0 && c < ' ' && c != '\t') || c == '\x7f') return false;
            rest_.remove_prefix(1);
            if (c == '"' && !escaped) return true;
        }
        return false;
    }
    bool take(std::string_view word) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    std::string_view take_while(std::string_view members) {
        const auto taken = rest_.substr(0, rest_.find_first_not_of(members));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    static constexpr std::string_view token = "0123456789abcdefghijklmnopqrstuvwxyz"
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~";
    std::string_view rest_;
    std::size_t extensions_ = 0;
};

// --- a chunked body ---

struct decoded {
    decode_outcome outcome = decode_outcome::incomplete;
    std::string body;
    std::size_t left = 0;
    int status = 0;
    bool operator==(const decoded&) const = default;
};

template <class Length>
decoded decode(std::string_view raw, const http::body_limit& limit, Length length) {
    http::chunked_decoder decoder(limit);
    decoded out;
    out.left = raw.size();
    cut(raw, length, [&](std::string_view piece) {
        const auto before = piece.size();
        out.outcome = decoder.decode(piece, out.body);
        out.left -= before - piece.size();
        return out.outcome == decode_outcome::incomplete;
    });
    if (out.outcome == decode_outcome::refused) out.status = decoder.why().status;
    return out;
}

std::string encode(std::string_view body, dice& d) {
    std::string out;
    char size[64];
    cut(
        body, [&] { return 1 + d.roll(20); },
        [&](std::string_view piece) {
            const auto line = d.roll(3);
            const char* extensions = line == 0 ? "" : line == 1 ? ";a=b" : " ; a\t= \"\\\";\" ;c";
            std::snprintf(size, sizeof size, "%zx%s\r\n", piece.size(), extensions);
            out += size + std::string(piece) + "\r\n";
            return true;
        });
    return out + "0\r\n\r\n";
}

void check_chunks_with_beast(std::string_view request, const decoded& read) {
    const beast_reader beast(request);
    expect(beast.is_done() && beast.body() == read.body && beast.left() == read.left,
           "Beast decodes a whole chunked body to the same bytes, and leaves as many");
}

void check_chunked(std::string_view request, std::string_view head, const http::body_limit& limit,
                   dice& d) {
    const auto raw = request.substr(head.size());
    const auto all = [&] { return raw.size() + 1; };
    const auto whole = decode(raw, limit, all);
    expect(whole == decode(raw, limit, [] { return 1; }), "a chunked body, byte by byte");
    expect(whole == decode(raw, limit, [&] { return 1 + d.roll(9); }), "a chunked body, in pieces");
    expect(whole.body.size() <= limit.bytes_max, "a decoded body is within its limit");
    slow_chunks slow(raw);
    const auto read = slow.read(limit.bytes_max);
    expect(read.has_value() == (whole.outcome == decode_outcome::complete),
           "a chunked body is whole by its grammar");
    if (read) expect(*read == whole.body && slow.left() == whole.left, "and the same");
    if (whole.outcome != decode_outcome::complete) return;
    if (!has_proxy_connection(head)) check_chunks_with_beast(request, whole);
    const auto sent_again = encode(whole.body, d);
    const auto again = decode(sent_again, limit, [&] { return sent_again.size(); });
    expect(again.outcome == decode_outcome::complete && again.body == whole.body && again.left == 0,
           "a decoded body decodes to itself");
}

void check(std::string_view input, const http::configuration& limits) {
    dice d(input);
    const auto whole = scan(input, limits, [&] { return input.size() + 1; });
    expect(whole == scan(input, limits, [] { return 1; }), "the header's end, byte by byte");
    expect(whole == scan(input, limits, [&] { return 1 + d.roll(30); }), "and in pieces");
    if (whole.outcome != scan_outcome::complete) return;
    expect(whole.end - whole.begin <= limits.header_bytes_max, "a header is within the limit");
    // Copied to the heap, so that a read past its end is detected.
    const std::vector<char> own(input.begin() + static_cast<std::ptrdiff_t>(whole.begin),
                                input.begin() + static_cast<std::ptrdiff_t>(whole.end));
    const std::string_view head(own.data(), own.size());
    http::request r;
    const auto why = http::parse_request(head, limits, r);
    check_likeness(head, limits, why, r);
    if (why) return expect(why->status >= 400 && !why->detail.empty(), "a refusal says why");
    check_framing(head, limits, r);
    check_views(head, r);
    check_with_beast(head, r);
    check_accept(r);
    const http::body_limit limit{limits.body_bytes_max, "server.body_bytes_max"};
    if (r.chunked) check_chunked(input.substr(whole.begin), head, limit, d);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const http::configuration usual;
    static const auto small = small_limits();
    const auto input = text_of(data, size);
    check(input, usual);
    check(input, small);
    return 0;
}
