#include "record_text.hpp"

#include <algorithm>

namespace latchkey::auth {

void sort_and_dedupe(std::vector<std::string>& texts) {
    std::ranges::sort(texts);
    const auto repeated = std::ranges::unique(texts);
    texts.erase(repeated.begin(), repeated.end());
}

// Short texts live in the string itself.
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
