#pragma once
// One spelling for each organization's id: the one by which the database tells organizations apart,
// so that a token cannot name one in letters that nothing here recognises.

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// How public.organizations tells ids apart, by its column's type.
enum class organization_form {
    unknown,  ///< the database has not been asked yet
    text,     ///< letter for letter
    uuid,     ///< as 128 bits
    integer,  ///< as a number
    decimal,  ///< numeric: as a number, with a fraction or none
    caseless, ///< citext: as text in small letters
    padded,   ///< char(n): spaces at the end do not count
};

/// Of a type's name in pg_type, domains resolved. What is not known here is compared as text.
organization_form organization_form_of(std::string_view type_name) noexcept;

/// The id as the database writes it, from any text that it takes for it. Nothing: it takes the text
/// for no id. Text and an unknown form leave every text as it is. Pure.
std::optional<std::string> canonical_organization(std::string_view text, organization_form);

/// The same, where what is no id stays the text that it is.
std::string comparable_organization(std::string_view text, organization_form);

} // namespace latchkey::auth
