#include <latchkey/core/cache/keyed_hash.hpp>

#include <bit>
#include <cstring>

namespace latchkey::core {

namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie");

struct state {
    std::uint64_t a, b, c, d;

    void round() noexcept {
        a += b;
        c += d;
        b = std::rotl(b, 13) ^ a;
        d = std::rotl(d, 16) ^ c;
        a = std::rotl(a, 32);
        c += b;
        a += d;
        b = std::rotl(b, 17) ^ c;
        d = std::rotl(d, 21) ^ a;
        c = std::rotl(c, 32);
    }
    void absorb(std::uint64_t word) noexcept {
        d ^= word;
        round();
        a ^= word;
    }
};

} // namespace

std::uint64_t keyed_hash(const hash_key& key, std::span<const std::byte> input) noexcept {
    state s{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d,
            key.low ^ 0x6c7967656e657261, key.high ^ 0x7465646279746573};
    const auto length = static_cast<std::uint64_t>(input.size());
    for (; input.size() >= sizeof(std::uint64_t); input = input.subspan(sizeof(std::uint64_t))) {
        std::uint64_t word = 0;
        std::memcpy(&word, input.data(), sizeof word);
        s.absorb(word);
    }
    std::uint64_t last = length << 56;
    for (std::size_t i = 0; i < input.size(); ++i)
        last |= std::to_integer<std::uint64_t>(input[i]) << (8 * i);
    s.absorb(last);
    s.c ^= 0xff;
    for (int i = 0; i < 3; ++i)
        s.round();
    return s.a ^ s.b ^ s.c ^ s.d;
}

} // namespace latchkey::core
