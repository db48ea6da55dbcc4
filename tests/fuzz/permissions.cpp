// Expressions of permissions.
//
// Must hold:
// - A refusal says where, within the text or just behind it, and what was expected.
// - It never holds where nothing is granted, and always where everything is: there is no NOT.
// - What is granted more never makes it hold less.
// - Each name that it asks for stands in the text, without "*" and empty segments.

#include "auth/scopes.hpp"
#include "support.hpp"

#include <latchkey/auth/permission_expression.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace latchkey::fuzz;
namespace auth = latchkey::auth;

namespace {

void check_refusal(const std::string& why, std::string_view text) {
    constexpr std::string_view begins = "at character ";
    expect(why.starts_with(begins) && why.find(": expected ") != why.npos,
           "a refusal says where, and what was expected");
    const auto place = std::stoul(why.substr(begins.size()));
    expect(place >= 1 && place <= text.size() + 1, "the place is in the text");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    static auth::permission_expression read; // reused, as in a worker
    if (const auto why = read.read(text)) {
        check_refusal(*why, text);
        expect(!read.holds([](std::string_view) { return true; }),
               "what cannot be read holds for nobody");
        return 0;
    }
    std::vector<std::string_view> names;
    const bool all = read.holds([&](std::string_view name) {
        names.push_back(name);
        return true;
    });
    expect(all, "it holds where everything is granted");
    expect(!read.holds([](std::string_view) { return false; }),
           "it does not hold where nothing is");
    expect(!names.empty() && names.size() <= auth::permissions_names_max, "it has names");
    for (const auto name : names) {
        expect(text.find(name) != std::string_view::npos, "a name stands in the text");
        expect(!name.empty() && name.size() <= 128 && name.find('*') == name.npos,
               "a name is one of the grammar");
        auto rest = name;
        while (!rest.empty())
            expect(auth::cut_segment(rest).find_first_not_of(".:") == 0, "no segment is empty");
        expect(auth::gives(name, name), "a name gives itself");
        expect(auth::gives("*", name) == !name.starts_with("latchkey:"), "so does a star");
    }
    // By the order in which it asks, more and more of the names are granted.
    bool held = false;
    for (std::size_t granted = 0; granted <= names.size(); ++granted) {
        std::size_t asked = 0;
        const bool holds = read.holds([&](std::string_view) { return asked++ < granted; });
        expect(holds || !held, "what is granted more never makes it hold less");
        held = holds;
    }
    return 0;
}
