#include "crypto/ed25519_point.hpp"

#include <latchkey/crypto/openssl_handles.hpp>

#include <string>
#include <utility>

namespace latchkey::crypto {

namespace {

using bn_ctx_ptr = std::unique_ptr<BN_CTX, freed_by<BN_CTX_free>>;

// The curve is -x^2 + y^2 = 1 + d x^2 y^2, with d = -above/below (RFC 8032, section 5.1).
constexpr BN_ULONG above = 121665;
constexpr BN_ULONG below = 121666;

// Arithmetic modulo 2^255 - 19. Remembers whether a step has failed.
class field {
  public:
    field() {
        note(context_ && prime_ && BN_set_bit(prime_.get(), 255) == 1 &&
             BN_sub_word(prime_.get(), 19) == 1);
    }

    bool good() const noexcept { return good_; }
    bool holds(const bignum_ptr& a) const { return BN_cmp(a.get(), prime_.get()) < 0; }

    bignum_ptr product(const bignum_ptr& a, const bignum_ptr& b) {
        bignum_ptr out(BN_new());
        note(good_ && out &&
             BN_mod_mul(out.get(), a.get(), b.get(), prime_.get(), context_.get()) == 1);
        return out;
    }
    // constant - factor * a
    bignum_ptr difference(BN_ULONG constant, BN_ULONG factor, const bignum_ptr& a) {
        bignum_ptr out(good_ ? BN_dup(a.get()) : nullptr);
        note(out && BN_mul_word(out.get(), factor) == 1);
        if (good_) BN_set_negative(out.get(), 1);
        note(good_ && BN_add_word(out.get(), constant) == 1 &&
             BN_nnmod(out.get(), out.get(), prime_.get(), context_.get()) == 1);
        return out;
    }
    bool is_square(const bignum_ptr& a) {
        const int symbol = good_ ? BN_kronecker(a.get(), prime_.get(), context_.get()) : -2;
        note(symbol != -2);
        return symbol == 1;
    }

  private:
    void note(bool done) noexcept { good_ = good_ && done; }

    bn_ctx_ptr context_{BN_CTX_new()};
    bignum_ptr prime_{BN_new()};
    bool good_ = true;
};

// Reads the little-endian y, without the bit that is the sign of x.
bignum_ptr y_of(std::string_view encoded) {
    std::string bytes(encoded.rbegin(), encoded.rend());
    bytes[0] = static_cast<char>(bytes[0] & 0x7f);
    return bignum_ptr(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

} // namespace

const char* complaint_about_ed25519_point(std::string_view x) {
    constexpr const char* no_memory = "its x cannot be checked: there is no memory";
    const clean_errors after;
    field f;
    const auto y = y_of(x);
    if (!f.good() || !y) return no_memory;
    if (!f.holds(y)) return "its x is not written canonically";

    const auto y2 = f.product(y, y);
    // Points of order 1, 2 and 4 have x = 0 or y = 0. A point has order 8 if twice the point has y
    // = 0, that is if d y^4 + 2 y^2 - 1 = 0.
    const auto twice = f.product(y2, f.difference(2 * below, above, y2));
    // There is an x if x^2 = (y^2 - 1) / (d y^2 + 1) is a square, that is if the product of the two
    // terms is a square. Here the product is multiplied by -below^2, which is a square itself.
    const auto product = f.product(f.difference(below, below, y2), f.difference(below, above, y2));
    if (!f.good()) return no_memory;
    if (BN_is_zero(y2.get()) || BN_is_one(y2.get()) || BN_is_word(twice.get(), below))
        return "its x is a point of small order";
    const bool on_curve = f.is_square(product);
    if (!f.good()) return no_memory;
    return on_curve ? nullptr : "its x is no point of the curve";
}

} // namespace latchkey::crypto
