#include "mix.hpp"

#include "fault.hpp"
#include "json_place.hpp"

#include <boost/json/parser.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>

namespace load {
namespace {

constexpr std::uint64_t largest = std::uint64_t{1} << 53; // what JSON's numbers hold exactly
constexpr double lightest = 1e-9, heaviest = 1e9;

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || marks.find(c) != marks.npos;
    });
}

// Nothing in it could end a header line.
bool is_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

key_range read_keys(const json_place& from) {
    from.has_only({"distribution", "first", "count", "exponent"});
    key_range out;
    const auto law = from.member("distribution").text();
    if (law == "zipf")
        out.distribution = key_range::law::zipf;
    else if (law == "sequence")
        out.distribution = key_range::law::sequence;
    else if (law != "uniform")
        from.member("distribution").refuse(R"("uniform", "zipf" or "sequence")");
    if (from.has("first")) out.first = from.member("first").whole(0, largest);
    out.count = from.member("count").whole(1, largest);
    if (from.has("exponent")) out.exponent = from.member("exponent").number(0.01, 20);
    return out;
}

expectation read_expectation(const json_place& from) {
    from.has_only({"status", "starts", "contains", "refused"});
    expectation out;
    if (from.has("status")) out.status = static_cast<int>(from.member("status").whole(200, 599));
    if (from.has("starts")) out.starts = numbered_text(from.member("starts").text());
    if (from.has("contains"))
        for (const auto& text : from.member("contains").elements())
            out.contains.emplace_back(text.text());
    if (from.has("refused"))
        for (const auto& status : from.member("refused").elements())
            out.refused.push_back(static_cast<int>(status.whole(200, 599)));
    return out;
}

std::pair<std::string, std::string> read_header(const std::string& name, const json_place& value) {
    if (!is_token(name))
        throw fault(value.place() +
                    " is no name of a header field; use letters, digits and dashes");
    if (is_same_name(name, "Content-Length") || is_same_name(name, "Transfer-Encoding"))
        throw fault(value.place() + " is written by the generator, from the body; leave it out");
    if (!is_line(value.text())) value.refuse("one line");
    return {name, value.text()};
}

bool is_numbered(const request_kind& kind) {
    const auto has_hole = [](std::string_view text) { return text.find("{n}") != text.npos; };
    return has_hole(kind.path) || has_hole(kind.body) || kind.expect.starts.is_numbered() ||
           std::ranges::any_of(kind.headers,
                               [&](const auto& field) { return has_hole(field.second); }) ||
           std::ranges::any_of(kind.expect.contains, &numbered_text::is_numbered);
}

request_kind read_kind(const json_place& from) {
    from.has_only({"name", "weight", "method", "path", "headers", "body", "keys", "expect"});
    request_kind out;
    out.name = from.member("name").text();
    if (from.has("weight")) out.weight = from.member("weight").number(lightest, heaviest);
    if (from.has("body")) out.body = from.member("body").text();
    out.has_body = from.has("body");
    out.method = from.has("method") ? from.member("method").text() : out.has_body ? "POST" : "GET";
    if (!is_token(out.method)) from.member("method").refuse("a method, such as POST");
    out.path = from.member("path").text();
    if (!out.path.starts_with('/') || !is_line(out.path) || out.path.find(' ') != std::string::npos)
        from.member("path").refuse("a path that begins with / and has no spaces");
    if (from.has("headers"))
        for (const auto& [name, value] : from.member("headers").members())
            out.headers.push_back(read_header(name, value));
    if (from.has("keys")) out.keys = read_keys(from.member("keys"));
    if (from.has("expect")) out.expect = read_expectation(from.member("expect"));
    if (is_numbered(out) && !from.has("keys"))
        throw fault(from.place() + " uses {n} and lacks \"keys\", which say what {n} stands for");
    return out;
}

} // namespace

mix read_mix(std::string_view json) {
    boost::json::parser parser;
    boost::system::error_code wrong;
    parser.reset();
    const auto read = parser.write_some(json.data(), json.size(), wrong);
    const bool more =
        json.substr(std::min(read, json.size())).find_first_not_of(" \t\r\n") != json.npos;
    if (!wrong && more) wrong = boost::json::error::extra_data;
    if (wrong) {
        const auto line = 1 + std::ranges::count(json.substr(0, read), '\n');
        throw fault("line " + std::to_string(line) + " is no JSON: " + wrong.message());
    }
    const auto document = parser.release();
    const json_place whole(document, "the mix");
    whole.has_only({"requests"});
    mix out;
    for (const auto& request : json_place(whole.member("requests")).elements())
        out.push_back(read_kind(request));
    if (out.empty()) whole.member("requests").refuse("an array with at least one request");
    for (std::size_t i = 0; i < out.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (out[i].name == out[j].name)
                throw fault("the mix.requests[" + std::to_string(i) +
                            "].name is the name of an earlier request, \"" + out[i].name +
                            "\"; give each one of its own");
    return out;
}

mix read_mix_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) throw fault(path + " cannot be read; --mix names a file that says what to ask");
    try {
        return read_mix(text);
    } catch (const fault& wrong) {
        throw fault(path + ": " + wrong.what());
    }
}

} // namespace load
