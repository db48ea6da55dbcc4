#pragma once
// What a question's `permissions` asks: names joined by AND and OR.
//
//   documents.read AND (admin OR billing.read)
//
// A name is made of segments between "." and ":", as scopes are spelled. AND binds closer than OR;
// both are in capitals, so that "and" stays a name. There is no NOT: a scope that is absent, or
// could not be read, must never widen what is allowed. There is no "*" either, which belongs to
// what is granted.
//
// It is read once per request, into memory of its own: nothing is allocated. Judging it is pure.

#include <latchkey/auth/input_bounds.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// An expression that was not read holds for nobody.
class permission_expression {
  public:
    /// Returns what is wrong, and where ("at character 5: expected …"), or nullopt. The text must
    /// live as long as what was read of it is used.
    std::optional<std::string> read(std::string_view text);

    /// True if the expression holds where exactly the names are granted for which
    /// `granted(std::string_view)` is true. It asks for each name, also if that decides nothing.
    template <class Granted>
    bool holds(Granted granted) const {
        std::uint64_t results = 0; // the last one is the lowest bit
        for (std::size_t i = 0; i < size_; ++i) {
            const auto& one = program_[i];
            const auto last = results & 1;
            if (one.what == step::name)
                results = results << 1 | (granted(text_.substr(one.begin, one.size)) ? 1u : 0u);
            else if (one.what == step::both)
                results = (results >> 1) & (last != 0 ? ~std::uint64_t(0) : ~std::uint64_t(1));
            else
                results = (results >> 1) | last;
        }
        return (results & 1) != 0;
    }

  private:
    friend class permission_reader;

    // In postfix order: "a AND b" is a, b, both.
    struct step {
        enum kind : std::uint8_t { name, both, either };
        std::uint16_t begin; // of a name, in the text
        std::uint8_t size;
        kind what;
    };
    static_assert(permissions_bytes_max <= UINT16_MAX && permissions_names_max <= 64);

    std::string_view text_;
    std::array<step, 2 * permissions_names_max - 1> program_;
    std::size_t size_ = 0;
};

} // namespace latchkey::auth
