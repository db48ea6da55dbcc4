#include "checker.hpp"

#include <algorithm>
#include <cstring>

namespace load {
namespace {

std::string shown(std::string_view text) {
    constexpr std::size_t most = 300;
    std::string out(text.substr(0, most));
    std::ranges::replace_if(
        out, [](unsigned char c) { return c < ' ' && c != '\n'; }, '?');
    return text.size() > most ? out + "…" : out;
}

std::string written(const numbered_text& text, std::string_view number) {
    std::string out;
    text.append_to(out, number);
    return out;
}

} // namespace

bool checker::contains(std::string_view body, const numbered_text& text, std::string_view number) {
    std::string_view wanted = text.plain();
    if (text.is_numbered()) {
        wanted_.clear();
        text.append_to(wanted_, number);
        wanted = wanted_;
    }
    return ::memmem(body.data(), body.size(), wanted.data(), wanted.size()) != nullptr;
}

verdict checker::judge(const expectation& expect, std::string_view number, int status,
                       std::string_view body) {
    if (status != expect.status)
        return std::ranges::find(expect.refused, status) != expect.refused.end() ? verdict::refused
                                                                                 : verdict::wrong;
    if (!expect.starts.begins(body, number)) return verdict::wrong;
    for (const auto& text : expect.contains)
        if (!contains(body, text, number)) return verdict::wrong;
    return verdict::right;
}

std::string checker::explain(const request_kind& kind, std::string_view number, int status,
                             std::string_view body) {
    std::string out = "\"" + kind.name + "\" with n = " + std::string(number) +
                      " was answered with status " + std::to_string(status);
    if (status != kind.expect.status) {
        out += " where " + std::to_string(kind.expect.status) + " is expected";
    } else if (!kind.expect.starts.begins(body, number)) {
        out += " and a body that does not begin with " + written(kind.expect.starts, number);
    } else {
        for (const auto& text : kind.expect.contains)
            if (!contains(body, text, number))
                out += " and a body that does not contain " + written(text, number);
    }
    return out + "; the body: " + (body.empty() ? "(none)" : shown(body));
}

} // namespace load
