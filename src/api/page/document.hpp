#pragma once
// Reads the description of the API, the same document that /openapi.json is.

#include <boost/json/object.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api::page {

/// Returns the text of a member; empty if there is none.
std::string_view text_of(const boost::json::object&, std::string_view name);
/// Returns a member that is an object; null if there is none.
const boost::json::object* object_of(const boost::json::object&, std::string_view name);
/// Returns the last part of `$ref`, the name of a component; empty if this is no reference.
std::string_view referred(const boost::json::object&);

/// One operation with its place.
struct placed_operation {
    std::string_view method; ///< in small letters
    std::string_view path;
    const boost::json::object* is;
    bool of_admin;
    /// The same by other methods of the path: they differ by method and id alone.
    std::vector<placed_operation> alike{};

    std::string_view id() const { return text_of(*is, "operationId"); }
    /// What stands for the method in a heading.
    std::string_view shown_method() const { return alike.empty() ? method : "any"; }
};

class document {
  public:
    /// `whole` must outlive this object.
    explicit document(const boost::json::object& whole) : whole_(whole) {}

    const boost::json::object& whole() const noexcept { return whole_; }
    /// Follows `$ref`, if there is one.
    const boost::json::object& resolved(const boost::json::object&) const;
    /// The shared `schemas`, `headers`, `responses`, `parameters` or `securitySchemes`.
    const boost::json::object& components(std::string_view kind) const;
    /// Those of a listener with a tag, in the order of the document; those that are alike as one.
    std::vector<placed_operation> operations(bool of_admin, std::string_view tag) const;

  private:
    const boost::json::object& whole_;
};

/// The body of a request: its type, and the schema and example of it.
struct body_content {
    std::string_view type;
    const boost::json::object* is;
    bool is_form() const { return type != "application/json"; }
};
/// Nullopt if the request has none.
std::optional<body_content> body_of(const boost::json::object& operation);

/// True if nobody has to say who asks.
bool allows_anybody(const boost::json::object& operation);

/// True if a shared answer says that the question was not decided.
bool is_problem(const boost::json::object& answer);
/// True if it says so by the same word, whatever the status.
bool is_fixed_refusal(const boost::json::object& answer);
/// True if it says so in OAuth's own way.
bool is_oauth_error(const boost::json::object& answer);

// --- Schemas ---

bool may_be_null(const boost::json::object& schema);
/// Without the null that it may be: of `oneOf: [X, null]` this is X.
const boost::json::object& without_null(const boost::json::object& schema);
/// Returns the schema's type without "null".
std::string_view type_of(const boost::json::object& schema);
bool is_required(const boost::json::object& schema, std::string_view member);

} // namespace latchkey::api::page
