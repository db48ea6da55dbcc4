#pragma once
// What the query of /forward-auth may say.

#include "api/query_table.hpp"

#include <array>
#include <string_view>

namespace latchkey::api {

inline constexpr std::array<std::string_view, 2> no_and_yes = {"0", "1"};

inline constexpr query_table demand_parameters(
    {{"scope", parameter_kind::text, "scopes between spaces or commas, all of which are needed"},
     {"permissions", parameter_kind::text,
      "what must be granted, as in the questions: documents.read AND (admin OR billing.read)"},
     {"audience", parameter_kind::text,
      "must be in a token's aud, and is that of the token that is made; API keys and devices have "
      "none"},
     {"organization", parameter_kind::texts,
      "whose credentials pass; without it, any organization's"},
     {"cost", parameter_kind::cost, "what a request takes of an API key's own limit; 1 without it"},
     {"token", parameter_kind::words, "1: X-Latchkey-Token has a token of ours for the upstream",
      no_and_yes}});

} // namespace latchkey::api
