#include "http/request_parser.hpp"

#include "http/request_line.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/http/characters.hpp>
#include <latchkey/http/field_values.hpp>

#include <charconv>

namespace latchkey::http {

namespace {

using core::is_name;

constexpr std::string_view line_end = "\r\n";

bool line_ends_at(std::string_view text, std::size_t at) {
    return at + 1 < text.size() && text[at] == '\r' && text[at + 1] == '\n';
}

// Reads the fields one by one. Keeps the first refusal.
class field_reader {
  public:
    explicit field_reader(request& out) : out_(out) {}

    /// `lines` are the field lines, each with its CR LF, and the blank line.
    std::optional<refusal> read(std::string_view lines) {
        out_.keep_alive = !out_.http_1_0;
        out_.lines = lines.substr(0, lines.size() - line_end.size());
        while (!why_ && !line_ends_at(lines, 0))
            lines.remove_prefix(read_line(lines));
        if (!why_) judge();
        if (!why_ && forwarded_) // without the end of the last line
            out_.forwarded = {forwarded_, static_cast<std::size_t>(lines.data() - forwarded_) -
                                              line_end.size()};
        return std::move(why_);
    }

  private:
    void refuse(int status, std::string detail) {
        if (!why_) why_.emplace(refusal{status, std::move(detail)});
    }

    // Returns how many bytes the line took.
    std::size_t read_line(std::string_view lines) {
        const auto colon = token_characters.span_end(lines, 0);
        if (colon == 0 || colon == lines.size() || lines[colon] != ':') {
            refuse(400, "a line of the header is not a field's name, a colon and its value");
            return 0;
        }
        auto end = find_control(lines, colon + 1);
        while (end < lines.size() && lines[end] == '\t')
            end = find_control(lines, end + 1);
        if (!line_ends_at(lines, end)) {
            refuse(400, "the value of a field holds a control character");
            return 0;
        }
        take(lines.substr(0, colon), core::trimmed(lines.substr(colon + 1, end - colon - 1)));
        return end + line_end.size();
    }

    // Switches on the length first, so that a field that is not kept seldom costs a comparison.
    void take(std::string_view name, std::string_view value) {
        switch (name.size()) {
        case 4:
            if (is_name(name, "host")) read_host(value);
            return;
        case 6:
            if (is_name(name, "expect")) read_expect(value);
            return;
        case 9:
            if (is_name(name, "forwarded")) out_.has_forwarded = true;
            if (is_name(name, "x-api-key")) read_api_key(value);
            return;
        case 10:
            if (is_name(name, "connection")) read_connection(value);
            return;
        case 11:
            if (is_name(name, "traceparent")) read_traceparent(value);
            return;
        case 12:
            if (is_name(name, "content-type")) read_content_type(value);
            if (is_name(name, "x-request-id")) keep(field::x_request_id, value);
            return;
        case 13:
            if (is_name(name, "authorization")) read_authorization(value);
            if (is_name(name, "cache-control")) read_cache_control(value);
            if (is_name(name, "if-none-match")) keep(field::if_none_match, value);
            return;
        case 14:
            if (is_name(name, "content-length")) read_content_length(value);
            if (is_name(name, "x-latchkey-key")) read_latchkey_key(value);
            return;
        case 15:
            if (!forwarded_ && is_name(name, "x-forwarded-for")) forwarded_ = name.data();
            if (is_name(name, "accept-encoding")) read_accept_encoding(value);
            return;
        case 16:
            if (is_name(name, "content-encoding")) read_content_encoding(value);
            return;
        case 17:
            if (is_name(name, "transfer-encoding")) read_transfer_encoding(value);
            return;
        case 18:
            if (is_name(name, "x-latchkey-receipt")) out_.has_receipt = true;
            return;
        default:
            return;
        }
    }

    void keep(field name, std::string_view value) {
        out_.fields[static_cast<std::size_t>(name)] = value;
    }

    void read_host(std::string_view value) {
        if (hosts_++ > 0) return refuse(400, "Host is repeated");
        if (!is_host(value)) return refuse(400, "Host is malformed");
        keep(field::host, value);
    }

    void read_expect(std::string_view value) {
        if (!core::same_text(value, "100-continue"))
            return refuse(417, "the only expectation met here is 100-continue");
        out_.expects_continue = true;
    }

    // RFC 9112, section 9.3: "close" wins, wherever it stands.
    void read_connection(std::string_view value) {
        while (!value.empty()) {
            const auto option = core::next_part(value, ',');
            if (!token_characters.holds(option)) return refuse(400, "Connection is malformed");
            if (core::same_text(option, "close")) closes_ = true;
            if (core::same_text(option, "keep-alive")) out_.keep_alive = true;
        }
        if (closes_) out_.keep_alive = false;
    }

    void read_content_type(std::string_view value) {
        if (!out_.get(field::content_type).empty()) return refuse(400, "Content-Type is repeated");
        keep(field::content_type, value);
    }

    void read_authorization(std::string_view value) {
        out_.repeats_authorization = authorizations_++ > 0;
        keep(field::authorization, value);
    }

    void read_api_key(std::string_view value) {
        out_.repeats_api_key = out_.get(field::x_api_key).data() != nullptr;
        keep(field::x_api_key, value);
    }

    // W3C Trace Context: several lines count as none.
    void read_traceparent(std::string_view value) {
        keep(field::traceparent, traceparents_++ == 0 ? value : std::string_view());
    }

    // A secret, like Authorization: which of two counts would be anybody's guess.
    void read_latchkey_key(std::string_view value) {
        if (latchkey_keys_++ > 0) return refuse(400, "X-Latchkey-Key is repeated");
        keep(field::x_latchkey_key, value);
    }

    void read_cache_control(std::string_view value) {
        // If there are several lines, the strictest counts: no-store includes no-cache.
        if (!asks_for_no_store(out_.get(field::cache_control))) keep(field::cache_control, value);
    }

    void read_accept_encoding(std::string_view value) {
        // Several lines are not joined: then nothing is compressed.
        keep(field::accept_encoding, accept_encodings_++ == 0 ? value : std::string_view());
    }

    void read_content_encoding(std::string_view value) {
        // If there are several lines, one that names a coding counts.
        if (!names_coding(out_.get(field::content_encoding))) keep(field::content_encoding, value);
    }

    void read_content_length(std::string_view value) {
        if (out_.has_content_length) return refuse(400, "Content-Length is repeated");
        out_.has_content_length = true;
        const auto* last = value.data() + value.size();
        const auto [end, error] = std::from_chars(value.data(), last, out_.content_length);
        if (value.empty() || end != last || error != std::errc())
            refuse(400, "Content-Length is not one decimal number");
    }

    void read_transfer_encoding(std::string_view value) {
        if (codings_++ > 0) return refuse(400, "Transfer-Encoding is repeated");
        const auto comma = value.rfind(',');
        const auto last =
            core::trimmed(comma == std::string_view::npos ? value : value.substr(comma + 1));
        out_.chunked = core::same_text(last, "chunked");
        if (!out_.chunked)
            return refuse(400, "Transfer-Encoding does not end in chunked: the body has no end");
        if (comma == std::string_view::npos) return;
        if (core::same_text(core::trimmed(value.substr(0, comma)), "chunked"))
            return refuse(400, "Transfer-Encoding applies chunked twice");
        refuse(501, "no transfer coding but chunked is understood here");
    }

    // Checks the rules that involve several fields.
    void judge() {
        if (hosts_ == 0 && !out_.http_1_0) return refuse(400, "HTTP/1.1 requires a Host field");
        if (out_.chunked && out_.http_1_0)
            return refuse(400, "Transfer-Encoding has no meaning in HTTP/1.0");
        if (out_.chunked && out_.has_content_length)
            return refuse(400, "Content-Length and Transfer-Encoding exclude each other");
        if (out_.http_1_0) out_.expects_continue = false;
    }

    request& out_;
    std::optional<refusal> why_;
    const char* forwarded_ = nullptr; // where the first such line begins
    bool closes_ = false;
    unsigned hosts_ = 0;
    unsigned authorizations_ = 0;
    unsigned latchkey_keys_ = 0;
    unsigned codings_ = 0;
    unsigned traceparents_ = 0;
    unsigned accept_encodings_ = 0;
};

} // namespace

std::optional<refusal> parse_request(std::string_view head, const configuration& limits,
                                     request& out) {
    out = {};
    const auto end = head.find(line_end);
    if (end == std::string_view::npos || !head.ends_with("\r\n\r\n"))
        return refusal{400, "the header ends too early"};
    if (auto why = read_request_line(head.substr(0, end), limits, out)) return why;
    return field_reader(out).read(head.substr(end + line_end.size()));
}

} // namespace latchkey::http
