#pragma once
// What the lists of organizations, API keys and devices have in common: the page that is asked for,
// and the page that is found. A list goes on after the last id of the page before, so that what
// comes or goes meanwhile neither repeats nor hides another object.

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

/// An optional filter that is not set lets all objects pass.
struct object_page {
    std::size_t limit = 100;
    std::optional<std::string> after{}; ///< id
    /// Spelled as the database spells it. An object of another organization is not there.
    std::optional<std::string> organization_id{};
    std::optional<std::string> name{}; ///< a part of it, in any case
    std::optional<std::string> state{};
    std::optional<core::seconds> unused_for{}; ///< a credential's age counts if it was never used
};

struct api_key_page : object_page {
    std::optional<std::string> external_id{};
    std::optional<std::string> key_hash{}; ///< 32 bytes; of the key, or of its previous generation
    std::optional<core::seconds> expiring_within{}; ///< from now on
};

template <class Object>
struct found_page {
    std::vector<Object> objects{};
    /// The id after which the next page begins; nullopt if there is none. A page may have fewer
    /// objects than asked for, or none, and still have a next one: what one page looks at and
    /// answers is bounded.
    std::optional<std::string> next{};
};

} // namespace latchkey::auth
