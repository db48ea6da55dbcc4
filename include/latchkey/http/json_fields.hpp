#pragma once
// One description of a request's fields, for who reads the request and for who writes it. A field
// is named where it is used; a name that the table does not have does not compile.
//
//   constexpr json_fields fields({{"name", json_kind::text, true}, {"scopes", json_kind::texts}});
//   if (const auto why = body.read(ex.request.body, fields)) return ex.refuse(*why);
//   use(body[fields["name"]].text, body[fields["scopes"]].texts);

#include <latchkey/http/json_body.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace latchkey::http {

template <std::size_t N>
class json_fields {
  public:
    static_assert(N <= json_body::fields_max);

    constexpr explicit json_fields(const json_field (&fields)[N]) {
        std::ranges::copy(fields, fields_.begin());
    }

    /// The field's position, for json_body.
    consteval std::size_t operator[](std::string_view name) const {
        for (std::size_t i = 0; i < N; ++i)
            if (fields_[i].name == name) return i;
        throw "the request has no such field";
    }
    /// The name itself.
    consteval std::string_view name(std::string_view name) const {
        return fields_[(*this)[name]].name;
    }
    constexpr const std::array<json_field, N>& all() const { return fields_; }
    constexpr operator std::span<const json_field>() const { return fields_; }

  private:
    std::array<json_field, N> fields_{};
};

} // namespace latchkey::http
