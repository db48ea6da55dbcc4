#pragma once
#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace load {

/// A value in a JSON document with its place, such as requests[2].keys.count. What it should be and
/// is not becomes a fault that names this place.
class json_place {
  public:
    json_place(const boost::json::value& value, std::string place)
        : value_(value), place_(std::move(place)) {}

    /// An object that has no other members than these.
    void has_only(std::initializer_list<std::string_view> names) const;
    bool has(std::string_view name) const;
    json_place member(std::string_view name) const;
    std::vector<json_place> elements() const;
    std::vector<std::pair<std::string, json_place>> members() const;

    std::string text() const;
    double number(double least, double most) const;
    std::uint64_t whole(std::uint64_t least, std::uint64_t most) const;

    [[noreturn]] void refuse(const std::string& what_it_must_be) const;
    const std::string& place() const { return place_; }

  private:
    const boost::json::value& value_;
    std::string place_;
};

} // namespace load
