#pragma once
// One spelling for each organization's id: the one by which the database tells organizations apart.
// A token cannot name an organization in another spelling that goes unrecognised here.

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// How public.organizations tells ids apart: by the type of its column.
enum class organization_form {
    unknown,  ///< the database has not been asked yet
    text,     ///< text: byte by byte
    uuid,     ///< uuid: as 128 bits
    integer,  ///< smallint, integer, bigint: as a number
    decimal,  ///< numeric: as a number, with or without a fraction
    caseless, ///< citext: as text in lower case
    padded,   ///< char(n): without the spaces at the end
};

/// The form for a type's name in pg_type, domains resolved. Unknown types are compared as text.
organization_form organization_form_of(std::string_view type_name) noexcept;

/// Returns the id as the database writes it, from any spelling that the database accepts; nullopt
/// if it does not accept the text as an id. For `text` and `unknown`, returns the text unchanged.
/// Pure.
std::optional<std::string> canonical_organization(std::string_view text, organization_form);

/// The same, but returns a text that is not accepted as an id unchanged.
std::string comparable_organization(std::string_view text, organization_form);

} // namespace latchkey::auth
