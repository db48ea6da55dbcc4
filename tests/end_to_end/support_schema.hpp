#pragma once
// Holds JSON values against JSON Schemas, in the subset that schema/openapi.json uses. A keyword
// that is not known here is an error of the test program: it would be passed over otherwise.

#include <boost/json/value.hpp>

#include <string>

namespace latchkey::test {

class schema_checker {
  public:
    /// References (`#/…`) are looked up in the document. Throws std::logic_error for an unknown
    /// keyword in one of its schemas.
    explicit schema_checker(const boost::json::value& document);

    /// Returns the first difference, with its place; empty if the value fits.
    std::string difference(const boost::json::value& schema, const boost::json::value&,
                           const std::string& place = "body") const;
    /// Follows `$ref`, if there is one.
    const boost::json::value& resolved(const boost::json::value&) const;

  private:
    std::string difference_of_object(const boost::json::object& schema, const boost::json::object&,
                                     const std::string& place) const;
    std::string difference_of_one_of(const boost::json::array& schemas, const boost::json::value&,
                                     const std::string& place, bool exactly) const;

    const boost::json::value& document_;
};

} // namespace latchkey::test
