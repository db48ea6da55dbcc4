#pragma once
// The members of one key of an export, taken one after the other. The first that cannot be read, or
// that nobody has asked for, is the complaint.

#include <latchkey/core/clock.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

class import_members {
  public:
    /// The object must outlive this one.
    explicit import_members(const boost::json::object& given) : given_(given) {}

    // --- each takes a member; nullopt, or null, if it is absent, null or cannot be read ---
    const boost::json::value* any(std::string_view name);
    std::optional<std::string> text(std::string_view name);
    std::optional<std::vector<std::string>> texts(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name);
    /// An RFC 3339 text.
    std::optional<core::real_time> time(std::string_view name);
    /// The same, or a date and time without a zone, which is UTC, or milliseconds since 1970.
    std::optional<core::real_time> foreign_time(std::string_view name);
    std::optional<bool> boolean(std::string_view name);
    /// The same, or 0 or 1, as tables have it.
    std::optional<bool> foreign_boolean(std::string_view name);
    /// A JSON object, or with `in_text` the text of one; as JSON text.
    std::optional<std::string> object(std::string_view name, bool in_text = false);

    /// These say nothing that matters here.
    void ignore(std::initializer_list<std::string_view> names);
    /// A member that is there restricts the key in a way that cannot be kept.
    void refuse_if_set(std::string_view name, std::string_view because);

    void complain(std::string why) {
        if (complaint_.empty()) complaint_ = std::move(why);
    }
    void complain_of(std::string_view name, std::string_view expected);
    /// Complains of members that were not taken. Returns the first complaint; empty: none.
    const std::string& finish();

  private:
    const boost::json::object& given_;
    std::vector<std::string_view> taken_;
    std::string complaint_;
};

} // namespace latchkey::auth
