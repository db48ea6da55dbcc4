#pragma once
// The members of an object, as a list: name, type, whether it is always there, and what it says.

#include "api/page/document.hpp"
#include "api/page/html_writer.hpp"

#include <string>
#include <string_view>

namespace latchkey::api::page {

/// Where the object is: that decides what a member must say of itself.
enum class object_of_kind {
    request, ///< An optional member may be null, which means nothing.
    change,  ///< null clears what is there.
    answer   ///< A member is always there and not null, unless it says so.
};

/// The anchor of a shared schema.
std::string schema_anchor(std::string_view name);

/// "integer, 1 to 1000", or a link to the schema.
void write_type(html_writer&, const boost::json::object& schema);
/// `schema` is that of an object with properties.
void write_members(html_writer&, const boost::json::object& schema, object_of_kind);
/// A name and its type, if there is one. Flags may follow, as long as the scope lives.
html_writer::scope begin_term(html_writer&, std::string_view name,
                              const boost::json::object* schema = nullptr);
/// What stands behind a name and its type: the sentence and the words.
void write_meaning(html_writer&, const boost::json::object& described,
                   const boost::json::object& schema);

} // namespace latchkey::api::page
