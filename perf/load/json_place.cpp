#include "json_place.hpp"

#include "fault.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace load {
namespace {

std::string shown(double number) {
    std::array<char, 32> out;
    const auto end = std::to_chars(out.data(), out.data() + out.size(), number).ptr;
    return {out.data(), end};
}

std::string joined(std::initializer_list<std::string_view> names) {
    std::string out;
    for (auto name : names)
        out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

} // namespace

void json_place::refuse(const std::string& what_it_must_be) const {
    std::string is = boost::json::serialize(value_);
    if (is.size() > 60) is = is.substr(0, 60) + "…";
    throw fault(place_ + " must be " + what_it_must_be + ", and is " + is);
}

void json_place::has_only(std::initializer_list<std::string_view> names) const {
    if (!value_.is_object()) refuse("an object");
    for (const auto& [name, value] : value_.get_object())
        if (std::ranges::find(names, std::string_view(name)) == names.end())
            throw fault(place_ + " has no member \"" + std::string(name) + "\"; its members are " +
                        joined(names));
}

bool json_place::has(std::string_view name) const {
    return value_.is_object() && value_.get_object().contains(name);
}

json_place json_place::member(std::string_view name) const {
    if (!has(name)) throw fault(place_ + " lacks the member \"" + std::string(name) + "\"");
    return {value_.get_object().at(name), place_ + "." + std::string(name)};
}

std::vector<json_place> json_place::elements() const {
    if (!value_.is_array()) refuse("an array");
    std::vector<json_place> out;
    for (const auto& element : value_.get_array())
        out.emplace_back(element, place_ + "[" + std::to_string(out.size()) + "]");
    return out;
}

std::vector<std::pair<std::string, json_place>> json_place::members() const {
    if (!value_.is_object()) refuse("an object");
    std::vector<std::pair<std::string, json_place>> out;
    for (const auto& [name, value] : value_.get_object())
        out.emplace_back(name, json_place(value, place_ + "." + std::string(name)));
    return out;
}

std::string json_place::text() const {
    if (!value_.is_string()) refuse("a text");
    return std::string(value_.get_string());
}

double json_place::number(double least, double most) const {
    const double found = value_.is_number() ? value_.to_number<double>() : NAN;
    if (!(found >= least && found <= most))
        refuse("a number from " + shown(least) + " to " + shown(most));
    return found;
}

std::uint64_t json_place::whole(std::uint64_t least, std::uint64_t most) const {
    boost::system::error_code wrong;
    const auto found = value_.is_number() ? value_.to_number<std::uint64_t>(wrong) : 0;
    if (!value_.is_number() || wrong || found < least || found > most)
        refuse("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return found;
}

} // namespace load
