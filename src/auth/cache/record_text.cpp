#include "auth/cache/record_text.hpp"

#include <algorithm>

namespace latchkey::auth {

void sort_and_dedupe(std::vector<std::string>& texts) {
    std::ranges::sort(texts);
    // std::ranges::unique is not used: clang 14 does not compile the subrange of g++ 12's library.
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

// Short texts are stored in the string object itself.
std::size_t heap_bytes(const std::string& text) {
    static const auto inside = std::string().capacity();
    return text.capacity() > inside ? text.capacity() + 1 : 0;
}

std::size_t heap_bytes(const std::optional<std::string>& text) {
    return text ? heap_bytes(*text) : 0;
}

std::size_t heap_bytes(const std::vector<std::string>& texts) {
    auto total = texts.capacity() * sizeof(std::string);
    for (const auto& text : texts)
        total += heap_bytes(text);
    return total;
}

} // namespace latchkey::auth
