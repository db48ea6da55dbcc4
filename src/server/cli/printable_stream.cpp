#include "server/cli/printable_stream.hpp"

#include <latchkey/core/text/printable.hpp>
#include <latchkey/core/text/utf8.hpp>

#include <utility>

namespace latchkey::server {

printable_buffer::~printable_buffer() {
    put(unfinished_);
}

bool printable_buffer::put(std::string_view text) {
    std::string out;
    core::append_printable(out, text);
    const auto size = static_cast<std::streamsize>(out.size());
    return target_.sputn(out.data(), size) == size;
}

std::streamsize printable_buffer::xsputn(const char* text, std::streamsize size) {
    auto whole = std::exchange(unfinished_, {});
    whole.append(text, static_cast<std::size_t>(size));
    const auto held = core::utf8_unfinished(whole);
    unfinished_ = whole.substr(whole.size() - held);
    return put(std::string_view(whole).substr(0, whole.size() - held)) ? size : 0;
}

printable_buffer::int_type printable_buffer::overflow(int_type c) {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char one = traits_type::to_char_type(c);
    return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

// If a flush falls within a character, the character's first bytes wait for the rest.
int printable_buffer::sync() {
    return target_.pubsync();
}

} // namespace latchkey::server
