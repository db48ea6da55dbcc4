#pragma once
// The members of answers, as tables. A member is always there and never null, unless it says so.
//
//   constexpr member organization[] = {text("organization_id"), text("name").or_null()};

#include <initializer_list>
#include <span>
#include <string_view>

namespace latchkey::api::description {

enum class shape {
    text,
    time, ///< RFC 3339
    integer,
    number,
    boolean,
    yes,    ///< true, and nothing else
    no,     ///< false, and nothing else
    object, ///< any object
    texts,
    one,   ///< what the schema `of` says
    list,  ///< of what the schema `of` says
    map,   ///< an object with any names, whose values are what `of` says
    counts ///< an object with any names, whose values are integers
};

struct member {
    std::string_view name;
    shape is = shape::text;
    bool nullable = false;
    bool optional = false;
    std::string_view of{};                          ///< a schema's name
    std::span<const std::string_view> words_only{}; ///< of a text: the only values
    std::string_view said{};

    constexpr member or_null() const {
        auto out = *this;
        out.nullable = true;
        return out;
    }
    constexpr member at_times() const {
        auto out = *this;
        out.optional = true;
        return out;
    }
    /// `all` is in static memory.
    constexpr member among(std::span<const std::string_view> all) const {
        auto out = *this;
        out.words_only = all;
        return out;
    }
    constexpr member says(std::string_view sentence) const {
        auto out = *this;
        out.said = sentence;
        return out;
    }
};

constexpr member text(std::string_view name) {
    return {name};
}
constexpr member time(std::string_view name) {
    return {name, shape::time};
}
constexpr member integer(std::string_view name) {
    return {name, shape::integer};
}
constexpr member number(std::string_view name) {
    return {name, shape::number};
}
constexpr member boolean(std::string_view name) {
    return {name, shape::boolean};
}
constexpr member yes(std::string_view name) {
    return {name, shape::yes};
}
constexpr member no(std::string_view name) {
    return {name, shape::no};
}
constexpr member object(std::string_view name) {
    return {name, shape::object};
}
constexpr member texts(std::string_view name) {
    return {name, shape::texts};
}
constexpr member counts(std::string_view name) {
    return {name, shape::counts};
}
constexpr member one(std::string_view name, std::string_view schema) {
    return {name, shape::one, false, false, schema};
}
constexpr member list(std::string_view name, std::string_view schema) {
    return {name, shape::list, false, false, schema};
}
constexpr member map(std::string_view name, std::string_view schema) {
    return {name, shape::map, false, false, schema};
}

/// A named schema: an object with members, or one of several schemas.
struct schema {
    std::string_view name;
    std::span<const member> members{};
    std::span<const member> more{};             ///< further members, which others have as well
    std::span<const std::string_view> one_of{}; ///< if set, there are no members
    bool open = false;                          ///< there may be other members
    std::string_view says{};
};

} // namespace latchkey::api::description
